import { parse } from "yaml";
import { PREPARATION, type PreparationOptions } from "../settings/preparation.js";
import type { Options } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import { fromSections } from "../settings/yaml.js";
import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";

/** Bytes of such a file: the published ones have 2 kB. */
const MOST_BYTES = 2 ** 16;

/** Options out of a file of the published protocol's form. */
export interface TrainArgs {
  preparation: PreparationOptions;
  training: Options<typeof TRAINING>;
}

/**
 * Reads the options of a `train_args.yml` of the published code, or of a run's `dev_train_args.yml`. Keys of its own
 * machinery are left alone.
 * @throws where the file is no YAML, or a value is none that the option takes
 */
export function readTrainArgs(path: string): TrainArgs {
  let parsed: unknown;
  try {
    parsed = parse(readText(path, MOST_BYTES));
  } catch (error) {
    throw new CellkernelError("format", `cannot read the options of ${path}: ${(error as Error).message}`, {
      path,
    });
  }
  return {
    preparation: fromSections(PREPARATION, parsed, path),
    // A run whose cells were given by hand says so; that is no option.
    training: fromSections(TRAINING, withoutGivenSplit(parsed), path),
  };
}

function withoutGivenSplit(parsed: unknown): unknown {
  const { task_configs, ...rest } = (parsed ?? {}) as Record<string, Record<string, unknown> | undefined>;
  if (task_configs?.split !== "given") return parsed;
  return { ...rest, task_configs: { ...task_configs, split: undefined } };
}
