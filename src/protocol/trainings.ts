import { SERIES, type SeriesOptions } from "../settings/series.js";
import { resolve } from "../settings/setting.js";
import type { Prepared } from "../store/prepared.js";
import type { PlannedPart } from "../store/seriesFolder.js";
import { CellkernelError } from "../support/error.js";
import { type FinetuneOptions, nameOf } from "./finetune.js";
import { crossValidationSplits } from "./splitCells.js";

/** Options of several trainings in a row: those of each, and which there are. */
export interface CrossValidateOptions extends FinetuneOptions, SeriesOptions {}

/** A training of a series, and the options that it has. */
export interface Training {
  part: PlannedPart;
  options: FinetuneOptions;
}

/** The trainings that options ask for, all folds of a seed before the next seed; one where they name no folds and no seeds. */
export function trainingsOf(ready: Prepared, options: CrossValidateOptions): Training[] {
  const { folds, seeds, ...each } = options;
  const { folds: count, seeds: several = [options.seed ?? 0] } = resolve(SERIES, { folds, seeds });
  if (seeds !== undefined && options.seed !== undefined)
    throw new CellkernelError(
      "option",
      "the options seed and seeds each say the seeds: give one of the two",
      {
        option: "seeds",
      },
    );
  if (count !== undefined && options.split !== undefined)
    throw new CellkernelError(
      "option",
      "the options split and folds each say which cells are learnt from: give one of the two",
      { option: "folds" },
    );
  const splits =
    count === undefined
      ? [undefined]
      : crossValidationSplits(ready, { ...options, folds: count }).map((split, i) => ({
          split,
          fold: i + 1,
        }));
  return several.flatMap((seed) =>
    splits.map((one) => {
      const words = [
        ...(one ? [`fold ${one.fold}`] : []),
        ...(several.length > 1 || !one ? [`seed ${seed}`] : []),
      ];
      const name = words.join(", ");
      return {
        part: { name, folder: words.join("-").replaceAll(" ", "-"), fold: one?.fold ?? null, seed },
        options: {
          ...each,
          ...{ seed, name: `${options.name ?? nameOf(ready)}, ${name}` },
          // The cells are named; what they were named by is said already.
          ...(one && { split: one.split, splitBy: undefined }),
        },
      };
    }),
  );
}
