import type { ModelArgs } from "../model/args.js";

/**
 * Where the published code's `dev_train_args.yml` has what `args.json` says of the architecture, as its inference hands
 * it to the model class. Source: the published protocol_inference.py.
 */
const ARCHITECTURE = {
  embsize: ["model_parameters", "embsize"],
  nheads: ["model_parameters", "nheads"],
  d_hid: ["model_parameters", "d_hid"],
  nlayers: ["model_parameters", "nlayers"],
  n_layers_cls: ["model_parameters", "nlayers_cls"],
  dropout: ["model_parameters", "dropout"],
  pad_token: ["task_configs", "pad_token"],
  pad_value: ["task_configs", "pad_value"],
  mask_value: ["task_configs", "mask_value"],
  n_bins: ["task_configs", "n_input_bins"],
  input_emb_style: ["task_configs", "input_emb_style"],
  cell_emb_style: ["task_configs", "cell_emb_style"],
  pre_norm: ["model_parameters", "pre_norm"],
  use_batch_labels: ["model_parameters", "use_batch_labels"],
  domain_spec_batchnorm: ["model_parameters", "DSBN"],
  do_mvc: ["task_configs", "MVC"],
  explicit_zero_prob: ["task_configs", "explicit_zero_prob"],
  do_dab: ["task_configs", "DAB"],
  ecs_threshold: ["task_configs", "ecs_threshold"],
} as const satisfies Partial<Record<keyof ModelArgs, readonly [section: string, key: string]>>;

type Sections = Partial<Record<string, Record<string, unknown> | null>>;

/** The entries of `args.json` that a file of that form says. */
export function architectureOf(sections: Sections): Record<string, unknown> {
  const found = Object.entries(ARCHITECTURE).map(([name, [section, key]]) => [
    name,
    sections[section]?.[key],
  ]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== null));
}

/** What the published code's file says of an architecture, by section and key; what `args.json` leaves out is off. */
export function publishedArchitecture(args: ModelArgs): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const [name, [section, key]] of Object.entries(ARCHITECTURE)) {
    sections[section] ??= {};
    sections[section][key] = args[name as keyof ModelArgs] ?? (name === "ecs_threshold" ? 0 : false);
  }
  return sections;
}
