import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { coloured } from "../support/png.js";
import { until } from "../support/processes.js";
import {
  cellsOf,
  changeTheme,
  code,
  command,
  isIdle,
  Laboratory,
  photograph,
  scrollTo,
  skip,
  snapshot,
  WITH_WEBGL,
} from "./page.js";

/** `%%ts` cells of a Python notebook in JupyterLab: what they show, and what is drawn anew in its place. */

const CELLS = [
  "%load_ext cellkernel",
  `%%ts
import { openModel, preprocess, readH5ad } from "cellkernel";

const cells = await readH5ad("pbmc68k_reduced.h5ad");
const ready = await preprocess(cells, { cellType: "bulk_labels", model: await openModel("small"), nHvg: 600 });
ready`,
  `%%ts
import { finetune } from "cellkernel";

const run = await finetune(ready, { epochs: 6, lr: 1e-3, batchSize: 16, maxSeqLen: 128 });`,
  `%%ts --out results
import { evaluate } from "cellkernel";

const report = await evaluate(run);
const results = report.results();
report.embedding`,
  `f"{results['n_cells']} test cells, {results['accuracy']:.0%} of them right"`,
];
const [, PREPARE, TRAIN, EVALUATE, PYTHON] = CELLS.keys();

const lab = new Laboratory();
let page: Page;

before(async () => {
  if (skip) return;
  cpSync("notebooks/data/pbmc68k_reduced.h5ad", join(lab.folder, "pbmc68k_reduced.h5ad"));
  cpSync("notebooks/models/small", join(lab.folder, "small"), { recursive: true });
  // As the wheel lays it out: the Python package, and in it the one of npm.
  const packages = join(lab.folder, ".packages");
  mkdirSync(join(packages, "cellkernel"), { recursive: true });
  for (const name of readdirSync("python/cellkernel").filter((each) => each.endsWith(".py")))
    cpSync(join("python/cellkernel", name), join(packages, "cellkernel", name));
  symlinkSync(resolve("."), join(packages, "cellkernel/js"), "junction");
  process.env.PYTHONPATH = packages;
  await lab.start(
    { "python.ipynb": CELLS.map((source, i) => code(`c${i}`, source)) },
    { name: "python3", display_name: "Python 3" },
  );
  page = await lab.open("python.ipynb", WITH_WEBGL, async (fresh) => {
    await fresh.setViewportSize({ width: 1440, height: 1280 });
  });
  // Of the pictures, whatever another test has left.
  await changeTheme(page, "JupyterLab Light");
});

after(() => lab.end());

test("training is drawn anew in its place while it runs", { skip, timeout: 240_000 }, async () => {
  await until("the kernel to start", () => isIdle(page), 60);
  // Ends with the last cell.
  const all = command(page, "notebook:run-all-cells");
  const seen = new Set<string>();
  await until(
    "the training to end",
    async () => {
      const cells = await cellsOf(page);
      const outputs = cells[TRAIN].outputs ?? [];
      assert.ok(outputs.length <= 1, JSON.stringify(outputs).slice(0, 500));
      for (const { data } of outputs) seen.add(JSON.stringify(data));
      return cells[EVALUATE].outputs!.length > 0 || cells.some(({ outputs }) => outputs?.[0]?.ename);
    },
    180,
  );
  await all;
  const shown = (await cellsOf(page)).map(({ outputs }) => outputs ?? []);
  assert.deepEqual(
    shown.flat().filter(({ output_type }) => output_type === "error"),
    [],
  );
  assert.ok(seen.size >= 3, `${seen.size} states of the training were shown`);
  assert.ok(shown[TRAIN][0].data?.["image/png"], "its end, as a picture");
});

test("results are rich: tables, pictures, a live embedding, and values in Python", {
  skip,
  timeout: 60_000,
}, async () => {
  const shown = (await cellsOf(page)).map(({ outputs }) => outputs ?? []);
  assert.match(String(shown[PREPARE].at(-1)?.data?.["text/html"]), /<table/);
  // A tenth of the 700 cells.
  assert.match(String(shown[PYTHON][0].data?.["text/plain"]), /^'70 test cells, \d+% of them right'$/);
  await scrollTo(page, TRAIN);
  const curves = page.locator(".jp-RenderedVegaCommon5 svg, .jp-RenderedVegaCommon5 canvas").first();
  await curves.waitFor();
  assert.ok((await curves.boundingBox())!.width > 300);
  await scrollTo(page, EVALUATE);
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  await canvas.waitFor({ timeout: 30_000 });
  await until("points to be drawn", async () => coloured(await snapshot(canvas)) > 0.005, 30);
  // With the code of the training at the top: its outputs have their height by now.
  await page
    .locator(".jp-CodeCell", { hasText: "await finetune" })
    .evaluate((cell) => (cell as unknown as { scrollIntoView(up: boolean): void }).scrollIntoView(true));
  await until("points to be drawn again", async () => coloured(await snapshot(canvas)) > 0.005, 30);
  await photograph(page, "python");
  await command(page, "cellkernel:insert-step", { step: "explain" });
  const inserted = (await cellsOf(page)).find(({ source }) => source.includes("explain(run"))!;
  assert.match(inserted.source, /^%%ts\nimport .*\n\n.*explain\(run, "pbmc68k_reduced\.h5ad"\)/);
  assert.deepEqual(lab.problems, []);
});
