import { PREPARATION } from "../settings/preparation.js";
import { TRAINING } from "../settings/training.js";
import { toSections } from "../settings/yaml.js";
import type { RunParts } from "./runParts.js";

/**
 * A run's options in the sections and under the names of the published protocol's `dev_train_args.yml`,
 * so that its code finds what it looks for. Flash-attention and tracking, which are of its own machinery, are off.
 */
export function publishedArgs({ name, args, settings, preparation, source, classes, recipe }: RunParts) {
  const prepared = toSections(PREPARATION, preparation);
  const trained = toSections(TRAINING, { ...settings, name });
  const both = (section: string) => ({ ...prepared[section], ...trained[section] });
  return {
    task_info: { raw_dataset_directory: source, task: "finetune", ...both("task_info") },
    preprocess: { ...both("preprocess"), n_genes: recipe.genes.length, num_cell_types: classes.length },
    model_parameters: {
      ...args,
      append_cls: true,
      input_style: "binned",
      cls_token: "<cls>",
      eoc_token: "<eoc>",
      use_flash_attn: false,
      train_test_split_ratio: 0.1,
      ...both("model_parameters"),
    },
    wandb_configs: { mode: "disabled", project: name },
    task_configs: both("task_configs"),
  };
}
