import type { RunParts } from "./run.js";

/**
 * A run's options in the sections and under the names of the published protocol's `dev_train_args.yml`,
 * so that its code finds what it looks for. What is particular to its own machinery (mixed precision,
 * flash-attention) is off; tracking was never on.
 */
export function publishedArgs({
  name,
  args,
  settings,
  source,
  cellTypeColumn,
  batchColumn,
  classes,
  genes,
}: RunParts) {
  return {
    task_info: {
      raw_dataset_directory: source,
      dataset_name: name,
      task: "finetune",
      cell_type_col: cellTypeColumn,
      batch_id_col: batchColumn ?? null,
    },
    preprocess: {
      n_hvg: genes.length,
      num_cell_types: classes.length,
    },
    model_parameters: {
      ...args,
      max_seq_len: settings.maxSeqLen,
      include_zero_gene: false,
      append_cls: true,
      dropout: settings.dropout,
      n_input_bins: args.n_bins,
      input_style: "binned",
      cls_token: "<cls>",
      eoc_token: "<eoc>",
      use_flash_attn: false,
      amp: settings.amp ?? false,
      freeze_predecoder: settings.freeze === "encoders",
      epochs: settings.epochs,
      batch_size: settings.batchSize,
      lr: settings.lr,
      schedule_ratio: settings.scheduleRatio,
      schedule_interval: settings.scheduleInterval,
      train_test_split_ratio: 0.1,
      seed: settings.seed,
    },
    wandb_configs: { mode: "disabled", project: name },
    task_configs: { split: settings.split, class_weighted: settings.classWeighted, freeze: settings.freeze },
  };
}
