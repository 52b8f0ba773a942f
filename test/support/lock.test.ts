import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { claim } from "../../src/support/lock.js";

const folder = mkdtempSync(join(tmpdir(), "lock-"));

test("a second claim is refused while the first holds, and taken when it was given back", () => {
  const target = join(folder, "run");
  const giveBack = claim(target);
  assert.throws(() => claim(target), {
    code: "path",
    message: new RegExp(`is being written by another run \\(process ${process.pid}\\)`),
  });
  giveBack();
  claim(target)();
  assert.deepEqual(readdirSync(folder), []);
});

test("a killed process's claim is taken over", async () => {
  const target = join(folder, "killed");
  const module = JSON.stringify(new URL("../../src/support/lock.js", import.meta.url).href);
  const program = `(await import(${module})).claim(${JSON.stringify(target)}); console.log("ready"); setTimeout(() => {}, 60000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  assert.throws(() => claim(target), new RegExp(`process ${child.pid}`));
  child.kill("SIGKILL");
  await once(child, "exit");
  claim(target)();
});

test("a claim holds against what no longer says whose it is, and goes by what a link leads to", () => {
  const target = join(folder, "linked");
  const giveBack = claim(target);
  writeFileSync(join(folder, ".linked.lock"), "1 1");
  symlinkSync(target, join(folder, "link"));
  assert.throws(() => claim(join(folder, "link")), /is being written by another run/);
  giveBack();
  claim(join(folder, "link"))();
});

test("where nothing can be written, this is said before any work", () => {
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => claim(join(folder, "file", "run")), {
    code: "path",
    message: /run cannot be written: .*file is no folder/,
  });
});

test("an id that another process has by now holds nothing", { skip: !existsSync("/proc/self/stat") }, () => {
  const target = join(folder, "again");
  // As after a restart in a container: our own id, with another start.
  writeFileSync(join(folder, ".again.lock"), `${process.pid} 1`);
  claim(target)();
});
