import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const skip = process.platform === "win32" && "Windows has no signals";
const CHILD = new URL("../support/busyChild.js", import.meta.url).pathname;

/** Starts the work, sends the signal once it is under way, and says how it ended and in what time. */
async function interrupted(kind: string, signal: NodeJS.Signals) {
  const child = spawn(process.execPath, [CHILD, kind], { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const started = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        printed += chunk;
        if (printed.includes("started")) resolve();
      });
  });
  await started;
  const closed = once(child, "close");
  const from = performance.now();
  child.kill(signal);
  await closed;
  return { code: child.exitCode, by: child.signalCode, printed, ms: performance.now() - from };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} ends work that never pauses in about a second`, { skip }, async () => {
    const { by, printed, ms } = await interrupted("deaf", signal);
    assert.equal(by, signal);
    assert.match(printed, /Interrupted\. What it was writing is cleared away when it is written again\./);
    assert.ok(ms < 2000, `${ms} ms`);
  });

  test(`${signal} lets work that listens clear up`, { skip }, async () => {
    const { code, printed } = await interrupted("waits", signal);
    assert.deepEqual([code, printed], [130, "started\ncleared up\n"]);
  });
}
