import { stateUnder } from "../../preprocess/state.js";
import { writePart } from "../../store/part.js";
import { type ProgressOptions, passesOver } from "../progress.js";
import { tokenizerFor } from "../tokenizerFor.js";
import { readChosen } from "./chosen.js";
import { countsGenesIn } from "./countShard.js";
import { asState, partOf } from "./parts.js";
import type { PreparationPlan } from "./plan.js";
import { Shard } from "./shard.js";

/** Makes the tokens of a shard's cells and writes them to its part. */
export async function tokenShard(
  plan: PreparationPlan,
  folder: string,
  shard: number,
  options: ProgressOptions,
): Promise<void> {
  const found = readChosen(plan, folder);
  const { decided } = plan;
  const keptCells = partOf(plan, folder, "statistics", shard).arrays.get("keptCells") as Uint8Array;
  const counted = stateUnder("qc.", asState(partOf(plan, folder, countsGenesIn(plan), shard).arrays));
  const expressed = Float64Array.from(decided.genes.names, (_, gene) => counted.genes[2 * gene]);
  const genes = { names: decided.genes.names, ids: Int32Array.from(decided.genes.ids) };
  const tokenizer = tokenizerFor(genes, found, keptCells, decided.settings, expressed);
  const own = await Shard.open(plan, shard);
  try {
    await passesOver(own.stored, options)("tokens", (block) => tokenizer.add(block, keptCells));
  } finally {
    own.close();
  }
  const { indptr, gene, bin } = tokenizer.store();
  const keys = tokenizer.addedKeys;
  writePart(folder, plan, shard, { kind: "tokens", meta: {}, arrays: { indptr, gene, bin, keys } });
}
