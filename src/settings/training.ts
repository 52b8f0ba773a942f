import { DEVICES, seed, threads } from "./common.js";
import { freezing } from "./freeze.js";
import { OBJECTIVES } from "./objectives.js";
import { choice, choices, type Options, onOff, type Resolved, real, text, toggle, whole } from "./setting.js";

/** Options of the fine-tuning, under the published protocol's names in camel case and with its defaults. */
export const TRAINING = {
  doTrain: toggle({
    default: true,
    help: "false: nothing is learnt; the run is the model as it is, to be evaluated or applied",
    yaml: { section: "model_parameters", key: "do_train" },
  }),
  epochs: whole({
    default: 3,
    help: "passes over the training cells",
    yaml: { section: "model_parameters", key: "epochs" },
  }),
  batchSize: whole({
    default: 32,
    help: "cells an optimizer step",
    unit: "cells",
    yaml: { section: "model_parameters", key: "batch_size" },
  }),
  lr: real({
    default: 1e-4,
    help: "learning rate of Adam",
    yaml: { section: "model_parameters", key: "lr" },
  }),
  dropout: real({
    least: 0,
    below: 1,
    help: "share of values left out; default: the architecture's",
    yaml: { section: "model_parameters", key: "dropout" },
  }),
  scheduleRatio: real({
    most: 1,
    default: 0.9,
    help: "the learning rate falls by this factor …",
    yaml: { section: "model_parameters", key: "schedule_ratio" },
  }),
  scheduleInterval: whole({
    default: 1,
    help: "… every so many epochs",
    unit: "epochs",
    yaml: { section: "model_parameters", key: "schedule_interval" },
  }),
  schedule: choice(["step", "cosine"], {
    default: "step",
    help: "how the learning rate falls: step (by schedule-ratio every schedule-interval epochs) or cosine (to 0 at the last step)",
    yaml: { section: "task_configs", key: "schedule" },
  }),
  warmupSteps: whole({
    least: 0,
    default: 0,
    help: "steps over which the learning rate rises to its value first",
    unit: "steps",
    yaml: { section: "task_configs", key: "warmup_steps" },
  }),
  labelSmoothing: real({
    least: 0,
    below: 1,
    default: 0,
    help: "share of each label that goes to all classes alike, in the training loss",
    yaml: { section: "task_configs", key: "label_smoothing" },
  }),
  oversample: real({
    least: 0,
    most: 1,
    default: 0,
    help: "rare classes come up more often in an epoch: a class of n cells in proportion to n^(1 - this); with 1 all come up equally often",
    yaml: { section: "task_configs", key: "oversample" },
  }),
  patience: whole({
    help: "training ends after so many validations (one an epoch) without a lower loss; default: never",
    yaml: { section: "task_configs", key: "patience" },
  }),
  maxSeqLen: whole({
    least: 2,
    help: "tokens a cell at most, <cls> included: of longer cells genes are drawn at random; default: the longest cell's",
    unit: "tokens",
    yaml: { section: "task_configs", key: "max_seq_len" },
  }),
  freeze: freezing({
    help: "what stays as it is: none, predecoder (the gene and value encoders; the published freeze_predecoder), head (all but the class decoder) or last-N-layers (all but it and the last N transformer layers)",
    yaml: { section: "model_parameters", key: "freeze_predecoder" },
  }),
  lora: whole({
    help: "rank of low-rank adapters (LoRA): they and the class decoder are trained, all else stays; merged into the weights at the end; default: none",
    yaml: { section: "task_configs", key: "lora" },
  }),
  loraTargets: choices(["in_proj", "out_proj", "linear1", "linear2"], {
    value: "NAMES",
    help: "matrices of each transformer layer that have an adapter: in_proj (queries, keys, values), out_proj, linear1, linear2; default: in_proj",
    yaml: { section: "task_configs", key: "lora_targets" },
  }),
  loraAlpha: real({
    help: "what the adapters add is multiplied by this over their rank; default: the rank",
    yaml: { section: "task_configs", key: "lora_alpha" },
  }),
  classWeighted: toggle({
    help: "classes weigh n / (k · count) in the loss, so that rare ones count as much",
    yaml: { section: "model_parameters", key: "use_weighted_loss" },
  }),
  ...OBJECTIVES,
  split: choice(["stratified", "published"], {
    value: "HOW",
    default: "stratified",
    help: "stratified (80/10/10 of each class, unless train-test-split-ratio says otherwise) or published (90/10 whatever the class, no test cells)",
    yaml: { section: "task_configs", key: "split" },
  }),
  splitBy: text({
    value: "COLUMN",
    help: "obs column whose cells stay together in the split, say the donor: with cells of one donor on both sides every figure is too good for a new one",
    yaml: { section: "task_configs", key: "split_by" },
  }),
  trainTestSplitRatio: real({
    default: 0.1,
    above: 0,
    below: 0.5,
    help: "share of the cells for the validation and, in a split that has one, as many for the test",
    yaml: { section: "model_parameters", key: "train_test_split_ratio" },
  }),
  saveEvalInterval: whole({
    default: 1,
    help: "the validation, which chooses the weights that are kept, comes every so many epochs, and after the last",
    unit: "epochs",
    yaml: { section: "model_parameters", key: "save_eval_interval" },
  }),
  logInterval: whole({
    default: 100,
    help: "the training loss is written to run.log every so many steps",
    unit: "steps",
    yaml: { section: "model_parameters", key: "log_interval" },
  }),
  seed: { ...seed, yaml: { section: "model_parameters", key: "seed" } },
  device: choice(DEVICES, { default: "auto", help: "auto (the best that works), cpu, webgpu or cuda" }),
  amp: onOff({
    help: "mixed precision: matrix products in float16, with dynamic loss scaling; default: on with CUDA, never on the CPU",
    yaml: { section: "model_parameters", key: "amp" },
  }),
  threads,
  microBatch: whole({
    help: "cells that the CPU takes at once, a step's gradients being added up; default: as many as memory holds",
    unit: "cells",
  }),
  checkpointMinutes: real({
    default: 10,
    help: "in a folder, where the training stands is kept after every epoch and every so many minutes, for resume",
    unit: "minutes",
  }),
  wandb: choice(["offline", "online"], {
    value: "MODE",
    help: "tracks the run by Weights & Biases' Python package: offline (to be uploaded by wandb sync) or online; default: not",
  }),
  wandbProject: text({ value: "NAME", help: "its project there; default: cellkernel" }),
  precision: real({
    default: 0.95,
    most: 1,
    help: "share of right labels among those given that the threshold for assigned_label is chosen for, on validation cells",
    yaml: { section: "task_configs", key: "precision" },
  }),
  coverage: real({
    default: 0.9,
    below: 1,
    help: "share of cells, of each class, whose true label their prediction set holds; set by test cells",
    yaml: { section: "task_configs", key: "coverage" },
  }),
  name: text({
    value: "NAME",
    help: "name of the run; default: the data file's",
    yaml: { section: "task_info", key: "raw_dataset_name" },
  }),
} as const;

/** What a user may give to every training. @interface */
export type TrainingOptions = Options<typeof TRAINING>;
/** The options of a training after checks, with defaults. @interface */
export type TrainingSettings = Resolved<typeof TRAINING>;
