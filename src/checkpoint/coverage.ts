import { CellkernelError } from "../support/error.js";
import type { Plain } from "./keys.js";
import type { Weight, Weights } from "./weights.js";

/** What became of a checkpoint's tensors when a model took them. */
export interface Coverage {
  /** Keys of the model that the checkpoint filled. */
  taken: string[];
  /** Those of them that have another key in the file. */
  renamed: { from: string; to: string }[];
  /** Keys of the model that the checkpoint lacks: they start at random. */
  missing: string[];
  /** Keys whose shapes differ: they start at random. */
  otherShape: { key: string; model: number[]; checkpoint: number[] }[];
  /** Keys of the checkpoint that the model has no use for. */
  unused: string[];
  /** Numbers in the tensors that were taken, and in all of the model. */
  parameters: { taken: number; model: number };
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Which tensors of a checkpoint, under the plain keys, agree with the model's in name and shape. */
export function coverageOf(
  shapes: Shapes,
  checkpoint: ReadonlyMap<string, Plain<{ shape: number[] }>>,
): Coverage {
  const coverage: Coverage = {
    ...{ taken: [], renamed: [], missing: [], otherShape: [], unused: [] },
    parameters: { taken: 0, model: 0 },
  };
  for (const [key, shape] of shapes) {
    const size = shape.reduce((product, n) => product * n, 1);
    coverage.parameters.model += size;
    const found = checkpoint.get(key);
    if (!found) coverage.missing.push(key);
    else if (found.shape.join() !== shape.join())
      coverage.otherShape.push({ key, model: [...shape], checkpoint: found.shape });
    else {
      coverage.taken.push(key);
      coverage.parameters.taken += size;
      if (found.from !== undefined) coverage.renamed.push({ from: found.from, to: key });
    }
  }
  coverage.unused = [...checkpoint.keys()].filter((key) => !shapes.has(key));
  return coverage;
}

/** Takes every tensor whose name and shape agree with the model's. */
export function takeWeights(
  shapes: Shapes,
  checkpoint: ReadonlyMap<string, Plain<Weight>>,
): { weights: Weights; coverage: Coverage } {
  const coverage = coverageOf(shapes, checkpoint);
  const weights: Weights = new Map();
  for (const key of coverage.taken) {
    const { shape, data } = checkpoint.get(key)!;
    weights.set(key, { shape, data });
  }
  return { weights, coverage };
}

/** The parts that a classifier is fine-tuned from; all others begin anew with the data, or have no say in the classes. */
const TO_LEARN = /^(encoder|value_encoder|transformer_encoder|bn)\./;
/** The parts that have a say in the classes. */
export const TO_PREDICT = /^(encoder|value_encoder|batch_encoder|transformer_encoder|bn|dsbn|cls_decoder)\./;

/**
 * Refuses a checkpoint that lacks what is needed, or has it in another form than the architecture says.
 * @param allowed parts that may start at random all the same: keys, or runs of their pieces (`transformer_encoder`,
 *   `layers.3`, `self_attn.in_proj_weight`)
 * @param path the checkpoint, for messages
 * @param needed the keys without which it can't be used; default: those that fine-tuning starts from
 */
export function requireParts(
  coverage: Coverage,
  allowed: readonly string[],
  path: string,
  needed = TO_LEARN,
): void {
  const { taken, missing, otherShape, unused } = coverage;
  const own = [...taken, ...missing, ...otherShape.map(({ key }) => key)];
  const names = (part: string, key: string) => `.${key}.`.includes(`.${part}.`);
  const idle = allowed.find((part) => ![...own, ...unused].some((key) => names(part, key)));
  if (idle !== undefined)
    throw new CellkernelError(
      "option",
      `the option allowPartial names "${idle}", which is no part of the model; its parts are ` +
        `${[...new Set(own.map((key) => key.split(".")[0]))].join(", ")}, and all that their keys are made of`,
      { option: "allowPartial" },
    );
  const lacks = (key: string) => needed.test(key) && !allowed.some((part) => names(part, key));
  const faults = [
    ...otherShape.flatMap(({ key, model, checkpoint }) =>
      lacks(key) ? [`${key} is [${checkpoint}] in it and [${model}] by the architecture`] : [],
    ),
    ...list("it lacks ", missing.filter(lacks)),
    ...list("the architecture has no place for ", unused.filter(lacks)),
  ];
  if (faults.length > 0)
    throw new CellkernelError(
      "format",
      `${path} is not the whole of this model: ${shorten(faults, "; ")}. Is the architecture (args.json) that of this ` +
        "checkpoint? What is not taken would start at random; to have it so, name the parts: " +
        `the option allowPartial (--allow-partial PART,PART)`,
      { path, missing: missing.filter(lacks), otherShape: otherShape.filter(({ key }) => lacks(key)) },
    );
}

/** The coverage in a few lines for the reader, long lists cut. */
export function describeCoverage(coverage: Coverage): string[] {
  const { taken, renamed, missing, otherShape, unused, parameters } = coverage;
  const total = taken.length + missing.length + otherShape.length;
  const whole = (n: number) => n.toLocaleString("en-US");
  const share = ((100 * parameters.taken) / parameters.model).toFixed(1).replace(".0", "");
  const lines = [
    `${taken.length} of ${total} tensors of the model taken from the checkpoint: ${whole(parameters.taken)} of ` +
      `${whole(parameters.model)} parameters (${share} %)`,
  ];
  if (renamed.length > 0)
    lines.push(
      `${renamed.length} of them under other names there, for instance ${renamed[0].from} for ${renamed[0].to}`,
    );
  lines.push(...list("not in the checkpoint, random: ", missing));
  for (const { key, model, checkpoint } of otherShape)
    lines.push(`of another shape, random: ${key} is [${checkpoint}] there and [${model}] here`);
  lines.push(...list("in the checkpoint and not used: ", unused));
  return lines;
}

function list(head: string, keys: string[]): string[] {
  return keys.length > 0 ? [head + shorten(keys, ", ")] : [];
}

function shorten(texts: string[], between: string): string {
  const shown = texts.slice(0, 6).join(between);
  return texts.length > 6 ? `${shown} and ${texts.length - 6} more` : shown;
}
