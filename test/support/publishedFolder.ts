import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeH5ad } from "../../src/index.js";
import { Random } from "../../src/support/random.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { memoryCells } from "../protocol/cells.js";

/** Every section and key of the published code's file, with its values but for the sizes, which are those of the fixture. */
export const PUBLISHED = {
  task_info: {
    raw_dataset_directory: "../datasets/retina.h5ad",
    raw_dataset_name: "eyeGPT",
    save_dir: "save/pp_eyeGPT-May05-10-00-00",
    input_dataset_directory: "save/pp_eyeGPT-May05-10-00-00/input_data.h5ad",
    id2type_json: "save/pp_eyeGPT-May05-10-00-00/id2type.json",
  },
  preprocess: {
    do_norm: true,
    filter_gene_by_counts: 0,
    filter_cell_by_counts: 0,
    normalize_total: 10000,
    n_hvg: 3000,
    hvg_flavor: "cell_ranger",
    dataset_cell_type_col: "majorclass",
    dataset_batch_id_col: "sampleid",
    _FIXED_BATCH_ID_COL: "batch_id",
    _FIXED_CELL_TYPE_COL: "celltype",
    _FIXED_CELL_TYPE_ID_COL: "celltype_id",
    _FIXED_GENE_COL: "gene_name",
  },
  model_parameters: {
    seed: 7,
    load_model: "pretrained_models/scGPT_human",
    do_train: true,
    epochs: 5,
    use_flash_attn: false,
    fast_transformer_backend: "flash",
    use_batch_labels: false,
    pre_norm: false,
    DSBN: false,
    amp: true,
    freeze_predecoder: false,
    train_test_split_ratio: 0.1,
    batch_size: 64,
    lr: 0.0002,
    dropout: 0.2,
    schedule_ratio: 0.9,
    schedule_interval: 1,
    log_interval: 100,
    save_eval_interval: 1,
    nlayers: 2,
    nheads: 4,
    embsize: 32,
    d_hid: 48,
    nlayers_cls: 3,
    use_weighted_loss: false,
  },
  wandb_configs: { mode: "offline", project: "scgpt_cellType", reinit: true, name: "cell_type_111" },
  task_configs: {
    pad_token: "<pad>",
    cls_token: "<cls>",
    eoc_token: "<eoc>",
    mask_value: -1,
    pad_value: -2,
    CLS: true,
    MVC: false,
    mask_ratio: 0,
    MLM: false,
    ADV: false,
    CCE: false,
    ECS: false,
    ecs_threshold: 0,
    DAB: false,
    dab_weight: 0,
    max_seq_len: 3001,
    n_input_bins: 51,
    input_style: "binned",
    input_emb_style: "continuous",
    cell_emb_style: "cls",
    append_cls: true,
    include_zero_gene: false,
    sort_per_seq_batch: false,
    explicit_zero_prob: false,
    do_sample_in_train: false,
  },
};

const TYPES = ["Rod", "Cone", "BC", "MG", "RGC"];

const FIXTURE = "test/fixtures/model/continuous";

/**
 * A working directory of the published code after a fine-tune: `pretrained_models/scGPT_human`, `save/pp_…` and, given
 * back, `save/dev_…`, which holds only what that code writes there.
 */
export function publishedFolder(): { work: string; tuned: string } {
  const work = mkdtempSync(join(tmpdir(), "published-"));
  const human = join(work, PUBLISHED.model_parameters.load_model);
  const prepared = join(work, PUBLISHED.task_info.save_dir);
  const tuned = join(work, "save/dev_eyeGPT-May05-11-00-00");
  for (const folder of [human, prepared, tuned]) mkdirSync(folder, { recursive: true });
  for (const folder of [human, prepared]) cpSync(`${FIXTURE}/vocab.json`, join(folder, "vocab.json"));
  writeFileSync(join(prepared, "id2type.json"), JSON.stringify({ ...TYPES }));
  cpSync(`${FIXTURE}/best_model.pt`, join(tuned, "best_model.pt"));
  writeFileSync(join(tuned, "dev_train_args.yml"), stringify(PUBLISHED));
  return { work, tuned };
}

/** Simulated counts over genes of which the fixture's vocabulary knows G3 … G57, and the same in an .h5ad at the path. */
export async function writePublishedCells(path: string, cells = 40): Promise<void> {
  const random = new Random(5);
  const varNames = Array.from({ length: 60 }, (_, g) => `G${g}`);
  const counts = Array.from({ length: cells }, () => varNames.map(() => Math.max(0, random.below(12) - 5)));
  const obs = {
    majorclass: counts.map((_, cell) => TYPES[cell % TYPES.length]),
    sampleid: counts.map(() => "a"),
  };
  await writeH5ad(memoryCells(denseMatrix(counts), { varNames, obs }), path);
}
