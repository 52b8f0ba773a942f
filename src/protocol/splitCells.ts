import type { CellColumn, Labels } from "../preprocess/labels.js";
import { SERIES } from "../settings/series.js";
import { type Options, resolve } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import {
  type CellSplit,
  crossValidation,
  groupedSplit,
  publishedSplit,
  SPLIT_SEED,
  straddling,
  stratifiedSplit,
} from "../train/split.js";

/** Which of the prepared cells are learnt from, and what the reader must know of it. */
export function splitCells(
  ready: Prepared,
  { codes, classes }: Labels,
  how: "stratified" | "published" | CellSplit = "stratified",
  by?: string,
  share?: number,
): { split: CellSplit; notes: string[] } {
  const groups = by === undefined ? undefined : groupsOf(ready, by, codes, how === "published" ? 2 : 3);
  if (groups && typeof how === "object")
    throw new CellkernelError(
      "option",
      `the option splitBy is "${by}", but the option split names the cells themselves; give one of them`,
      { option: "splitBy" },
    );
  const split =
    typeof how === "object"
      ? how
      : groups
        ? groupedSplit(codes, groups.codes, how, SPLIT_SEED, share)
        : how === "stratified"
          ? stratifiedSplit(codes, SPLIT_SEED, share)
          : publishedSplit(codes, SPLIT_SEED, share);
  check(split, codes);
  const notes: string[] = [];
  if (groups) {
    const learnt = new Set(Array.from(split.train, (cell) => codes[cell]));
    const unseen = classes.filter((_, code) => codes.includes(code) && !learnt.has(code));
    if (unseen.length > 0)
      notes.push(
        `the split by ${by} leaves no cell of ${unseen.join(", ")} for training: the model can't learn ${unseen.length === 1 ? "it" : "them"}`,
      );
  }
  return { split, notes };
}

/** Trainings of a cross-validation, where nothing else is said. */
const FOLDS = 5;

/** Options of `crossValidationSplits`. */
const CROSS_VALIDATION = {
  folds: SERIES.folds,
  splitBy: TRAINING.splitBy,
  trainTestSplitRatio: TRAINING.trainTestSplitRatio,
} as const;

export type CrossValidationOptions = Options<typeof CROSS_VALIDATION>;

/**
 * Splits for cross-validation, each to be given to `finetune` as `split`: every labelled cell is in the test of one of
 * them, of 5 unless `folds` says otherwise. Classes are spread evenly or, with `splitBy`, the cells of a donor stay together.
 * `trainTestSplitRatio` is the share of the other cells that is the validation.
 *
 * @throws where there are no labels, too few cells for a part, or `splitBy` names no such column, or one of too few values
 * @example
 * const splits = crossValidationSplits(ready, { folds: 5 }); // finetune(ready, { split: splits[0] })
 * splits[0].test.length; // → 140
 */
export function crossValidationSplits(ready: Prepared, options: CrossValidationOptions = {}): CellSplit[] {
  const { folds = FOLDS, splitBy, trainTestSplitRatio: share } = resolve(CROSS_VALIDATION, options);
  if (!ready.labels)
    throw new CellkernelError(
      "nothing",
      "the cells were prepared without labels; name the obs column: cellType",
    );
  const { codes } = ready.labels;
  const groups = splitBy === undefined ? undefined : groupsOf(ready, splitBy, codes, folds + 1);
  const splits = crossValidation(codes, folds, groups?.codes, SPLIT_SEED, share);
  for (const split of splits) check(split, codes);
  return splits;
}

/**
 * What the reader must know where cells of one batch stand on both sides; undefined where none does, or no batch is
 * known.
 * @param evaluated the cells whose figures are given
 * @param learnt the cells that were learnt from or chose the weights
 */
export function straddleNote(
  { batches }: Pick<Prepared, "batches">,
  evaluated: ArrayLike<number>,
  learnt: ArrayLike<number>,
): string | undefined {
  if (!batches) return undefined;
  const { straddle, of } = straddling(batches.codes, evaluated, learnt);
  if (straddle === 0) return undefined;
  const { column } = batches;
  return (
    `WARNING: of the ${of} values of "${column}" among these cells, ${straddle} have other cells that were trained on: ` +
    `figures for a new ${column} will be lower. Keep them apart by splitBy: "${column}" (--split-by ${column}).`
  );
}

function groupsOf(ready: Prepared, by: string, codes: ArrayLike<number>, least: number): CellColumn {
  const found = ready.obs.find(({ column }) => column === by);
  if (!found)
    throw new CellkernelError(
      "option",
      `the option splitBy is "${by}", but the prepared cells have no such obs column with few values; they have ${ready.obs.map(({ column }) => column).join(", ") || "none"}`,
      { option: "splitBy", column: by },
    );
  const labelled = found.codes.filter((_, cell) => codes[cell] >= 0);
  const missing = labelled.filter((code) => code < 0).length;
  if (missing > 0)
    throw new CellkernelError(
      "column",
      `${missing} labelled cells have no value in obs column "${by}", which splitBy names: fill them in, or take these cells out`,
      { column: by },
    );
  const values = new Set(labelled).size;
  if (values < least)
    throw new CellkernelError(
      "column",
      `obs column "${by}", which splitBy names, has ${values} ${values === 1 ? "value" : "values"} among the labelled cells; the split needs ${least}, one for each part`,
      { column: by },
    );
  return found;
}

function check(split: CellSplit, codes: ArrayLike<number>): void {
  for (const part of ["train", "validation"] as const)
    if (split[part].length === 0)
      throw new CellkernelError(
        "nothing",
        `there is no cell for ${part}: ${codes.length} cells are too few, or the split is empty`,
        { part },
      );
  const taken = new Set<number>();
  for (const cell of [...split.train, ...split.validation, ...split.test]) {
    if (!(codes[cell] >= 0))
      throw new CellkernelError(
        "option",
        `cell ${cell} of the split has no label, or there is no such cell`,
        { option: "split", cell },
      );
    if (taken.has(cell))
      throw new CellkernelError("option", `cell ${cell} stands in the split more than once`, {
        option: "split",
        cell,
      });
    taken.add(cell);
  }
}
