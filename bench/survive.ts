import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Weights } from "../src/checkpoint/weights.js";
import { loadRun, resume } from "../src/index.js";
import { isRun } from "../src/store/runFolder.js";
import { holdsTraining } from "../src/store/trainingFolder.js";
import { Random } from "../src/support/random.js";
import { trainIn } from "../test/support/survival.js";

/** Milliseconds between two looks for a folder. */
const LOOK = 5;

/**
 * Kills a training (kill -9) at random moments between its first file and its end, each time in a folder of its own, lets it
 * go on to its end, and compares the weights with those of one that was not disturbed, bit by bit.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { kills: { type: "string", default: "30" }, seed: { type: "string", default: "1" } },
  });
  const scratch = mkdtempSync(join(tmpdir(), "survive-"));
  const script = new URL("../test/support/survival.js", import.meta.url).pathname;
  const random = new Random(Number(values.seed));
  const reference = bits((await trainIn(join(scratch, "undisturbed"))).weights);

  /** Starts a training in a process; gives it once its first file is there. */
  const start = async (folder: string) => {
    const child = spawn(process.execPath, [script, "start", folder], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const ended = once(child, "exit");
    while (!holdsTraining(folder)) await setTimeout(LOOK);
    return { child, ended };
  };
  const { ended } = await start(join(scratch, "timed"));
  const before = performance.now();
  await ended;
  const whole = performance.now() - before;

  const counts = { kills: 0, equal: 0, different: 0 };
  for (let time = 0; counts.kills < Number(values.kills); time++) {
    const folder = join(scratch, `run-${time}`);
    const { child, ended } = await start(folder);
    const moment = random.uniform() * whole;
    await Promise.race([setTimeout(moment), ended]);
    child.kill("SIGKILL");
    await ended;
    // What was at its end before it could be killed is no trial.
    if (child.signalCode === null) continue;
    counts.kills++;
    const run = isRun(folder) ? await loadRun(folder) : await resume(folder);
    counts[bits(run.weights) === reference ? "equal" : "different"]++;
    console.error(
      `${counts.kills}: killed after ${(moment / 1000).toFixed(2)} s; ${run.notes.at(-1)}; ${counts.equal} equal so far`,
    );
    rmSync(folder, { recursive: true });
  }
  rmSync(scratch, { recursive: true });
  return { bench: "survive", seconds: whole / 1000, ...counts };
}

function bits(weights: Weights): string {
  return [...weights]
    .map(
      ([name, { data }]) =>
        `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`,
    )
    .join("\n");
}
