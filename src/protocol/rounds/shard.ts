import type { AnnData } from "../../anndata/anndata.js";
import { matrixAgain } from "../../anndata/chooseMatrix.js";
import type { RowMatrix } from "../../anndata/matrix.js";
import { type LimitsBy, withinBy } from "../../preprocess/cellLimits.js";
import { batchesAmong } from "../../preprocess/labels.js";
import { mergeColumns } from "../../preprocess/lazy.js";
import type { StatisticsOptions } from "../../preprocess/statistics.js";
import { openShardCells } from "../shards/shardCells.js";
import { statisticsOptions, type ValuesTaken } from "../valuesTaken.js";
import type { DecidedPreparation, PreparationPlan } from "./plan.js";

/** What values are taken for, and how cells are then held against limits. */
export interface Sight {
  taken: ValuesTaken;
  limits: LimitsBy;
}

/** The cells of a shard, read as they are read among all. To be closed. */
export class Shard {
  private constructor(
    private readonly decided: DecidedPreparation,
    private readonly cells: AnnData,
    private readonly matrices: { matrix: RowMatrix; stored: RowMatrix },
    /** The codes, among those of all cells, of the batches that the shard has. */
    readonly batches: number[],
    /** Int32 [cells]: which of these each cell is of, −1 where missing. */
    private readonly batchOf: Int32Array | undefined,
  ) {}

  static async open(plan: PreparationPlan, shard: number): Promise<Shard> {
    const { decided, shards } = plan;
    const cells = await openShardCells(plan, shards[shard]);
    try {
      const { name, base, columns } = decided.reading;
      const reading = { name, base, columns: columns && Int32Array.from(columns) };
      const codes = codesOf(cells, decided);
      const present = codes ? [...new Set(codes)].filter((code) => code >= 0).sort((a, b) => a - b) : [0];
      const place = new Map(present.map((code, i) => [code, i]));
      const own = codes?.map((code) => place.get(code) ?? -1);
      return new Shard(decided, cells, matrixAgain(cells, reading), present, own);
    } catch (error) {
      cells.close();
      throw error;
    }
  }

  /** Number of cells. */
  get size(): number {
    return this.cells.nObs;
  }

  /** Reads with checks of the values. */
  get matrix(): RowMatrix {
    return this.merged(this.matrices.matrix);
  }

  /** The same for a reading after one with them. */
  get stored(): RowMatrix {
    return this.merged(this.matrices.stored);
  }

  private merged(matrix: RowMatrix): RowMatrix {
    const { reading, genes } = this.decided;
    return reading.merged
      ? mergeColumns(matrix, Int32Array.from(reading.merged), genes.names.length)
      : matrix;
  }

  /** What is gathered of the shard's cells. */
  statistics(sight: Sight): StatisticsOptions {
    const { decided, cells, batches, batchOf } = this;
    const { names } = decided.genes;
    return {
      ...statisticsOfPlan(decided, sight.taken),
      ...{ cells: cells.nObs, batches: batchOf, nBatches: batches.length },
      within: withinBy(cells, names, sight.limits, decided.settings),
    };
  }

  /**
   * The batch of each cell among those of all cells.
   * @param kept Uint8 [cells]: −1 where it is 0
   */
  batchesOf(kept: Uint8Array): Int32Array {
    const { batches, batchOf } = this;
    return Int32Array.from(kept, (flag, cell) => {
      const own = batchOf === undefined ? 0 : batchOf[cell];
      return flag === 0 || own < 0 ? -1 : batches[own];
    });
  }

  close(): void {
    this.cells.close();
  }
}

function codesOf(cells: AnnData, { settings, batches }: DecidedPreparation): Int32Array | undefined {
  return batches === undefined ? undefined : batchesAmong(cells, settings.batch as string, batches);
}

/** What is gathered of all cells together, of none yet. */
export function statisticsOfPlan(
  { name, genes, batches, settings }: DecidedPreparation,
  taken: ValuesTaken,
): StatisticsOptions {
  const counted = { name, cells: 0, genes: { names: genes.names, ids: Int32Array.from(genes.ids) } };
  return {
    ...statisticsOptions(counted, taken, settings, undefined),
    nBatches: batches?.length ?? 1,
  };
}
