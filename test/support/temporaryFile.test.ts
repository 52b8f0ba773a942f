import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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

/** Writes under a temporary name and waits, in a container's numbering of processes, where it is the first. */
function inContainer(target: string) {
  const module = JSON.stringify(new URL("../../src/support/temporaryFile.js", import.meta.url).href);
  const program = `new (await import(${module})).TemporaryFile(${JSON.stringify(target)}); console.log(process.pid); setTimeout(() => {}, 60000);`;
  const args = ["--pid", "--fork", "--kill-child", "--mount-proc", process.execPath, "--input-type=module"];
  return spawn("unshare", [...args, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
}

const skip =
  spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status !== 0 &&
  "no permission to number processes anew, as containers do";

test("in containers, where every process has the same id, the living are told from the killed", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "temporary-"));
  const target = join(folder, "cells.h5ad");
  const first = inContainer(target);
  await once(first.stdout, "data");
  const [written] = readdirSync(folder);
  // A second container's first process, beside the living one: it must not clear what that writes.
  const second = inContainer(target);
  await once(second.stdout, "data");
  assert.equal(readdirSync(folder).length, 2);
  assert.ok(readdirSync(folder).includes(written));
  for (const child of [first, second]) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  // The container is started again: the killed one's is cleared.
  const third = inContainer(target);
  await once(third.stdout, "data");
  const left = readdirSync(folder);
  third.kill("SIGKILL");
  await once(third, "exit");
  assert.equal(left.length, 1);
  assert.ok(!left.includes(written));
});
