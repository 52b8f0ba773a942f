import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { until } from "../support/processes.js";
import { Image } from "./image.js";
import { runLesson } from "./lesson.js";
import { Limited } from "./limits.js";

/** What a session may take (https://mybinder.readthedocs.io/en/latest/about/about.html), and what ours may (bytes). */
const LIMIT = 2e9;
const MOST = 1.5e9;
/** From the start of the server to the first plot (seconds). */
const PATIENCE = 120;
const TOKEN = "binder";

const skip = process.platform !== "linux" && "Binder's images are of Linux";

describe("Binder", { skip }, () => {
  let image: Image;
  before(() => {
    image = new Image();
  });
  after(() => image?.remove());

  it("builds from the clone with what requirements.txt brings, and leaves nothing but the notebooks' clone", () => {
    const cloned = image.files();
    assert.equal(image.build("bash", "-c", "command -v node npm || true"), "");
    image.build("pip", "install", "-r", "binder/requirements.txt");
    image.build("./binder/postBuild");
    const added = image.files().filter((path) => !cloned.includes(path));
    assert.deepEqual(added, [".local/bin/node"]);
    assert.match(image.build("node", "--version"), /^v24\./);
    assert.match(image.build("jupyter", "--version"), /jupyterlab +: 4\.6/);
  });

  it("runs the lesson on one processor within the memory of a session", async () => {
    const path = "notebooks/protocol.ipynb";
    const started = performance.now();
    const server = new Limited(
      [
        ...["jupyter-lab", "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"],
        ...[`--IdentityProvider.token=${TOKEN}`, ...(process.getuid?.() === 0 ? ["--allow-root"] : [])],
      ],
      LIMIT,
      { cwd: image.clone, env: image.environment },
    );
    let log = "";
    for (const stream of [server.process.stdout!, server.process.stderr!])
      stream.on("data", (chunk) => {
        log += chunk;
      });
    try {
      const address = /http:\/\/127\.0\.0\.1:\d+\//;
      await until("JupyterLab to start", () => address.test(log) || server.process.exitCode !== null, 60);
      const base = address.exec(log)?.[0];
      assert.ok(base, log);
      const page = await fetch(`${base}lab/tree/${path}?token=${TOKEN}`);
      assert.match(await page.text(), /@cellkernel\/jupyterlab/);
      const lesson = await runLesson(base, TOKEN, {
        path,
        file: join(image.clone, path),
        letters: "report.conf",
      });
      assert.deepEqual(lesson.errors, [], log);
      const toPlot = (lesson.firstPicture! - started) / 1000;
      const charged = server.charged();
      console.log(
        `first plot after ${toPlot.toFixed(0)} s, all cells after ${((lesson.ended - started) / 1000).toFixed(0)} s; ` +
          `memory ${(server.peak / 1e9).toFixed(2)} GB, ` +
          (charged === undefined
            ? "no limit set: no control group can be made here"
            : `${(charged / 1e9).toFixed(2)} GB with files of the limit of ${LIMIT / 1e9} GB`),
      );
      assert.ok(toPlot <= PATIENCE, `first plot after ${toPlot} s`);
      assert.ok(server.peak > 3e8 && server.peak <= MOST, `${server.peak} bytes`);
      // The kernel knows the library's types, though the clone that names itself "cellkernel" has none any more.
      assert.ok(lesson.offers.includes("confusion"), String(lesson.offers));
      const results = join(image.clone, "output/protocol/evaluation_results.json");
      // A tenth of the 700 cells.
      assert.equal(JSON.parse(readFileSync(results, "utf8")).n_cells, 70);
    } finally {
      await server.end();
    }
  });
});
