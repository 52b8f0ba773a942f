import { fileURLToPath } from "node:url";
import type { Lora } from "../src/model/lora.js";
import { measure, round } from "./measure.js";
import type { TrainWork } from "./train.js";

const OURS = fileURLToPath(new URL("./trainOurs.js", import.meta.url));
const [CELLS, LENGTH, STEPS] = [4, 256, 5];
const RANK = 8;
const CASES: Record<string, Lora | undefined> = {
  full: undefined,
  in_proj: { rank: RANK, alpha: RANK, targets: ["in_proj"] },
  all: { rank: RANK, alpha: RANK, targets: ["in_proj", "out_proj", "linear1", "linear2"] },
};

/** LoRA beside full fine-tuning, full-size model: median seconds of a step, peak memory, bytes of the optimiser's state. */
export async function bench(): Promise<object> {
  const cases: object[] = [];
  for (const [targets, lora] of Object.entries(CASES)) {
    const lengths = new Array<number>(CELLS * STEPS).fill(LENGTH);
    const work: TrainWork = {
      ...{ layers: 12, genes: 5001, lengths, batchSize: CELLS, warmUp: LENGTH },
      ...{ from: 0, to: STEPS, threads: 2, lora },
    };
    const { report } = await measure(process.execPath, [OURS, JSON.stringify(work)]);
    const { steps, peakMiB, optimizerBytes } = report as {
      steps: { seconds: number; cpu: number }[];
      peakMiB: number;
      optimizerBytes: number;
    };
    const median = (of: "seconds" | "cpu") =>
      round(steps.map((s) => s[of]).sort((a, b) => a - b)[STEPS >> 1]);
    const times = { stepSeconds: median("seconds"), cpuSeconds: median("cpu") };
    cases.push({ targets, ...times, peakMB: round((peakMiB * 2 ** 20) / 1e6), optimizerBytes });
    console.error(JSON.stringify(cases.at(-1)));
  }
  return { bench: "lora", rank: RANK, cells: CELLS, length: LENGTH, cases };
}
