import { type FinetuneOptions, finetune, type Prepared } from "../src/index.js";
import { predicted, scores, splitOf, TRAINING } from "./demoCells.js";
import { meanInterval } from "./interval.js";

/**
 * Fine-tunings of the demo's cells in several ways, the first of which the others are compared with, pairwise by seed: the same
 * split and start. Weighted F1 of the test cells, and how far it is from the first's, with 95 % intervals.
 */
export async function compareWays(
  ready: Prepared,
  ways: Record<string, FinetuneOptions>,
  seeds: number,
): Promise<object> {
  const f1 = new Map(Object.keys(ways).map((way) => [way, [] as number[]]));
  for (let seed = 0; seed < seeds; seed++) {
    const split = splitOf(ready, seed);
    for (const [way, options] of Object.entries(ways)) {
      const run = await finetune(ready, { ...TRAINING, ...options, seed, split });
      const labels = await predicted(run, ready, split.test);
      f1.get(way)!.push(scores(ready, split.test, labels).weighted.f1);
    }
    const line = [...f1].map(([way, all]) => `${way} ${all[seed].toFixed(3)}`);
    console.error(`seed ${seed}: ${line.join(", ")}`);
  }
  const [first] = f1.values();
  const found = [...f1].map(([way, all]) => {
    const difference = all === first ? {} : { difference: meanInterval(all.map((own, i) => own - first[i])) };
    return [way, { weightedF1: meanInterval(all), ...difference }];
  });
  return Object.fromEntries(found);
}
