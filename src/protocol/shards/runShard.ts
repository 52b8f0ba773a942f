import { join } from "node:path";
import { interruption } from "../../host/interruption.js";
import { resolve } from "../../settings/setting.js";
import { SHARD } from "../../settings/shards.js";
import { typeName } from "../../store/arrays.js";
import { PartWriter, type PlannedArray, partName, signName } from "../../store/part.js";
import { isPartDone } from "../../store/partStates.js";
import { readPlan, requireSameFiles, requireVersion, rowsOfShard } from "../../store/plan.js";
import { requireAlone, withSign } from "../../store/signOfLife.js";
import { CellkernelError } from "../../support/error.js";
import { applyRows, EMBEDDING } from "../applyRows.js";
import { predictionOf, withSession } from "../applyRun.js";
import { Replay } from "../replay.js";
import type { Run } from "../run.js";
import type { Collector, ShardStep, Tally, Task } from "../task.js";
import { versions } from "../versions.js";
import { type ColumnForm, columnToPart } from "./columns.js";
import { openPlanned } from "./openBy.js";
import { type Decided, readingOf, type ShardPlan } from "./plan.js";
import { openShardCells } from "./shardCells.js";
import { taskOf } from "./taskOf.js";

/** How a shard is done. */
export interface ShardOptions {
  /** Folder for the parts of the plan; made where it is not there. */
  out: string;
  /** Cells a batch; the plan's by default. No number depends on it. */
  batchSize?: number;
  /** CPU threads; the plan's by default, else all cores. No number depends on it. */
  threads?: number;
  /** Called with the share of the shard's cells done, 0 … 1. */
  onProgress?: (share: number) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/** What became of a shard. */
export interface ShardResult {
  /** Its part. */
  path: string;
  /** Cells of the shard. */
  cells: number;
  /** Whether the part was there already, whole, so that nothing was done. */
  skipped: boolean;
}

/** What a part says beside its arrays. */
export interface PartMeta {
  columns: ColumnForm[];
  tally: Tally;
  /** When it was begun and finished, ISO 8601. */
  begun: string;
  finished: string;
}

/**
 * Does a shard of a plan: labels, embeds or maps the cells of its rows, and writes what it found to its part's file. Where the part
 * is there already and whole, nothing is done.
 * @param step what the plan must be for
 */
export async function runShard(
  planPath: string,
  step: ShardStep,
  shard: number,
  options: ShardOptions,
): Promise<ShardResult> {
  const { batchSize, threads } = resolve(SHARD, options);
  const folder = options?.out;
  if (!folder)
    throw new CellkernelError("option", 'a shard needs a folder for its part: { out: "parts" }', {
      option: "out",
    });
  const plan = readPlan<Decided>(planPath, [step]) as ShardPlan;
  requireVersion(plan, versions().cellkernel);
  const rows = rowsOfShard(plan, shard);
  const cells = rows[1] - rows[0];
  const path = join(folder, partName(shard, step));
  if (isPartDone(folder, plan, step, shard)) return { path, cells, skipped: true };
  requireSameFiles([...plan.files, ...plan.decided.beside]);
  const given = {
    ...plan.decided.options,
    ...(batchSize !== undefined && { batchSize }),
    ...(threads !== undefined && { threads }),
    ...{ signal: interruption(options.signal), onProgress: options.onProgress },
  };
  const sign = join(folder, signName(shard, step));
  requireAlone(sign, `Shard ${shard}`);
  await withSign(sign, cells, (tell) => {
    const onProgress = (share: number) => {
      tell(Math.round(share * cells));
      given.onProgress?.(share);
    };
    return work(plan, shard, folder, { ...given, onProgress });
  });
  return { path, cells, skipped: false };
}

type Given = Decided["options"] & Pick<ShardOptions, "signal" | "onProgress">;

async function work(plan: ShardPlan, shard: number, folder: string, given: Given): Promise<void> {
  const begun = new Date().toISOString();
  const { decided, step } = plan;
  const opened = await openPlanned(step, decided);
  const { run } = opened;
  const reading = readingOf(decided.reading);
  // The run's weights are of no further use here, and the session starts while the cells are opened.
  await withSession(
    predictionOf(run, reading.genes, given),
    async (session) => {
      const task = await taskOf(step, opened, decided, given.signal);
      const cells = await openShardCells(plan, plan.shards[shard]);
      try {
        const collector = task.collect(cells);
        const planned = plannedArrays(run, task, collector, cells.nObs);
        const writer = new PartWriter(folder, plan, shard, step, planned);
        const take = (_: number, arrays: Record<string, Float32Array>) => {
          for (const [name, values] of Object.entries(arrays)) writer.append(`obsm/${name}`, values);
        };
        try {
          const replay = new Replay(run, cells, reading);
          const tally = await applyRows(run, session, replay, collector, given, take);
          const columns = columnsOf(collector);
          for (const [name, array] of columns.flatMap(({ arrays }) => arrays)) writer.append(name, array);
          const forms = columns.map(({ form }) => form);
          writer.commit({
            ...{ columns: forms, tally, begun, finished: new Date().toISOString() },
          } satisfies PartMeta);
        } catch (error) {
          writer.discard();
          throw error;
        }
        given.onProgress?.(1);
      } finally {
        cells.close();
      }
    },
    true,
  );
}

function columnsOf(collector: Collector) {
  return [...collector.columns()].map(([name, column]) => columnToPart(name, column));
}

/** The arrays of a part, by their names. */
function plannedArrays(
  run: Run,
  task: Task,
  collector: Collector,
  cells: number,
): Record<string, PlannedArray> {
  const widths = { [EMBEDDING]: run.args.embsize, ...task.arrays };
  const arrays = Object.entries(widths).map(([name, width]): [string, PlannedArray] => [
    `obsm/${name}`,
    { type: "F32", shape: [cells, width] },
  ]);
  const columns = columnsOf(collector).flatMap(({ arrays }) => arrays);
  return Object.fromEntries([
    ...arrays,
    ...columns.map(([name, array]): [string, PlannedArray] => [
      name,
      { type: typeName(array), shape: [array.length] },
    ]),
  ]);
}
