import type { ModelArgs } from "../model/args.js";
import { CellkernelError } from "../support/error.js";

/** What the published code assumes where `args.json` is silent. */
const DEFAULTS = {
  n_layers_cls: 3,
  dropout: 0.2,
  pad_token: "<pad>",
  pad_value: -2,
  mask_value: -1,
  n_bins: 51,
  input_emb_style: "continuous",
  cell_emb_style: "cls",
} as const satisfies Partial<ModelArgs>;

const REQUIRED = ["embsize", "nheads", "d_hid", "nlayers"] as const;
/** Positive integers, with the most that is taken: far above every published model, and no work without end. */
const MOST = {
  embsize: 2 ** 16,
  nheads: 2 ** 16,
  d_hid: 2 ** 18,
  nlayers: 1000,
  n_layers_cls: 1000,
  n_bins: 2 ** 16,
} as const;
const OPTIONAL = [
  "pre_norm",
  "use_batch_labels",
  "domain_spec_batchnorm",
  "do_mvc",
  "mvc_decoder_style",
  "explicit_zero_prob",
  "do_dab",
  "ecs_threshold",
] as const satisfies readonly (keyof ModelArgs)[];
const INPUT_STYLES = ["continuous", "category", "scaling"];
const CELL_STYLES = ["cls", "avg-pool", "w-pool"];

/**
 * The architecture out of a parsed `args.json`: checked, with the published defaults, and without the
 * many entries that say how the model was trained.
 * @param source the file's path, for messages
 */
export function parseArgs(parsed: unknown, source: string): ModelArgs {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new CellkernelError(
      "format",
      `${source} should hold one JSON object with the model's architecture (embsize, nheads, …)`,
      { path: source },
    );
  const given = parsed as Record<string, unknown>;
  const args: Record<string, unknown> = {};
  for (const name of REQUIRED) {
    if (given[name] === undefined)
      throw new CellkernelError(
        "format",
        `${source} lacks "${name}"; the architecture needs ${REQUIRED.join(", ")}`,
        { path: source },
      );
    args[name] = given[name];
  }
  for (const [name, value] of Object.entries(DEFAULTS)) args[name] = given[name] ?? value;
  for (const name of OPTIONAL)
    if (given[name] !== undefined && given[name] !== null) args[name] = given[name];

  const fault = (name: string, expected: string) =>
    new CellkernelError(
      "format",
      `${source}: "${name}" is ${JSON.stringify(args[name])?.slice(0, 60)}; expected ${expected}`,
      { path: source },
    );
  for (const [name, most] of Object.entries(MOST)) {
    if (!Number.isInteger(args[name]) || (args[name] as number) < 1) throw fault(name, "a positive integer");
    if ((args[name] as number) > most) throw fault(name, `at most ${most}`);
  }
  for (const name of ["pad_value", "mask_value"])
    if (typeof args[name] !== "number") throw fault(name, "a number");
  const { embsize, nheads, dropout } = args as unknown as ModelArgs;
  if (embsize % nheads !== 0) throw fault("nheads", `a divisor of embsize, ${embsize}`);
  if (typeof dropout !== "number" || dropout < 0 || dropout >= 1)
    throw fault("dropout", "a number from 0 to below 1");
  if (!INPUT_STYLES.includes(args.input_emb_style as string))
    throw fault("input_emb_style", INPUT_STYLES.join(", "));
  if (!CELL_STYLES.includes(args.cell_emb_style as string))
    throw fault("cell_emb_style", CELL_STYLES.join(", "));
  return args as unknown as ModelArgs;
}
