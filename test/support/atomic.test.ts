import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeFileAtomically } from "../../src/support/atomic.js";

test("a write that fails midway leaves the old file and nothing else", () => {
  const folder = join(mkdtempSync(join(tmpdir(), "atomic-")), "made", "on", "the", "way");
  const path = join(folder, "file");
  writeFileAtomically(path, "old");
  function* failing(): Generator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("disk full");
  }
  assert.throws(() => writeFileAtomically(path, failing()), /disk full/);
  assert.equal(readFileSync(path, "utf8"), "old");
  assert.deepEqual(readdirSync(folder), ["file"]);
  writeFileAtomically(path, [Buffer.from("new"), Buffer.from("er")]);
  assert.equal(readFileSync(path, "utf8"), "newer");
});
