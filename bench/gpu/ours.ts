import { readFileSync } from "node:fs";
import type { Weights } from "../../src/checkpoint/weights.js";
import { Predictor } from "../../src/predict/predictor.js";
import { cudaCard } from "../../src/runtime/cudaDriver.js";
import type { Device } from "../../src/runtime/session.js";
import { assembleBatch, bucketBatches } from "../../src/tokenize/batches.js";
import type { TokenStore } from "../../src/tokenize/tokens.js";
import { type StepResult, type TokenStep, Trainer } from "../../src/train/trainer.js";
import { CLASSES, fullSizeArgs, fullSizeWeights, randomTokens } from "../fullSize.js";
import { medianOf, round } from "../measure.js";
import { crowd } from "./crowd.js";

// Our side of the GPU benchmark: `node ours.js CASE DEVICE float32|half [layers]`, CASE being CELLSxTOKENS, "stream"
// (CELLKERNEL_LENGTHS names a file with the lengths of the cells of its batches), "parity" (against the CPU) or "crowded"
// (the same steps on a card that others have filled but for some gigabytes).
// One figure a line, so that a run that is cut off still tells. Variables: STEPS of a fixed case (8), TF32=1 lets parity's
// products be in TensorFloat-32, PROFILE is a prefix of onnxruntime's traces.

const GENES = 3000;
const SEED = 1;
const MAX_SEQ_LEN = 1501;
const LEARNING_RATE = 1e-4;
const BATCH = 32;
/** Steps before the timed ones. */
const WARM_UP = 2;
const STREAM_WARM_UP = 3;
/** Of parity: steps, the cells' lengths, and by how much a loss may differ from the CPU's, as a share of it. */
const PARITY_STEPS = 8;
const PARITY_LENGTHS = [256, 250, 199, 256];
const PARITY_LIMIT = { float32: 1e-4, half: 2e-2 };
/** Of the crowded card: steps, bytes that others leave, and by how much the first loss may differ from the empty card's. */
const CROWDED_STEPS = 3;
const LEFT_BYTES = [4.5e9, 3e9, 2e9, 1e9];
const CROWDED_LIMIT = 1e-3;
const [name, device, precision, layers = "12"] = process.argv.slice(2) as [
  string,
  Device,
  "float32" | "half",
  string?,
];
const half = precision === "half";
const args = fullSizeArgs(Number(layers));

function say(figure: Record<string, unknown>): void {
  console.log(JSON.stringify({ who: `cellkernel ${device} ${precision}`, case: name, ...figure }));
}

function stepsOf(store: TokenStore, batches: Int32Array[]): TokenStep[] {
  const options = { maxSeqLen: MAX_SEQ_LEN, padValue: args.pad_value, seed: SEED, epoch: 1 };
  return batches.map((cells) => ({
    micro: [{ batch: assembleBatch(store, cells, options), labels: cells.map((cell) => cell % CLASSES) }],
    learningRate: LEARNING_RATE,
  }));
}

function create(
  on: Device,
  options: { tf32?: boolean; adamEps?: number; dropout?: number } = {},
): Promise<Trainer> {
  const spec = { args, genes: GENES + 2, classes: CLASSES };
  return Trainer.create(spec, fullSizeWeights(args, GENES), {
    ...{ device: on, seed: SEED, half, profile: process.env.PROFILE },
    ...options,
  });
}

/** What the card has less than before: of the whole process but for its bare CUDA context, which is there both times. */
function memory(before: ReturnType<typeof cudaCard>): object {
  const after = cudaCard();
  return before && after ? { memory_gb: round((before.free - after.free) / 1e9), card: after.name } : {};
}

function skipped(results: StepResult[]): object {
  const count = results.filter((r) => r.skipped).length;
  return count > 0 ? { skippedSteps: count } : {};
}

function largest(values: number[]): number {
  return Number(Math.max(...values).toPrecision(2));
}

/** The first steps of a small run beside the CPU's: their losses and norms, and the way that each parameter went. */
async function parity(): Promise<void> {
  const store = randomTokens(PARITY_LENGTHS, GENES);
  const cells = Int32Array.from(PARITY_LENGTHS, (_, i) => i);
  const steps = stepsOf(store, new Array<Int32Array>(PARITY_STEPS).fill(cells));
  const sides: { results: StepResult[]; weights: Weights; gradients: Weights }[] = [];
  for (const on of ["cpu", device] as const) {
    const trainer = await create(on, { tf32: process.env.TF32 === "1", adamEps: half ? 1e-4 : 1e-8 });
    const results = await trainer.steps(steps.slice(0, 1));
    const gradients = trainer.lastGradients();
    results.push(...(await trainer.steps(steps.slice(1))));
    sides.push({ results, weights: trainer.weights(), gradients });
    await trainer.release();
  }
  const [cpu, gpu] = sides;
  const off = (of: (result: StepResult) => number) =>
    largest(cpu.results.map((r, i) => Math.abs(of(gpu.results[i]) - of(r)) / of(r)));
  const [lossesOff, limit] = [off((r) => r.loss), PARITY_LIMIT[precision]];
  say({
    ...{ layers: args.nlayers, steps: PARITY_STEPS, tf32: process.env.TF32 === "1" },
    ...{ losses: gpu.results.map((r) => r.loss), lossesCpu: cpu.results.map((r) => r.loss) },
    ...{ lossesOff, normsOff: off((r) => r.gradNorm), limit, within: lossesOff <= limit },
  });
  say({
    firstGradientOff: furthest(cpu.gradients, gpu.gradients),
    movementOff: furthest(cpu.weights, gpu.weights, fullSizeWeights(args, GENES)),
  });
}

/** The parameters that are furthest apart, relative to their own length (from `origin`, if any). */
function furthest(cpu: Weights, gpu: Weights, origin?: Weights): Record<string, number> {
  const apart = [...cpu].map(([key, { data }]) => {
    const [there, from] = [gpu.get(key)!.data, origin?.get(key)?.data];
    const length = (of: (i: number) => number) => Math.sqrt(data.reduce((sum, _, i) => sum + of(i) ** 2, 0));
    const way = length((i) => data[i] - (from?.[i] ?? 0));
    return { key, off: way === 0 ? 0 : length((i) => data[i] - there[i]) / way };
  });
  apart.sort((a, b) => b.off - a.off);
  return Object.fromEntries(apart.slice(0, 6).map(({ key, off }) => [key, largest([off])]));
}

/** Prediction: cells a second, and how far the logits are from the CPU's. */
async function infer(): Promise<void> {
  const store = randomTokens(new Array<number>(BATCH).fill(MAX_SEQ_LEN), GENES);
  const options = { maxSeqLen: MAX_SEQ_LEN, padValue: args.pad_value, seed: SEED, epoch: 1 };
  const batch = assembleBatch(
    store,
    Int32Array.from({ length: BATCH }, (_, i) => i),
    options,
  );
  const few = assembleBatch(store, Int32Array.of(0, 1, 2, 3), options);
  const spec = { args, genes: GENES + 2, classes: CLASSES };
  const weights = fullSizeWeights(args, GENES);
  const cpu = await Predictor.create(spec, weights, { device: "cpu" });
  const there = (await cpu.predict(few)).logits;
  await cpu.release();
  const predictor = await Predictor.create(spec, weights, { device, half });
  const { logits } = await predictor.predict(few);
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    const started = performance.now();
    await predictor.predict(batch);
    times.push(performance.now() - started);
  }
  await predictor.release();
  const ms = medianOf(times.slice(1));
  say({
    ...{ ms: round(ms), cells_per_s: round((BATCH / ms) * 1000) },
    logitsOff: largest([...logits.map((x, i) => Math.abs(x - there[i]))]),
    logitsSpread: round(Math.max(...there) - Math.min(...there)),
  });
}

async function fixed(cells: number, length: number): Promise<void> {
  const store = randomTokens(new Array<number>(cells).fill(length), GENES);
  const batch = Int32Array.from({ length: cells }, (_, i) => i);
  const steps = stepsOf(store, new Array<Int32Array>(Number(process.env.STEPS ?? 8)).fill(batch));
  const before = cudaCard();
  const opening = performance.now();
  const trainer = await create(device);
  const openSeconds = round((performance.now() - opening) / 1000);
  const results: StepResult[] = [];
  for (const { micro, learningRate } of steps) results.push(await trainer.step(micro, learningRate));
  const times = results.map((r) => r.seconds * 1000);
  const ms = medianOf(times.slice(WARM_UP));
  const { genes, values } = steps[0].micro[0].batch;
  say({
    ...{ ms: round(ms), ms_all: times.map(round), cells_per_s: round((cells / ms) * 1000), openSeconds },
    ...{ batchBytes: genes.byteLength + values.byteLength },
    ...memory(before),
    ...skipped(results),
  });
  await trainer.release();
}

async function stream(): Promise<void> {
  const lengths: number[] = JSON.parse(readFileSync(process.env.CELLKERNEL_LENGTHS!, "utf8")).flat();
  const store = randomTokens(lengths, GENES);
  const all = Int32Array.from(lengths, (_, i) => i);
  const options = { batchSize: BATCH, maxSeqLen: MAX_SEQ_LEN, seed: SEED, epoch: 1 };
  const steps = stepsOf(store, bucketBatches(store, all, options));
  const before = cudaCard();
  const trainer = await create(device);
  const longest = steps.reduce((a, b) => (b.micro[0].batch.length > a.micro[0].batch.length ? b : a));
  for (let i = 0; i < STREAM_WARM_UP; i++) await trainer.steps([longest]);
  const started = performance.now();
  const results = await trainer.steps(steps);
  const seconds = (performance.now() - started) / 1000;
  say({
    ...{ seconds: round(seconds), cells_per_s: round(lengths.length / seconds) },
    ...{ ms_all: results.map((r) => round(r.seconds * 1000)) },
    ...memory(before),
    ...skipped(results),
  });
  await trainer.release();
}

/** A card that turns out too full for a batch: the step goes on in halves, to the same losses. */
async function crowded(): Promise<void> {
  const store = randomTokens(new Array<number>(BATCH).fill(MAX_SEQ_LEN), GENES);
  const cells = Int32Array.from({ length: BATCH }, (_, i) => i);
  const steps = stepsOf(store, new Array<Int32Array>(CROWDED_STEPS).fill(cells));
  const losses = async () => {
    const trainer = await create(device, { dropout: 0 });
    const results = await trainer.steps(steps);
    await trainer.release();
    return results;
  };
  const empty = await losses();
  for (const left of LEFT_BYTES) {
    const leave = crowd(left);
    try {
      const results = await losses();
      const offs = results.map((r, i) => Math.abs(r.loss - empty[i].loss) / empty[i].loss);
      const seconds = results.map((r) => round(r.seconds));
      say({
        left_gb: left / 1e9,
        seconds,
        ...skipped(results),
        offEmpty: offs.map((off) => largest([off])),
        within: offs[0] <= CROWDED_LIMIT,
      });
    } catch (error) {
      say({ left_gb: left / 1e9, error: (error as Error).message.slice(-300) });
    } finally {
      leave();
    }
  }
}

if (name === "parity") await parity();
else if (name === "crowded") await crowded();
else if (name === "stream") await stream();
else if (name === "infer") await infer();
else await fixed(...(name.split("x").map(Number) as [number, number]));
