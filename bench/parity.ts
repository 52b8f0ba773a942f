import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "../src/checkpoint/args.js";
import { plainKeys } from "../src/checkpoint/keys.js";
import { readSafetensors, type SafeTensor } from "../src/checkpoint/safetensors.js";
import { readTorch } from "../src/checkpoint/torch.js";
import type { Weights } from "../src/checkpoint/weights.js";
import { type InferenceGraph, inferenceGraph } from "../src/model/inference.js";
import type { Objective } from "../src/model/objectives.js";
import { type Device, Session, tensor } from "../src/runtime/session.js";
import { Random } from "../src/support/random.js";
import { slotTensors } from "../src/train/state.js";
import { type LabelledBatch, type OptimizerState, Trainer, type TrainerSpec } from "../src/train/trainer.js";

/** How far ours is from the reference in one quantity. */
export interface Comparison {
  quantity: string;
  /** max |a − b| */
  absolute: number;
  /** The same beside the quantity's own size; what counts as its size depends on its kind. */
  relative: number;
  /** What `relative` may be at most. */
  tolerance: number;
  /** By how much single precision leaves the quantity open, on the scale of `relative`. */
  resolution: number;
}

/** Losses and norms: |a − b| / |b|. */
const LOSS_TOLERANCE = 2e-5;
/** Outputs, gradients, weights: max |a − b| / max(max |b|, 1e-3 × the largest gradient). */
const TENSOR_TOLERANCE = 2e-4;

/**
 * Some quantities depend on bits that single precision does not have: where a gradient is zero but for rounding,
 * Adam turns the rounding into whole steps; where attention's scores run into the hundreds, rounding them moves the
 * probabilities. PyTorch's own numbers are then as far from those that it computes in double precision.
 * How far that goes is measured: the same steps are taken from weights of which a third is moved up and a third down
 * by one unit in the last place. A quantity may be off by its tolerance or, where that is more, by this many times
 * its largest move. What is well conditioned moves by a thousandth of its tolerance and gets no leave by this.
 */
const MOVES_ALLOWED = 4;
const PERTURBED_RUNS = 3;

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

/** One case: a model, a batch, and what PyTorch made of them. */
interface Case {
  spec: TrainerSpec;
  weights: Weights;
  given: Tensors;
  expected: Expected;
  reference: Tensors;
  device: Device;
}

/** What is compared: ours beside theirs, and the least size that the difference is held against. */
interface Quantity {
  name: string;
  ours: ArrayLike<number>;
  theirs: ArrayLike<number>;
  floor: number;
  tolerance: number;
}

/**
 * Runs the model of a folder (args.json, vocab.json, best_model.pt, batch.safetensors) for as many steps as the
 * reference has, and holds it against what PyTorch made of it (expected.json, expected.safetensors).
 */
export async function compareCase(folder: string, device: Device = "cpu"): Promise<Comparison[]> {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const args = parseArgs(json("args.json"), join(folder, "args.json"));
  const weights = plainKeys(readTorch(join(folder, "best_model.pt")));
  const vocabulary: Record<string, number> = json("vocab.json");
  const c: Case = {
    spec: specOf(args, weights, vocabulary[args.pad_token]),
    weights,
    given: readSafetensors(join(folder, "batch.safetensors")),
    expected: json("expected.json"),
    reference: readSafetensors(join(folder, "expected.safetensors")),
    device,
  };
  const opened = await open(c);
  const found = await quantities(c, opened, weights);
  const moves = found.map(() => 0);
  for (let i = 0; i < PERTURBED_RUNS; i++) {
    const moved = await quantities(c, opened, perturbed(weights, new Random(i)));
    moved.forEach(({ ours }, q) => {
      moves[q] = Math.max(moves[q], distance(ours, found[q].ours));
    });
  }
  await opened.session.release();
  await opened.trainer.release();
  return found.map((q, i) => compare(q, moves[i]));
}

function compare({ name, ours, theirs, floor, tolerance }: Quantity, move: number): Comparison {
  const absolute = distance(ours, theirs);
  const size = Math.max(largest(theirs), floor) || 1;
  const resolution = MOVES_ALLOWED * (move / size);
  return {
    quantity: name,
    absolute,
    relative: absolute / size,
    tolerance: Math.max(tolerance, resolution),
    resolution,
  };
}

/** Each weight as it is, or moved by one unit in the last place of a 24-bit mantissa. */
function perturbed(weights: Weights, random: Random): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((w) => w * (1 + (random.below(3) - 1) * 2 ** -23)) },
    ]),
  );
}

/** The graphs of a case, which take longer to open than to run: the perturbed runs are runs of the same. */
interface Opened {
  graph: InferenceGraph;
  session: Session;
  trainer: Trainer;
  /** Adam's state before the first step. */
  start: OptimizerState;
}

async function quantities(c: Case, opened: Opened, weights: Weights): Promise<Quantity[]> {
  return [...(await outputs(c, opened, weights)), ...(await steps(c, opened, weights))];
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

async function open({ spec, weights, expected, device }: Case): Promise<Opened> {
  const graph = inferenceGraph({
    args: spec.args,
    size: spec,
    padRow: spec.padRow ?? 0,
    wanted: { classes: true, mlm: true, mvc: spec.args.do_mvc },
    attentionLoop: device === "cpu" ? "scan" : "heads",
  });
  const session = await Session.open(graph.onnx, { device, threads: 1 });
  const trainer = await Trainer.create(spec, weights, {
    device,
    threads: 1,
    seed: 0,
    dropout: 0,
    objectives: expected.objectives,
    ecsWeight: expected.ecs_weight,
    adamEps: expected.adam_eps,
  });
  return { graph, session, trainer, start: trainer.optimizerState() };
}

async function outputs(
  { given, reference }: Case,
  { graph, session }: Opened,
  weights: Weights,
): Promise<Quantity[]> {
  const [b, n] = given.get("genes")!.shape;
  const labelled = graph.inputs.includes("batchLabels");
  const out = await session.run({
    ...slotTensors(graph.slots, weights),
    genes: tensor("int32", integers(given, "genes"), [b, n]),
    values: tensor("float32", floats(given, "values"), [b, n]),
    ...(labelled ? { batchLabels: tensor("int32", integers(given, "batch_labels"), [b]) } : {}),
  });
  return named(reference, "eval.").map((name) =>
    whole(`eval.${name}`, out[name].data as Float32Array, floats(reference, `eval.${name}`), 0),
  );
}

async function steps(
  { given, expected, reference }: Case,
  { trainer, start }: Opened,
  weights: Weights,
): Promise<Quantity[]> {
  trainer.restore(start, weights);
  const batch = labelledBatch(given);
  const largestGradient = Math.max(
    ...named(reference, "grad.").map((key) => largest(floats(reference, `grad.${key}`))),
  );
  const found: Quantity[] = [];
  for (const [i, loss] of expected.loss.entries()) {
    const result = await trainer.step([batch], expected.lr);
    found.push(single(`loss ${i + 1}`, result.loss, loss));
    found.push(single(`norm ${i + 1}`, result.gradNorm, expected.grad_norm[i]));
    for (const [part, value] of Object.entries(expected.loss_parts?.[i] ?? {}))
      found.push(single(`loss ${i + 1} ${part}`, result.parts[part], value));
    if (i > 0) continue;
    const gradients = trainer.lastGradients();
    for (const key of named(reference, "grad.")) {
      const theirs = floats(reference, `grad.${key}`);
      const ours = gradients.get(key)?.data ?? new Float32Array(theirs.length);
      found.push(...gradientQuantities(key, ours, theirs, 1e-3 * largestGradient));
    }
  }
  const after = trainer.weights();
  for (const key of named(reference, "after5.")) {
    const ours = after.get(key);
    if (!ours) throw new Error(`The model has no "${key}", which the reference has.`);
    found.push(...steppedQuantities(key, ours.data, reference, largestGradient));
  }
  return found;
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

function largest(x: ArrayLike<number>): number {
  let m = 0;
  for (let i = 0; i < x.length; i++) m = Math.max(m, Math.abs(x[i]));
  return m;
}

/** max |a − b|; NaN counts as infinitely far. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values where the reference has ${b.length}`);
  let m = 0;
  for (let i = 0; i < a.length; i++) m = Number.isNaN(a[i]) ? Infinity : Math.max(m, Math.abs(a[i] - b[i]));
  return m;
}

function single(name: string, ours: number, theirs: number): Quantity {
  return { name, ours: [ours], theirs: [theirs], floor: 0, tolerance: LOSS_TOLERANCE };
}

function whole(name: string, ours: Float32Array, theirs: Float32Array, floor: number): Quantity {
  return { name, ours, theirs, floor, tolerance: TENSOR_TOLERANCE };
}

/** A joint projection's bias without the keys' third, and that third: softmax does not see it. */
function withoutKeys(bias: Float32Array): { rest: Float32Array; keys: Float32Array } {
  const third = bias.length / 3;
  const rest = Float32Array.from([...bias.subarray(0, third), ...bias.subarray(2 * third)]);
  return { rest, keys: bias.subarray(third, 2 * third) };
}

function gradientQuantities(
  key: string,
  ours: Float32Array,
  theirs: Float32Array,
  floor: number,
): Quantity[] {
  if (!key.endsWith("in_proj_bias")) return [whole(`grad ${key}`, ours, theirs, floor)];
  const [a, b] = [withoutKeys(ours), withoutKeys(theirs)];
  const zero = whole(`grad ${key} (keys: zero)`, a.keys, new Float32Array(a.keys.length), floor);
  return [whole(`grad ${key} (queries, values)`, a.rest, b.rest, floor), zero];
}

/** Weights after the steps, but for those whose gradient vanishes: Adam turns its noise into whole steps. */
function steppedQuantities(
  key: string,
  ours: Float32Array,
  reference: Tensors,
  largestGradient: number,
): Quantity[] {
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
      const figures = [c.absolute, c.relative].map((x) => x.toExponential(2)).join(" ");
      const open =
        c.tolerance === c.resolution ? `  (float32 resolves ${c.resolution.toExponential(1)})` : "";
      console.log(`${mark} ${c.quantity.padEnd(76)} ${figures}${open}`);
    }
    console.log(`${folder}: ${within.length} of ${comparisons.length} within tolerance`);
    good &&= within.length === comparisons.length;
  }
  return good;
}
