import { CellStatistics } from "../../preprocess/cellStatistics.js";
import { stateUnder } from "../../preprocess/state.js";
import { conclude } from "../../preprocess/statistics.js";
import { requireParts } from "../../store/partStates.js";
import { type ProgressOptions, passesOver } from "../progress.js";
import { readKept, writeChosen } from "./chosen.js";
import { countAgain, filtersFirst, sightAfterAll } from "./countAgain.js";
import { countsGenesIn } from "./countShard.js";
import { asState, genesOfParts, partOf } from "./parts.js";
import type { PreparationPlan } from "./plan.js";
import { Shard, statisticsOfPlan } from "./shard.js";

/** Puts what was gathered of all shards together, and writes which genes vary most. */
export async function chooseGenes(
  plan: PreparationPlan,
  folder: string,
  options: ProgressOptions,
): Promise<void> {
  requireParts(folder, plan, "statistics");
  const { decided } = plan;
  const kind = countsGenesIn(plan);
  const sight = await sightAfterAll(plan, genesOfParts(plan, folder, kind).range);
  if (sight.again) await countAgain(plan, folder, sight, options);

  const wanted = statisticsOfPlan(decided, sight.counted.taken);
  const qc = genesOfParts(plan, folder, kind);
  const genes = filtersFirst(plan, sight.counted) ? readKept(plan, folder).keptGenes : wanted.known;
  const cells = new CellStatistics(wanted, genes);
  for (const shard of plan.shards.keys()) {
    const { meta, arrays } = partOf(plan, folder, "statistics", shard);
    cells.merge(stateUnder("cells.", asState(arrays)), meta.batches);
  }
  const findings = await conclude(wanted, qc, cells, async (visit) => {
    for (const shard of plan.shards.keys()) {
      const own = await Shard.open(plan, shard);
      try {
        const { arrays } = partOf(plan, folder, "statistics", shard);
        const batchOf = own.batchesOf(arrays.get("keptCells") as Uint8Array);
        await passesOver(own.stored, options)("clipping", (block) => visit(block, batchOf));
      } finally {
        own.close();
      }
    }
  });
  writeChosen(plan, folder, qc, findings, sight);
}
