import { PREPARATION, type PreparationOptions } from "../settings/preparation.js";
import { decisive, fateOf, onlyWay } from "../settings/published.js";
import type { Options } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import { fromSections, readSections, type SectionsFile } from "../settings/yaml.js";
import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";

/** Bytes of such a file: the published ones have 2 kB. */
const MOST_BYTES = 2 ** 16;

/** Options out of a file of the published protocol's form. */
export interface TrainArgs {
  /** For `preprocess`. */
  preparation: PreparationOptions;
  /** For `finetune`. */
  training: Options<typeof TRAINING>;
  /** The model that it names, `load_model`: a path, or a name for `openModel`. */
  model?: string;
  /** The prepared cells that it names, `input_dataset_directory`: a path from where the published code ran. */
  inputData?: string;
  /** What the reader must know: what holds, and each key that does not, by its line. */
  notes: string[];
}

/**
 * Reads the options of a `train_args.yml` of the published code, or of a run's `dev_train_args.yml`. Its values hold over the
 * defaults (the published commands overwrite them by their own). Keys that have no say here are told in the notes.
 * @throws where the file is no YAML, a value is none that the option takes, or asks for what would change all numbers and is not
 *   done here (no `<cls>` token, another name of it); names the line and the key
 * @example
 * const { preparation, training, notes } = readTrainArgs("train_args.yml");
 * training.epochs; // → 5
 */
export function readTrainArgs(path: string): TrainArgs {
  const file = withoutGivenSplit(readSections(readText(path, MOST_BYTES), path));
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  return {
    preparation: fromSections(PREPARATION, file),
    training: fromSections(TRAINING, file),
    model: text(file.sections.model_parameters?.load_model),
    inputData: text(file.sections.task_info?.input_dataset_directory),
    notes: [
      `the values of ${path} hold over the defaults; what is given beside it wins over both`,
      ...keyNotes(file),
    ],
  };
}

/** A run whose cells were given by hand says so; that is no option. */
function withoutGivenSplit(file: SectionsFile): SectionsFile {
  const { task_configs, ...rest } = file.sections;
  if (task_configs?.split !== "given") return file;
  return { ...file, sections: { ...rest, task_configs: { ...task_configs, split: undefined } } };
}

/** Section and key of everything that gives an option. */
const OPTIONS = [...Object.values(PREPARATION), ...Object.values(TRAINING)].flatMap((setting) =>
  "yaml" in setting && setting.yaml ? [setting.yaml] : [],
);

/** Keys that give no option, where that may not be what was meant. */
function keyNotes({ source, sections, line }: SectionsFile): string[] {
  const notes: string[] = [];
  const architecture: string[] = [];
  const warn = (section: string, key: string, what: string) =>
    notes.push(`WARNING: ${source}:${line(section, key)}: ${section}: ${key} ${what}: it has no effect`);
  for (const [section, keys] of Object.entries(sections))
    for (const [key, value] of Object.entries(keys)) {
      const options = OPTIONS.filter((place) => place.key === key);
      if (options.some((place) => place.section === section)) continue;
      const fate = fateOf(key, value);
      if (fate === "architecture") architecture.push(key);
      else if (fate === "differs" && decisive(key) !== undefined)
        throw new CellkernelError(
          "option",
          `${source}:${line(section, key)}: ${section}: ${key} is ${JSON.stringify(value)}; expected ${JSON.stringify(onlyWay(key))}: ${decisive(key)}`,
          { path: source, line: line(section, key), option: key },
        );
      else if (fate === "differs")
        warn(section, key, `is ${JSON.stringify(value)}, which this version does not do`);
      else if (fate === "unknown" && options.length > 0)
        warn(section, key, `belongs to the section ${options[0].section}`);
      else if (fate === "unknown") warn(section, key, "is no key of the published file, and none of ours");
    }
  if (sections.task_configs?.DAB === null)
    notes.push(
      `${source} is of a run that was trained with DAB, which it leaves open for the published code's sake: to train so again, give dab (--dab)`,
    );
  if (architecture.length > 0)
    notes.push(
      `the architecture is that of the model, whatever ${source} says of it (${architecture.join(", ")})`,
    );
  return notes;
}
