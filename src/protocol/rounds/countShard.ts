import { CellStatistics } from "../../preprocess/cellStatistics.js";
import { QcAccumulator, type QcMetrics } from "../../preprocess/qc.js";
import { withPrefix } from "../../preprocess/state.js";
import { writePart } from "../../store/part.js";
import { type ProgressOptions, passesOver } from "../progress.js";
import type { PreparationPlan } from "./plan.js";
import { Shard, type Sight } from "./shard.js";

/** What counting starts from. */
export interface Basis {
  sight: Sight;
  /** Uint8 [genes]: those that a filter left, where they were counted before. */
  keptGenes?: Uint8Array;
}

/** What the plan takes the values for. */
export function sightOf({ decided: { taken, limits } }: PreparationPlan): Sight {
  return { taken, limits };
}

/** What a part of a counting round says beside its arrays. */
export interface CountedMeta {
  sight: Sight;
  /** The codes, among those of all cells, of the batches that the shard has. */
  batches: number[];
}

/** Goes over the cells of a shard and writes what was gathered of them to its part. */
export async function countShard(
  plan: PreparationPlan,
  folder: string,
  shard: number,
  kind: "genes" | "statistics",
  { sight, keptGenes }: Basis,
  options: ProgressOptions,
): Promise<void> {
  const own = await Shard.open(plan, shard);
  try {
    const wanted = own.statistics(sight);
    const { within } = wanted;
    const counts = kind === "genes" || kind === countsGenesIn(plan);
    const qc = counts ? new QcAccumulator(own.size, wanted.geneNames) : undefined;
    const cells = kind === "statistics" ? new CellStatistics(wanted, keptGenes ?? wanted.known) : undefined;
    const stage = kind === "genes" ? "counting genes" : "counting";
    await passesOver(own.matrix, options)(stage, (block) => {
      const inside = within?.(block);
      qc?.add(block, inside);
      cells?.add(block, inside);
    });
    const meta: CountedMeta = { sight, batches: own.batches };
    writePart(folder, plan, shard, {
      ...{ kind, meta },
      arrays: {
        ...(qc && { ...withPrefix("qc.", qc.state()), ...withPrefix("obs.", figuresOf(qc.metrics())) }),
        ...(cells && { ...withPrefix("cells.", cells.state()), keptCells: cells.keptCells }),
      },
    });
  } finally {
    own.close();
  }
}

/** The round that counts genes. */
export function countsGenesIn({ decided }: PreparationPlan): "genes" | "statistics" {
  return decided.rounds.includes("genes") ? "genes" : "statistics";
}

function figuresOf({ obs }: QcMetrics) {
  const { nGenesByCounts, totalCounts, totalCountsMt, pctCountsMt } = obs;
  return { nGenesByCounts, totalCounts, totalCountsMt, pctCountsMt };
}
