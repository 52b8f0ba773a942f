import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TemporaryFolder } from "../../src/support/temporaryFolder.js";
import { temporaryFolder } from "./folder.js";

const isOurs = (folder: string) => existsSync(join(folder, "mark"));
const begin = (target: string) => new TemporaryFolder(target, isOurs, "a marked folder");

test("a folder takes the place of the one before as a whole, and not before", (context) => {
  const scratch = temporaryFolder(context);
  const target = join(scratch, "out");
  mkdirSync(target);
  writeFileSync(join(target, "mark"), "old");
  writeFileSync(join(target, "member"), "old");
  const folder = begin(target);
  folder.make();
  writeFileSync(join(folder.path, "mark"), "new");
  assert.equal(readFileSync(join(target, "mark"), "utf8"), "old");
  folder.commit();
  assert.deepEqual(readdirSync(target), ["mark"]);
  assert.equal(readFileSync(join(target, "mark"), "utf8"), "new");
  assert.deepEqual(readdirSync(scratch), ["out"]);
});

test("a folder of something else, a file and a missing parent are refused; an empty folder is taken", (context) => {
  const scratch = temporaryFolder(context);
  const [other, file, empty] = ["other", "file", "empty"].map((name) => join(scratch, name));
  for (const folder of [other, empty]) mkdirSync(folder);
  for (const path of [join(other, "thesis"), file]) writeFileSync(path, "years of work");
  assert.throws(() => begin(other), /other cannot be written: it is a folder that is not a marked folder/);
  assert.throws(() => begin(file), /file cannot be written: it is a file, not a folder/);
  assert.throws(() => begin(join(scratch, "no", "out")), /there is no folder .*no\./);
  const folder = begin(empty);
  folder.make();
  folder.discard();
  assert.deepEqual(readdirSync(scratch).sort(), ["empty", "file", "other"]);
});

test("what a killed process had moved away is put back where nothing took its place, and else is gone", (context) => {
  const scratch = temporaryFolder(context);
  const target = join(scratch, "out");
  // Of a process that cannot be alive.
  const left = join(scratch, ".out.4194304-0123456789ab.old");
  mkdirSync(left);
  writeFileSync(join(left, "mark"), "old");
  begin(target);
  assert.equal(readFileSync(join(target, "mark"), "utf8"), "old");
  mkdirSync(left);
  writeFileSync(join(left, "stale"), "older");
  begin(target);
  assert.deepEqual(readdirSync(target), ["mark"]);
  assert.deepEqual(readdirSync(scratch), ["out"]);
});
