import { join, resolve } from "node:path";
import { publishedArchitecture } from "../checkpoint/publishedArchitecture.js";
import { PREPARATION } from "../settings/preparation.js";
import { PUBLISHED_FIXED } from "../settings/published.js";
import { TRAINING } from "../settings/training.js";
import { type Sections, toSections } from "../settings/yaml.js";
import type { RunParts } from "./runParts.js";

/**
 * A run's options in the sections and under the names of the published protocol's `dev_train_args.yml`, with all that its
 * loader, model class and inference look for. Flash-attention and tracking, which are of its own machinery, are off.
 * @param folder where the run will stand: what that code opens, it opens from where it runs
 */
export function publishedArgs(parts: RunParts, folder: string): Sections {
  const { name, args, settings, preparation, source } = parts;
  const prepared = toSections(PREPARATION, preparation);
  // The published code builds no model with a discriminator of batches, and the run holds none: where it was trained with
  // one, this is left open.
  const trained = toSections(TRAINING, { ...settings, name, dab: settings.dab ? undefined : false });
  const architecture = publishedArchitecture(args);
  const own = (section: string) => ({
    ...PUBLISHED_FIXED[section as keyof typeof PUBLISHED_FIXED],
    ...architecture[section],
    ...prepared[section],
    ...trained[section],
  });
  return {
    task_info: {
      raw_dataset_directory: source,
      save_dir: "",
      input_dataset_directory: "",
      ...own("task_info"),
      id2type_json: join(resolve(folder), "id2type.json"),
    },
    preprocess: own("preprocess"),
    model_parameters: { load_model: resolve(folder), ...own("model_parameters") },
    wandb_configs: { ...own("wandb_configs"), project: name, name },
    task_configs: own("task_configs"),
  };
}
