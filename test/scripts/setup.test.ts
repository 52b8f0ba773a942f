import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../support/folder.js";

const skip = process.platform === "win32" && "the stand-ins for Python are shell scripts";

/** Runs the set-up of this checkout, which stands already, with only `programs` in PATH. */
function setup(context: TestContext, programs: Record<string, string>, node: string[] = []) {
  const folder = join(temporaryFolder(context), "bin");
  mkdirSync(folder);
  for (const [name, script] of Object.entries(programs))
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { status, stderr } = spawnSync(process.execPath, [...node, "scripts/setup.mjs"], {
    encoding: "utf8",
    env: { PATH: folder, HOME: folder },
  });
  return { status, said: stderr.trim() };
}

test("without Python, set-up says in one line what to install", { skip }, (t) => {
  assert.deepEqual(setup(t, {}), {
    status: 1,
    said: "No Python was found: install Python 3.10 or newer (it runs JupyterLab), or name one in the variable PYTHON.",
  });
});

test("an old Python is named with its version", { skip }, (t) => {
  assert.deepEqual(setup(t, { python3: "printf '/usr/bin/python3\\t/usr\\t3.9.2\\n'" }), {
    status: 1,
    said: "Python 3.9.2 is too old: install Python 3.10 or newer (it runs JupyterLab), or name one in the variable PYTHON.",
  });
});

test("a Node that won't do is named with its version", (t) => {
  const other =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '21.7.0' } })";
  const { status, said } = setup(t, {}, ["--import", `data:text/javascript,${encodeURIComponent(other)}`]);
  assert.equal(status, 1);
  assert.match(said, /^Node 21\.7\.0 won't do: install Node 20\.19 or a newer 20, or 22\.12 or newer/);
});

test("an active environment of ours is not taken for the Python to make it with", { skip }, () => {
  const made = () => statSync(".venv/pyvenv.cfg").ino;
  const before = made();
  const env = { ...process.env, PATH: `${resolve(".venv/bin")}:${process.env.PATH}` };
  const { status, stdout } = spawnSync(process.execPath, ["scripts/setup.mjs"], { encoding: "utf8", env });
  assert.equal(status, 0, stdout);
  assert.equal(made(), before, "the environment was made anew");
});
