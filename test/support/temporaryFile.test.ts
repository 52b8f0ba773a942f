import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TemporaryFile } from "../../src/support/temporaryFile.js";

test("the file takes its name when it is whole; what killed processes left of it is cleared, what living ones write is not", () => {
  const folder = mkdtempSync(join(tmpdir(), "temporary-"));
  const target = join(folder, "cells.h5ad");
  writeFileSync(target, "old");
  // No process has this id: Linux ends at 2^22.
  writeFileSync(join(folder, ".cells.h5ad.99999999-0123456789ab.tmp"), "left");
  const living = `.cells.h5ad.${process.pid}-0123456789ab.tmp`;
  writeFileSync(join(folder, living), "being written");
  const file = new TemporaryFile(target);
  writeFileSync(file.path, "new");
  assert.equal(readFileSync(target, "utf8"), "old");
  file.commit();
  assert.equal(readFileSync(target, "utf8"), "new");
  assert.deepEqual(readdirSync(folder).sort(), [living, "cells.h5ad"].sort());
  const other = new TemporaryFile(target);
  writeFileSync(other.path, "half");
  other.discard();
  assert.match(
    other.failure(new Error("ENOSPC")).message,
    /there is no space left on the disk\. The file that was there is untouched/,
  );
  assert.deepEqual(readdirSync(folder).length, 2);
  assert.throws(() => new TemporaryFile(join(folder, "nowhere", "x")), /there is no folder .*nowhere/);
});
