import { onOff, real, toggle } from "./setting.js";

/** Objectives beside the cell type's, and what they learn from, under the keys of the published file. */
export const OBJECTIVES = {
  mlm: toggle({
    help: "MLM: masked values are predicted from what the model makes of their tokens",
    yaml: { section: "task_configs", key: "MLM" },
  }),
  mvc: toggle({
    help: "MVC: masked values are predicted from the cell's embedding and the gene",
    yaml: { section: "task_configs", key: "MVC" },
  }),
  maskRatio: real({
    least: 0,
    below: 1,
    help: "share of the values that are masked, others in each epoch; default: 0.4 with mlm or mvc, else 0",
    yaml: { section: "task_configs", key: "mask_ratio" },
  }),
  explicitZeroProb: onOff({
    help: "mlm and mvc learn how likely a value is not zero, too; default: as the architecture says",
    yaml: { section: "task_configs", key: "explicit_zero_prob" },
  }),
  ecs: toggle({
    help: "ECS: cells of a batch that are alike beyond ecs-threshold become more so, others less",
    yaml: { section: "task_configs", key: "ECS" },
  }),
  ecsThreshold: real({
    least: 0,
    most: 1,
    help: "cosine similarity at which ecs parts the two; default: as the architecture says, else 0.3",
    yaml: { section: "task_configs", key: "ecs_threshold" },
  }),
  cce: toggle({
    help: "CCE: each cell is told from the others of its batch under other dropout; takes twice the time",
    yaml: { section: "task_configs", key: "CCE" },
  }),
  dab: toggle({
    help: "DAB: embeddings from which a discriminator cannot tell the batch (reversed gradient)",
    yaml: { section: "task_configs", key: "DAB" },
  }),
  dabWeight: real({
    least: 0,
    default: 1,
    help: "weight of dab in the loss",
    yaml: { section: "task_configs", key: "dab_weight" },
  }),
} as const;
