import type { Sections } from "./yaml.js";

/** Keys of the published file that concern only its own machinery: paths between its steps, tracking, its attention. */
const MACHINERY = [
  ...["raw_dataset_directory", "save_dir", "input_dataset_directory", "id2type_json"],
  ...["_FIXED_BATCH_ID_COL", "_FIXED_CELL_TYPE_COL", "_FIXED_CELL_TYPE_ID_COL", "_FIXED_GENE_COL"],
  ...["load_model", "use_flash_attn", "fast_transformer_backend"],
  ...["mode", "project", "reinit", "name"],
];

/** Keys that say what the model's own folder says. */
const ARCHITECTURE = [
  ...["nlayers", "nheads", "embsize", "d_hid", "nlayers_cls", "use_batch_labels", "pre_norm", "DSBN"],
  ...["pad_token", "pad_value", "mask_value", "input_emb_style", "cell_emb_style"],
];

/** Keys of what is done in one way here, and the way. */
const FIXED: Record<string, unknown> = {
  ...{ cls_token: "<cls>", eoc_token: "<eoc>", append_cls: true, input_style: "binned" },
  ...{ CLS: true, ADV: false, sort_per_seq_batch: false, do_sample_in_train: false },
};

/** Why of these no other way will do: with it, all numbers would be others than those that the file means. */
const DECISIVE: Record<string, string> = {
  append_cls: "labels are read off the <cls> token, which always stands in front",
  cls_token: 'the token in front of a cell is always "<cls>"',
  input_style: "values are always binned",
  CLS: "the classifier is always trained",
};

/** The fixed part of what the published code expects in its file, by section. */
export const PUBLISHED_FIXED = {
  preprocess: {
    _FIXED_BATCH_ID_COL: "batch_id",
    _FIXED_CELL_TYPE_COL: "celltype",
    _FIXED_CELL_TYPE_ID_COL: "celltype_id",
    _FIXED_GENE_COL: "gene_name",
  },
  model_parameters: { use_flash_attn: false, fast_transformer_backend: "flash" },
  wandb_configs: { mode: "offline", reinit: true },
  task_configs: { pad_token: "<pad>", ...FIXED },
} as const satisfies Sections;

/** The value of a key of what is done in one way here. */
export function onlyWay(key: string): unknown {
  return FIXED[key];
}

/** Why a key can't have a value that is not the one way in which things are done here; undefined where it may, without effect. */
export function decisive(key: string): string | undefined {
  return DECISIVE[key];
}

/** What becomes of a key that gives no option here. */
export function fateOf(
  key: string,
  value: unknown,
): "machinery" | "architecture" | "agrees" | "differs" | "unknown" {
  if (MACHINERY.includes(key)) return "machinery";
  if (ARCHITECTURE.includes(key)) return "architecture";
  if (!(key in FIXED)) return "unknown";
  return value === FIXED[key] || value === null ? "agrees" : "differs";
}
