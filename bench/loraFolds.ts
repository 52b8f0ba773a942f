import { parseArgs } from "node:util";
import { type FinetuneOptions, openModel } from "../src/index.js";
import { demoCells, TRAINING } from "./demoCells.js";
import { compareWays } from "./ways.js";

const RANK = 8;

/** LoRA, and the class decoder alone, beside full fine-tuning on the demo's cells. */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      /** A folder with weights to start from; the demo's model, which starts at random, when absent. */
      model: { type: "string", default: "notebooks/models/small" },
      seeds: { type: "string", default: "10" },
      /** Learning rate of what is not full fine-tuning, which has the notebook's. */
      lr: { type: "string", default: String(TRAINING.lr) },
    },
  });
  const { model } = values;
  const [seeds, lr] = [Number(values.seeds), Number(values.lr)];
  const ways: Record<string, FinetuneOptions> = {
    full: {},
    in_proj: { lora: RANK, lr },
    all: { lora: RANK, loraTargets: ["in_proj", "out_proj", "linear1", "linear2"], lr },
    head: { freeze: "head", lr },
  };
  const found = await compareWays(await demoCells(await openModel(model)), ways, seeds);
  return { bench: "lora-folds", model, seeds, rank: RANK, lr, ...found };
}
