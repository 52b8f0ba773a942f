import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeFolderAtomically } from "../../src/support/atomicFolder.js";

const parent = () => mkdtempSync(join(tmpdir(), "atomic-folder-"));
const put = (name: string, text: string) => (folder: string) => writeFileSync(join(folder, name), text);

test("a folder takes the place of the one before; what is somebody else's in it stays", () => {
  const at = parent();
  const folder = join(at, "run");
  writeFolderAtomically(folder, put("run.json", "old"));
  writeFileSync(join(folder, "thesis.txt"), "years of work");
  writeFileSync(join(folder, "only-old.json"), "old");
  writeFolderAtomically(folder, put("run.json", "new"), ["run.json", "only-old.json"]);
  assert.deepEqual(readdirSync(folder).sort(), ["run.json", "thesis.txt"]);
  assert.equal(readFileSync(join(folder, "run.json"), "utf8"), "new");
  assert.deepEqual(readdirSync(at), ["run"]);
});

test("one that fails midway leaves the one before, whole, and nothing else", () => {
  const at = parent();
  const folder = join(at, "run");
  writeFolderAtomically(folder, put("run.json", "old"));
  assert.throws(
    () =>
      writeFolderAtomically(
        folder,
        (partial) => {
          put("run.json", "new")(partial);
          throw new Error("disk full");
        },
        ["run.json"],
      ),
    /disk full/,
  );
  assert.equal(readFileSync(join(folder, "run.json"), "utf8"), "old");
  assert.deepEqual(readdirSync(at), ["run"]);
});

test("what is somebody else's in a folder outlives a process that is killed between two renames", () => {
  const at = parent();
  const folder = join(at, "run");
  const old = join(at, ".run.99999999-0123456789ab.old");
  writeFolderAtomically(folder, put("run.json", "first"));
  // As after the new folder took the place of the old, and before the files followed.
  mkdirSync(old);
  for (const name of ["run.json", "only-old.json", "thesis.txt"]) put(name, "old")(old);
  writeFolderAtomically(folder, put("run.json", "second"), ["run.json", "only-old.json"]);
  assert.deepEqual(readdirSync(folder).sort(), ["run.json", "thesis.txt"]);
  assert.equal(readFileSync(join(folder, "run.json"), "utf8"), "second");
  assert.deepEqual(readdirSync(at), ["run"]);
});

test("what killed processes left is cleared; what they had moved away comes back where nothing took its place", () => {
  const at = parent();
  // No process has this id: Linux ends at 2^22.
  const left = (kind: string, pid = 99999999) => join(at, `.run.${pid}-0123456789ab.${kind}`);
  mkdirSync(left("tmp"));
  mkdirSync(left("old"));
  writeFileSync(join(left("old"), "mine.txt"), "x");
  mkdirSync(left("tmp", process.pid));
  writeFolderAtomically(join(at, "run"), put("run.json", "new"));
  assert.deepEqual(readdirSync(join(at, "run")).sort(), ["mine.txt", "run.json"]);
  assert.deepEqual(readdirSync(at).sort(), [`.run.${process.pid}-0123456789ab.tmp`, "run"]);
});
