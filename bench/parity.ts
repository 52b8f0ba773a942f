import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "../src/checkpoint/args.js";
import { plainKeys } from "../src/checkpoint/keys.js";
import { readSafetensors, type SafeTensor } from "../src/checkpoint/safetensors.js";
import { readTorch } from "../src/checkpoint/torch.js";
import type { Weights } from "../src/checkpoint/weights.js";
import { inferenceGraph } from "../src/model/inference.js";
import type { Objective } from "../src/model/objectives.js";
import { type Device, Session, tensor } from "../src/runtime/session.js";
import { slotTensors } from "../src/train/state.js";
import { type LabelledBatch, Trainer, type TrainerSpec } from "../src/train/trainer.js";

/** How far ours is from the reference in one quantity. */
export interface Comparison {
  quantity: string;
  /** max |a − b| */
  absolute: number;
  /** The same beside the quantity's own size; what counts as its size depends on its kind. */
  relative: number;
  /** What `relative` may be at most. */
  tolerance: number;
}

/** Losses and norms: |a − b| / |b|. */
const LOSS_TOLERANCE = 2e-5;
/** Outputs, gradients, weights: max |a − b| / max(max |b|, 1e-3 × the largest gradient). */
const TENSOR_TOLERANCE = 2e-4;

interface Expected {
  objectives: Objective[];
  loss: number[];
  loss_parts?: Record<string, number>[];
  grad_norm: number[];
  lr: number;
  adam_eps: number;
  ecs_weight: number;
}

type Tensors = Map<string, SafeTensor>;

/**
 * Runs the model of a folder (args.json, vocab.json, best_model.pt, batch.safetensors) for as many steps as the
 * reference has, and holds it against what PyTorch made of it (expected.json, expected.safetensors).
 */
export async function compareCase(folder: string, device: Device = "cpu"): Promise<Comparison[]> {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const args = parseArgs(json("args.json"), join(folder, "args.json"));
  const expected: Expected = json("expected.json");
  const reference = readSafetensors(join(folder, "expected.safetensors"));
  const given = readSafetensors(join(folder, "batch.safetensors"));
  const weights = plainKeys(readTorch(join(folder, "best_model.pt")));
  const vocabulary: Record<string, number> = json("vocab.json");

  const spec = specOf(args, weights, vocabulary[args.pad_token]);
  const outputs = await compareOutputs(spec, weights, given, reference, device);
  const steps = await compareSteps(spec, weights, labelledBatch(given), expected, reference, device);
  return [...outputs, ...steps];
}

function specOf(args: TrainerSpec["args"], weights: Weights, padRow: number): TrainerSpec {
  const rows = (name: string) => weights.get(name)?.shape[0];
  const domains = [...weights.keys()].filter((k) => /^dsbn\.bns\.\d+\.running_mean$/.test(k)).length;
  return {
    args,
    genes: rows("encoder.embedding.weight")!,
    classes: rows("cls_decoder.out_layer.weight") ?? 0,
    batches:
      rows("batch_encoder.embedding.weight") ??
      rows("grad_reverse_discriminator.out_layer.weight") ??
      domains,
    padRow,
  };
}

async function compareOutputs(
  spec: TrainerSpec,
  weights: Weights,
  given: Tensors,
  reference: Tensors,
  device: Device,
): Promise<Comparison[]> {
  const graph = inferenceGraph({
    args: spec.args,
    size: spec,
    padRow: spec.padRow ?? 0,
    wanted: { classes: true, mlm: true, mvc: spec.args.do_mvc },
    attentionLoop: device === "cpu" ? "scan" : "heads",
  });
  const session = await Session.open(graph.onnx, { device });
  const [b, n] = given.get("genes")!.shape;
  const labelled = graph.inputs.includes("batchLabels");
  const out = await session.run({
    ...slotTensors(graph.slots, weights),
    genes: tensor("int32", integers(given, "genes"), [b, n]),
    values: tensor("float32", floats(given, "values"), [b, n]),
    ...(labelled ? { batchLabels: tensor("int32", integers(given, "batch_labels"), [b]) } : {}),
  });
  await session.release();
  return [...reference.keys()]
    .filter((k) => k.startsWith("eval."))
    .map((k) => whole(k, out[k.slice("eval.".length)].data as Float32Array, floats(reference, k), 0));
}

async function compareSteps(
  spec: TrainerSpec,
  weights: Weights,
  batch: LabelledBatch,
  expected: Expected,
  reference: Tensors,
  device: Device,
): Promise<Comparison[]> {
  const trainer = await Trainer.create(spec, weights, {
    device,
    seed: 0,
    dropout: 0,
    objectives: expected.objectives,
    ecsWeight: expected.ecs_weight,
    adamEps: expected.adam_eps,
  });
  const largestGradient = Math.max(
    ...named(reference, "grad.").map((key) => largest(floats(reference, `grad.${key}`))),
  );
  const comparisons: Comparison[] = [];
  for (const [i, loss] of expected.loss.entries()) {
    const result = await trainer.step([batch], expected.lr);
    comparisons.push(single(`loss ${i + 1}`, result.loss, loss));
    comparisons.push(single(`norm ${i + 1}`, result.gradNorm, expected.grad_norm[i]));
    for (const [part, value] of Object.entries(expected.loss_parts?.[i] ?? {}))
      comparisons.push(single(`loss ${i + 1} ${part}`, result.parts[part], value));
    if (i > 0) continue;
    const gradients = trainer.lastGradients();
    for (const key of named(reference, "grad.")) {
      const theirs = floats(reference, `grad.${key}`);
      const ours = gradients.get(key)?.data ?? new Float32Array(theirs.length);
      comparisons.push(...gradientComparisons(key, ours, theirs, 1e-3 * largestGradient));
    }
  }
  const after = trainer.weights();
  await trainer.release();
  for (const key of named(reference, "after5.")) {
    const ours = after.get(key);
    if (!ours) throw new Error(`The model has no "${key}", which the reference has.`);
    comparisons.push(...steppedComparisons(key, ours.data, reference, largestGradient));
  }
  return comparisons;
}

function labelledBatch(given: Tensors): LabelledBatch {
  const [b, n] = given.get("genes")!.shape;
  const values = floats(given, "values");
  const cells = Int32Array.from({ length: b }, (_, i) => i);
  return {
    batch: { cells, length: n, genes: integers(given, "genes"), values },
    labels: integers(given, "labels"),
    batchLabels: given.has("batch_labels") ? integers(given, "batch_labels") : undefined,
    masked: { target: values, mask: floats(given, "expression_mask") },
  };
}

function named(tensors: Tensors, prefix: string): string[] {
  return [...tensors.keys()].filter((k) => k.startsWith(prefix)).map((k) => k.slice(prefix.length));
}

function floats(tensors: Tensors, name: string): Float32Array {
  return Float32Array.from(tensors.get(name)!.data as ArrayLike<number | bigint>, Number);
}

function integers(tensors: Tensors, name: string): Int32Array {
  return Int32Array.from(tensors.get(name)!.data as ArrayLike<number | bigint>, Number);
}

function largest(x: Float32Array): number {
  return x.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
}

/** max |a − b|; NaN counts as infinitely far. */
function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} values where the reference has ${b.length}`);
  return a.reduce((m, v, i) => (Number.isNaN(v) ? Infinity : Math.max(m, Math.abs(v - b[i]))), 0);
}

function single(quantity: string, ours: number, theirs: number): Comparison {
  const absolute = distance(Float32Array.of(ours), Float32Array.of(theirs));
  return { quantity, absolute, relative: absolute / Math.abs(theirs), tolerance: LOSS_TOLERANCE };
}

function whole(quantity: string, a: Float32Array, b: Float32Array, floor: number): Comparison {
  const absolute = distance(a, b);
  const size = Math.max(largest(b), floor);
  return {
    quantity,
    absolute,
    relative: size === 0 ? absolute : absolute / size,
    tolerance: TENSOR_TOLERANCE,
  };
}

/** A joint projection's bias without the keys' third, and that third: softmax does not see it. */
function withoutKeys(bias: Float32Array): { rest: Float32Array; keys: Float32Array } {
  const third = bias.length / 3;
  const rest = Float32Array.from([...bias.subarray(0, third), ...bias.subarray(2 * third)]);
  return { rest, keys: bias.subarray(third, 2 * third) };
}

function gradientComparisons(
  key: string,
  ours: Float32Array,
  theirs: Float32Array,
  floor: number,
): Comparison[] {
  if (!key.endsWith("in_proj_bias")) return [whole(`grad ${key}`, ours, theirs, floor)];
  const [a, b] = [withoutKeys(ours), withoutKeys(theirs)];
  const zero = whole(`grad ${key} (keys: zero)`, a.keys, new Float32Array(a.keys.length), floor);
  return [whole(`grad ${key} (queries, values)`, a.rest, b.rest, floor), zero];
}

/** Weights after the steps, but for those whose gradient vanishes: Adam turns its noise into whole steps. */
function steppedComparisons(
  key: string,
  ours: Float32Array,
  reference: Tensors,
  largestGradient: number,
): Comparison[] {
  const theirs = floats(reference, `after5.${key}`);
  if (key.endsWith("in_proj_bias"))
    return [whole(`after ${key} (queries, values)`, withoutKeys(ours).rest, withoutKeys(theirs).rest, 0)];
  const gradient = reference.has(`grad.${key}`) ? largest(floats(reference, `grad.${key}`)) : undefined;
  if (gradient !== undefined && gradient < 1e-6 * largestGradient) return [];
  return [whole(`after ${key}`, ours, theirs, 0)];
}

/** Prints every comparison of each folder; whether all are within tolerance. */
export async function run(folders: string[]): Promise<boolean> {
  if (folders.length === 0) throw new Error("usage: npm run parity -- DIR [DIR …]");
  let good = true;
  for (const folder of folders) {
    const comparisons = await compareCase(folder);
    const within = comparisons.filter((c) => c.relative <= c.tolerance);
    for (const c of comparisons) {
      const mark = c.relative <= c.tolerance ? " " : "✗";
      console.log(
        `${mark} ${c.quantity.padEnd(76)} ${c.absolute.toExponential(2)} ${c.relative.toExponential(2)}`,
      );
    }
    console.log(`${folder}: ${within.length} of ${comparisons.length} within tolerance`);
    good &&= within.length === comparisons.length;
  }
  return good;
}
