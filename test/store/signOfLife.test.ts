import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readSign, requireAlone, signState, withSign } from "../../src/store/signOfLife.js";
import { temporaryFolder } from "../support/folder.js";

test("work says that it goes on, and how far; at its end nothing is left of that", async (context) => {
  const path = join(temporaryFolder(context), "part.running.json");
  context.mock.timers.enable({ apis: ["Date", "setInterval"], now: 1_000_000 });
  const result = await withSign(path, 200, async (tell) => {
    const begun = JSON.parse(readFileSync(path, "utf8"));
    assert.deepEqual([begun.pid, begun.host, begun.done, begun.of], [process.pid, hostname(), 0, 200]);
    assert.equal(begun.begun, 1_000_000);
    tell(32);
    assert.equal(readSign(path)!.done, 0, "not at every step");
    context.mock.timers.tick(15_000);
    const { done, told, first } = readSign(path)!;
    assert.deepEqual([done, told, first], [32, 1_015_000, { done: 32, at: 1_000_000 }]);
    assert.equal(signState(readSign(path)!), "running");
    return "what it came to";
  });
  assert.equal(result, "what it came to");
  assert.equal(existsSync(path), false);
  assert.equal(readSign(path), undefined);
});

test("work that fails leaves why; of a process that is gone, or silent for two minutes, nothing is expected", async (context) => {
  const path = join(temporaryFolder(context), "part.running.json");
  const failing = withSign(path, 200, () => Promise.reject(new Error("the disk is full")));
  await assert.rejects(failing, /the disk is full/);
  const sign = readSign(path)!;
  assert.deepEqual([sign.error, signState(sign)], ["the disk is full", "failed"]);
  const { error, ...alive } = sign;
  assert.equal(signState(alive), "running");
  assert.equal(signState(alive, alive.told + 119_000), "running");
  assert.equal(signState(alive, alive.told + 121_000), "lost");
  // The same number, of a process that began at another time.
  const gone = { ...alive, start: "1" };
  assert.equal(signState(gone), process.platform === "linux" ? "lost" : "running");
  assert.equal(signState({ ...gone, host: "another-node" }), "running", "who knows of another machine");
});

test("work that another process of this machine does is refused by name; lost work, and one's own, is not", (context) => {
  const path = join(temporaryFolder(context), "part.running.json");
  const sign = (fields: object) =>
    writeFileSync(
      path,
      JSON.stringify({
        pid: process.ppid,
        host: hostname(),
        begun: 0,
        told: Date.now(),
        done: 1,
        of: 9,
        ...fields,
      }),
    );
  requireAlone(path, "Shard 3");
  sign({});
  assert.throws(
    () => requireAlone(path, "Shard 3"),
    new RegExp(
      `Shard 3 is being done by process ${process.ppid} on ${hostname()}, since 1970-01-01T.*: wait for it`,
    ),
  );
  for (const other of [{ told: 0 }, { error: "failed" }, { pid: process.pid }, { host: "another-node" }]) {
    sign(other);
    requireAlone(path, "Shard 3");
  }
});

test("work goes on where its sign can't be written", async () => {
  assert.equal(await withSign("/dev/null/part.running.json", 1, async () => 7), 7);
});
