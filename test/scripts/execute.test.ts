import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../support/folder.js";

const PYTHON = join(".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** Runs a notebook of one cell below a heading, headless; returns what was printed and what was left. */
function execute(context: TestContext, source: string) {
  const folder = temporaryFolder(context);
  const notebook = {
    cells: [
      { cell_type: "markdown", id: "a", metadata: {}, source: "## 1. The only step" },
      { cell_type: "code", id: "b", metadata: {}, execution_count: null, outputs: [], source },
    ],
    metadata: { kernelspec: { name: "cellkernel", display_name: "TypeScript (Cellkernel)" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(join(folder, "given.ipynb"), JSON.stringify(notebook));
  const args = ["scripts/notebook/execute.py", join(folder, "given.ipynb")];
  args.push("--out", join(folder, "executed.ipynb"), "--normalise");
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { encoding: "utf8" });
  return { status, stdout, stderr, folder };
}

test("a notebook is run and written with its outputs", (t) => {
  const { status, stdout, stderr, folder } = execute(t, "6 * 7");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\[1\/1\] The only step .*█/);
  const { cells, metadata } = JSON.parse(readFileSync(join(folder, "executed.ipynb"), "utf8"));
  assert.equal(cells[1].outputs[0].data["text/plain"].toString(), "42");
  assert.equal(cells[1].execution_count, 1);
  assert.equal(metadata.language_info.name, "typescript");
});

test("an error in a cell is shown, fails the run, and leaves no file", (t) => {
  const { status, stderr, folder } = execute(t, "\nthrow new RangeError('too far');");
  assert.equal(status, 1);
  assert.match(stderr, /RangeError.*: too far/);
  assert.doesNotMatch(stderr, /Stopped/);
  assert.deepEqual(readdirSync(folder), ["given.ipynb"]);
});
