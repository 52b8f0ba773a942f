import { join } from "node:path";
import { QcAccumulator } from "../../preprocess/qc.js";
import { type StateArrays, stateUnder } from "../../preprocess/state.js";
import type { NamedArray } from "../../store/arrays.js";
import { partName } from "../../store/part.js";
import { type Part, readPart } from "../../store/partReader.js";
import type { PreparationPlan, RoundKind } from "./plan.js";

/** The counts of genes of all shards. */
export function genesOfParts(
  plan: PreparationPlan,
  folder: string,
  kind: "genes" | "statistics",
): QcAccumulator {
  const qc = new QcAccumulator(0, plan.decided.genes.names);
  for (const shard of plan.shards.keys())
    qc.merge(stateUnder("qc.", asState(partOf(plan, folder, kind, shard).arrays)));
  return qc;
}

/** A shard's part. @throws where it is missing, damaged or of another plan */
export function partOf(plan: PreparationPlan, folder: string, kind: RoundKind, shard: number): Part {
  return readPart(join(folder, partName(shard, kind)), plan);
}

/** A part's arrays by name. */
export function asState(arrays: ReadonlyMap<string, NamedArray>): StateArrays {
  return Object.fromEntries(arrays) as StateArrays;
}
