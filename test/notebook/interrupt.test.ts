import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, processes, until } from "../support/processes.js";

const skip = process.platform === "win32" && "Windows has no process groups to send Ctrl-C to";

/** Every file that the main job may touch, with its size and time. */
function snapshot(): string[] {
  return ["output", "notebooks"].filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`)
      .sort(),
  );
}

test("Ctrl-C while the main job trains leaves no process and no file behind", { skip }, async () => {
  const earlier = snapshot();
  // A group of its own stands for the terminal's foreground job, all of which gets Ctrl-C.
  const job = spawn("npm", ["run", "protocol"], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [job.stdout, job.stderr]) {
    stream.on("data", (chunk) => {
      printed += chunk;
    });
  }
  const closed = once(job, "close");
  let family: number[] = [];
  try {
    await until("the fine-tuning to begin", () => job.exitCode !== null || /Fine-tun/.test(printed), 240);
    await sleep(3000);
    assert.equal(job.exitCode, null, `the job ended by itself:\n${printed}`);
    family = descendants(job.pid!).map(({ pid }) => pid);
    assert.ok(
      processes().some(({ pid, command }) => family.includes(pid) && command.includes("kernel/main.js")),
      "the kernel is not among the job's processes",
    );
    process.kill(-job.pid!, "SIGINT");
    await closed;
  } finally {
    if (job.exitCode === null && job.signalCode === null) process.kill(-job.pid!, "SIGKILL");
  }
  await until("its processes to end", () => !processes().some(({ pid }) => family.includes(pid)), 10);
  assert.notEqual(job.exitCode, 0);
  assert.match(printed, /Stopped\./);
  assert.deepEqual(snapshot(), earlier);
});
