import { join } from "node:path";
import { interruption } from "../../host/interruption.js";
import { partName, signName } from "../../store/part.js";
import { isPartDone } from "../../store/partStates.js";
import { requireSameFiles, rowsOfShard } from "../../store/plan.js";
import { requireAlone, withSign } from "../../store/signOfLife.js";
import { CellkernelError } from "../../support/error.js";
import type { PreprocessProgress } from "../preprocessOptions.js";
import type { ShardResult } from "../shards/runShard.js";
import { chooseGenes } from "./chooseGenes.js";
import { countedBy, isThere, readKept } from "./chosen.js";
import { filtersFirst } from "./countAgain.js";
import { type Basis, countShard, sightOf } from "./countShard.js";
import { keepGenes } from "./keepGenes.js";
import { kindOfRound, type PreparationPlan, readPreparationPlan } from "./plan.js";
import { tokenShard } from "./tokenShard.js";

/** How a round of a preparation goes on. */
export interface RoundOptions {
  /** Called now and then. */
  onProgress?: (progress: PreprocessProgress) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/** How a shard of a preparation is done. */
export interface PreprocessShardOptions extends RoundOptions {
  /** Folder for the parts of the plan, the same for all shards and rounds; made where it is not there. */
  out: string;
}

/**
 * Does a shard of a round of a preparation, and writes its part, whole or not at all. Where the part is there already and
 * whole, nothing is done.
 *
 * @param plan what `planPreprocess` wrote
 * @param round from 1; the parts of the one before must have been put together (`mergePreprocessRound`)
 * @param shard its number, from 0
 * @throws where there is no such round or shard, the cells' files or Cellkernel's version are others than when the plan was
 *   made, or a part of another plan stands in the folder
 * @example
 * await planPreprocess("cells.h5ad", { shards: 7, nHvg: 64, out: "sevenths.json" });
 * const { path } = await preprocessShard("sevenths.json", 1, 6, { out: "seven" });
 * path; // → "seven/part.00006.statistics.safetensors"
 */
export async function preprocessShard(
  plan: string,
  round: number,
  shard: number,
  options: PreprocessShardOptions,
): Promise<ShardResult> {
  const folder = options?.out;
  if (!folder)
    throw new CellkernelError("option", 'a shard needs a folder for its part: { out: "parts" }', {
      option: "out",
    });
  const read = readPreparationPlan(plan);
  const kind = kindOfRound(read, round);
  const [start, end] = rowsOfShard(read, shard);
  const result = { path: join(folder, partName(shard, kind)), cells: end - start };
  if (isPartDone(folder, read, kind, shard)) return { ...result, skipped: true };
  requireSameFiles(read.files);
  const sign = join(folder, signName(shard, kind));
  requireAlone(sign, `Shard ${shard} of round ${round}`);
  await withSign(sign, result.cells, async (tell) => {
    const onProgress: RoundOptions["onProgress"] = (progress) => {
      tell(progress.cellsDone);
      options.onProgress?.(progress);
    };
    const given = { onProgress, signal: interruption(options.signal) };
    if (kind === "tokens") return tokenShard(read, folder, shard, given);
    return countShard(read, folder, shard, kind, basisOf(read, folder, kind), given);
  });
  return { ...result, skipped: false };
}

/** A part that was lost is made anew as the others were in the end. */
function basisOf(plan: PreparationPlan, folder: string, kind: "genes" | "statistics"): Basis {
  const sight = countedBy(plan, folder) ?? sightOf(plan);
  return kind === "statistics" && filtersFirst(plan, sight) ? readKept(plan, folder) : { sight };
}

/** What putting the parts of a round together came to. */
export interface MergedRound {
  /** What was written, for the shards of the next round. */
  path: string;
  /** Whether it was there already, whole, so that nothing was done. */
  skipped: boolean;
}

/**
 * Puts the parts of a round of a preparation together, but for the last round's (see `mergePreprocess`): finds which genes the filters
 * leave, or which vary most, and writes it beside the parts. In the rare cases in which `preprocess` goes over the cells once
 * more (docs/preprocess.md), this does, shard after shard.
 *
 * @param plan what `planPreprocess` wrote
 * @param round from 1
 * @param folder where the shards' parts are
 * @throws where a part is missing, doubled, damaged or of another plan (names each)
 * @example
 * await planPreprocess("cells.h5ad", { shards: 1, nHvg: 64, out: "single.json" });
 * await preprocessShard("single.json", 1, 0, { out: "single" });
 * const { path } = await mergePreprocessRound("single.json", 1, "single");
 * path; // → "single/part.00000.chosen.safetensors"
 */
export async function mergePreprocessRound(
  plan: string,
  round: number,
  folder: string,
  { onProgress, signal }: RoundOptions = {},
): Promise<MergedRound> {
  const read = readPreparationPlan(plan);
  const kind = kindOfRound(read, round);
  if (kind === "tokens")
    throw new CellkernelError(
      "option",
      `round ${round} is the last: its parts become a folder of prepared cells by mergePreprocess (cellkernel merge PLAN ${folder} --out DIR)`,
      { option: "round", round },
    );
  const outcome = kind === "genes" ? "kept" : "chosen";
  const path = join(folder, partName(0, outcome));
  if (isThere(read, folder, outcome)) return { path, skipped: true };
  requireSameFiles(read.files);
  if (kind === "genes") keepGenes(read, folder);
  else await chooseGenes(read, folder, { onProgress, signal: interruption(signal) });
  return { path, skipped: false };
}
