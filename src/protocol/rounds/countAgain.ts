import { existsSync } from "node:fs";
import { join } from "node:path";
import { joinSamples } from "../../anndata/formats/readSamples.js";
import { type LimitsBy, limitsBy } from "../../preprocess/cellLimits.js";
import type { ValueRange } from "../../preprocess/qc.js";
import { countsGenesFirst } from "../../preprocess/statistics.js";
import { partName } from "../../store/part.js";
import type { ProgressOptions } from "../progress.js";
import { refuseUnknown, serves, takenAfterAll, type ValuesTaken } from "../valuesTaken.js";
import { type Basis, countShard, sightOf } from "./countShard.js";
import { keepGenes } from "./keepGenes.js";
import { partOf } from "./parts.js";
import type { PreparationPlan } from "./plan.js";
import { type Sight, statisticsOfPlan } from "./shard.js";

/** What the values of all cells turned out to be. */
export interface SightAfterAll {
  taken: ValuesTaken;
  /** What statistics must have been gathered by. */
  counted: Sight;
  /** Whether those of the plan's sight do not serve. */
  again: boolean;
}

/** @param range of the values of all shards */
export async function sightAfterAll(plan: PreparationPlan, range: ValueRange): Promise<SightAfterAll> {
  const { decided } = plan;
  const taken = takenAfterAll(decided.taken, range, decided.settings.values);
  if (serves(decided.taken, taken, decided.settings)) return { taken, counted: sightOf(plan), again: false };
  return { taken, counted: { taken, limits: await limitsOf(plan, taken.counts) }, again: true };
}

async function limitsOf({ files, decided }: PreparationPlan, counts: boolean): Promise<LimitsBy> {
  const { cells } = await joinSamples(files, decided.options, decided.path);
  try {
    const limits = limitsBy(cells, counts, decided.settings);
    refuseUnknown(limits.unknown, decided.name);
    return limits;
  } finally {
    cells.close();
  }
}

/** Whether it must be known which genes a filter leaves before cells are gone over. */
export function filtersFirst({ decided }: PreparationPlan, sight: Sight): boolean {
  return decided.rounds.includes("genes") || countsGenesFirst(statisticsOfPlan(decided, sight.taken));
}

/**
 * Gathers anew what was gathered of values that were taken for another thing, shard by shard: for the rare case that the whole
 * matrix is not what a sample of it looked like.
 */
export async function countAgain(
  plan: PreparationPlan,
  folder: string,
  { counted: sight }: Pick<SightAfterAll, "counted">,
  options: ProgressOptions,
): Promise<void> {
  const count = async (kind: "genes" | "statistics", basis: Basis) => {
    for (const shard of plan.shards.keys())
      if (!isCounted(plan, folder, kind, shard, sight))
        await countShard(plan, folder, shard, kind, basis, options);
  };
  let basis: Basis = { sight };
  if (filtersFirst(plan, sight)) {
    await count("genes", basis);
    basis = keepGenes(plan, folder, sight);
  }
  await count("statistics", basis);
}

function isCounted(
  plan: PreparationPlan,
  folder: string,
  kind: "genes" | "statistics",
  shard: number,
  sight: Sight,
): boolean {
  if (!existsSync(join(folder, partName(shard, kind)))) return false;
  return JSON.stringify(partOf(plan, folder, kind, shard).meta.sight) === JSON.stringify(sight);
}
