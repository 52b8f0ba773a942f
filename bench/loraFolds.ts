import { parseArgs } from "node:util";
import { type FinetuneOptions, finetune, openModel } from "../src/index.js";
import { demoCells, predicted, scores, splitOf, TRAINING } from "./demoCells.js";
import { meanInterval } from "./interval.js";

/** What is trained; all else stays as it starts. */
const WAYS: Record<string, FinetuneOptions> = {
  full: {},
  "lora in_proj": { lora: 8 },
  "lora all": { lora: 8, loraTargets: ["in_proj", "out_proj", "linear1", "linear2"] },
  head: { headOnly: true },
};

/**
 * LoRA (rank 8) and the class decoder alone beside full fine-tuning on the demo's cells, from the same start by seed:
 * weighted F1 of the test cells, and how far it is from that of full fine-tuning, with 95 % intervals.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      /** A folder with weights to start from; the demo's model, which starts at random, when absent. */
      model: { type: "string", default: "notebooks/models/small" },
      seeds: { type: "string", default: "10" },
      lr: { type: "string", default: String(TRAINING.lr) },
    },
  });
  const seeds = Number(values.seeds);
  const ready = await demoCells(await openModel(values.model));
  const f1 = new Map(Object.keys(WAYS).map((way) => [way, [] as number[]]));
  for (let seed = 0; seed < seeds; seed++) {
    const split = splitOf(ready, seed);
    for (const [way, options] of Object.entries(WAYS)) {
      const run = await finetune(ready, { ...TRAINING, lr: Number(values.lr), ...options, seed, split });
      const labels = await predicted(run, ready, split.test);
      f1.get(way)!.push(scores(ready, split.test, labels).weighted.f1);
    }
    const line = [...f1].map(([way, all]) => `${way} ${all[seed].toFixed(3)}`);
    console.error(`seed ${seed}: ${line.join(", ")}`);
  }
  const full = f1.get("full")!;
  const ways = [...f1].map(([way, all]) => [
    way,
    {
      weightedF1: meanInterval(all),
      ...(way === "full" ? {} : { difference: meanInterval(all.map((own, seed) => own - full[seed])) }),
    },
  ]);
  return {
    bench: "lora-folds",
    model: values.model,
    seeds,
    lr: Number(values.lr),
    ...Object.fromEntries(ways),
  };
}
