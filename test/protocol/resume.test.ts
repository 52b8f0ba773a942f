import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { loadRun, type Run, resume } from "../../src/index.js";
import { temporaryFolder } from "../support/folder.js";
import { trainIn } from "../support/survival.js";

const script = new URL("../support/survival.js", import.meta.url).pathname;

/** Trains, or goes on, in a process that is killed as soon as it has said a step. */
async function killedAt(how: "start" | "resume", folder: string, step: number): Promise<void> {
  const child = spawn(process.execPath, [script, how, folder], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) if (Number(line) >= step) child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  assert.equal(child.signalCode, "SIGKILL", `it ended before step ${step}`);
}

const course = ({ training }: Run) => ({
  ...training,
  run: "",
  seconds: 0,
  losses: Array.from(training.losses),
});

test("a training that is killed again and again comes to the weights of one that was not, to the bit", async (context: TestContext) => {
  const scratch = temporaryFolder(context);
  const [whole, folder] = [join(scratch, "whole"), join(scratch, "killed")];
  const reference = await trainIn(whole);
  assert.ok(reference.training.bestEpoch! < reference.training.history.length, "it did not end early");
  await killedAt("start", folder, 3);
  await killedAt("resume", folder, 12);
  await killedAt("resume", folder, 30);
  const run = await resume(folder);
  assert.deepEqual([...run.weights], [...reference.weights]);
  assert.deepEqual(course(run), course(reference));
  assert.deepEqual([...(await loadRun(folder)).weights], [...reference.weights]);
});
