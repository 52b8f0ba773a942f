import { genesLeft } from "../../preprocess/statistics.js";
import { requireParts } from "../../store/partStates.js";
import { writeKept } from "./chosen.js";
import { type Basis, sightOf } from "./countShard.js";
import { genesOfParts } from "./parts.js";
import type { PreparationPlan } from "./plan.js";
import { statisticsOfPlan } from "./shard.js";

/** Puts the counts of genes of all shards together, and writes which of them the filters leave. */
export function keepGenes(plan: PreparationPlan, folder: string, sight = sightOf(plan)): Required<Basis> {
  requireParts(folder, plan, "genes");
  const qc = genesOfParts(plan, folder, "genes");
  const kept = { sight, keptGenes: genesLeft(statisticsOfPlan(plan.decided, sight.taken), qc) };
  writeKept(plan, folder, qc, kept);
  return kept;
}
