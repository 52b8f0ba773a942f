import { fileURLToPath } from "node:url";
import { forecastMemory } from "../src/train/memory.js";
import { CLASSES, fullSizeArgs } from "./fullSize.js";
import { measure, round } from "./measure.js";
import type { TrainWork } from "./train.js";

const OURS = fileURLToPath(new URL("./trainOurs.js", import.meta.url));
const GENES = 5001;
const CASES = [
  { cells: 8, length: 600 },
  { cells: 4, length: 1501 },
  { cells: 1, length: 5001 },
];

/** The forecast of a training process's peak memory beside what the system then reports, full-size model, dropout 0.2. */
export async function bench(): Promise<object> {
  const cases: object[] = [];
  for (const { cells, length } of CASES) {
    const lengths = new Array<number>(cells).fill(length);
    const work: TrainWork = {
      ...{ layers: 12, genes: GENES, lengths, batchSize: cells, warmUp: length },
      ...{ from: 0, to: 1, threads: 2 },
    };
    const { report } = await measure(process.execPath, [OURS, JSON.stringify(work)]);
    const measured = (report.peakMiB as number) * 2 ** 20;
    const forecast = forecastMemory(fullSizeArgs(12), { genes: GENES + 2, classes: CLASSES }, cells, length);
    const found = { cells, length, forecastMB: round(forecast / 1e6), measuredMB: round(measured / 1e6) };
    cases.push({ ...found, ratio: round(forecast / measured) });
    console.error(JSON.stringify(cases.at(-1)));
  }
  return { bench: "memory", cases, target: "ratio within 15 % of 1" };
}
