import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const skip = process.getuid?.() !== 0 && "needs root, who may be another user";

test("a user id that no list of users has, without HOME, gets folders all the same", { skip }, () => {
  const module = pathToFileURL("dist/kernel/platform.js").href;
  const ask = `import(${JSON.stringify(module)}).then((m) => console.log(m.jupyterDataDirectory(), m.cacheDirectory()))`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", ask], {
    uid: 65431,
    // All but where temporary files go.
    env: { TMPDIR: tmpdir() },
    encoding: "utf8",
  });
  const expected = [join(tmpdir(), ".local/share/jupyter"), join(tmpdir(), ".cache/cellkernel")];
  assert.equal(stdout.trim(), expected.join(" "), stderr);
});
