import { choice, whole } from "./setting.js";

/** Size of a new model, under the published names; by default that of the published models. */
export const ARCHITECTURE = {
  nlayers: whole({
    default: 12,
    help: "of a new model: transformer layers",
    yaml: { section: "model_parameters", key: "nlayers" },
  }),
  embsize: whole({
    default: 512,
    help: "of a new model: width",
    yaml: { section: "model_parameters", key: "embsize" },
  }),
  nheads: whole({
    default: 8,
    help: "of a new model: attention heads",
    yaml: { section: "model_parameters", key: "nheads" },
  }),
  dHid: whole({
    default: 512,
    help: "of a new model: width of the feed-forward layers",
    yaml: { section: "model_parameters", key: "d_hid" },
  }),
  inputEmbStyle: choice(["continuous", "scaling"], {
    default: "continuous",
    help: "of a new model: values are embedded and added to the gene's embedding (continuous), or multiply it (scaling)",
    yaml: { section: "task_configs", key: "input_emb_style" },
  }),
} as const;
