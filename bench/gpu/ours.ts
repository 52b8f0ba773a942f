import { readFileSync } from "node:fs";
import type { Weights } from "../../src/checkpoint/weights.js";
import { Predictor } from "../../src/predict/predictor.js";
import { cudaCard } from "../../src/runtime/cudaDriver.js";
import type { Device } from "../../src/runtime/session.js";
import { assembleBatch, bucketBatches } from "../../src/tokenize/batches.js";
import type { TokenStore } from "../../src/tokenize/tokens.js";
import { type PlannedStep, Trainer } from "../../src/train/trainer.js";
import { CLASSES, fullSizeArgs, fullSizeWeights, randomTokens } from "../fullSize.js";
import { medianOf, round } from "../measure.js";

// One figure a line, so that a run that is cut off still tells.
// node ours.js CASE DEVICE float32|half [layers]; CASE is CELLSxTOKENS, "stream" (CELLKERNEL_LENGTHS names a file with
// the lengths of its batches), or "parity" (against the CPU).

const GENES = 3000;
const SEED = 1;
const [name, device, precision, layers = "12"] = process.argv.slice(2);
const args = fullSizeArgs(Number(layers));
const spec = { args, genes: GENES + 2, classes: CLASSES };
const half = precision === "half";

function say(figure: Record<string, unknown>): void {
  console.log(JSON.stringify({ who: `cellkernel ${device} ${precision}`, case: name, ...figure }));
}

function stepsOf(store: TokenStore, batches: Int32Array[]): PlannedStep[] {
  const labels = Int32Array.from({ length: store.cells }, (_, i) => i % CLASSES);
  return batches.map((cells) => ({
    micro: [
      {
        batch: assembleBatch(store, cells, {
          maxSeqLen: 1501,
          padValue: args.pad_value,
          seed: SEED,
          epoch: 1,
        }),
        labels: cells.map((cell) => labels[cell]),
      },
    ],
    learningRate: 1e-4,
  }));
}

function create(on: Device, options: { tf32?: boolean; adamEps?: number } = {}): Promise<Trainer> {
  return Trainer.create(spec, fullSizeWeights(args, GENES), {
    ...{ device: on, seed: SEED, half, ...options },
    profile: process.env.PROFILE,
  });
}

/** The first steps of a small run, their losses beside the CPU's. */
async function parity(): Promise<void> {
  const lengths = [256, 250, 199, 256];
  const store = randomTokens(lengths, GENES);
  const steps = stepsOf(
    store,
    Array.from({ length: 8 }, () => Int32Array.of(0, 1, 2, 3)),
  );
  const [losses, norms]: number[][][] = [[], []];
  const [moved, gradients]: Weights[][] = [[], []];
  for (const on of ["cpu", device as Device]) {
    const trainer = await create(on as Device, {
      tf32: process.env.TF32 === "1",
      adamEps: half ? 1e-4 : 1e-8,
    });
    const results = await trainer.steps(steps.slice(0, 1));
    gradients.push(trainer.lastGradients());
    results.push(...(await trainer.steps(steps.slice(1))));
    losses.push(results.map((r) => r.loss));
    norms.push(results.map((r) => r.gradNorm));
    moved.push(trainer.weights());
    await trainer.release();
  }
  const off = (pair: number[][]) =>
    Number(Math.max(...pair[0].map((x, i) => Math.abs(pair[1][i] - x) / x)).toPrecision(2));
  const start = fullSizeWeights(args, GENES);
  say({ steps: 8, lossesCpu: losses[0], losses: losses[1], lossesOff: off(losses), normsOff: off(norms) });
  say({ gradientsOff: distances(gradients), movementOff: distances(moved, start) });
}

/** Per tensor, how far the second is from the first, relative to the first (less `origin`): the largest few. */
function distances([cpu, gpu]: Weights[], origin?: Weights): string[] {
  const all = [...cpu].map(([name, { data }]) => {
    const [there, from] = [gpu.get(name)!.data, origin?.get(name)!.data];
    let [apart, way] = [0, 0];
    data.forEach((x, i) => {
      apart += (x - there[i]) ** 2;
      way += (x - (from?.[i] ?? 0)) ** 2;
    });
    return { name, off: way === 0 ? 0 : Math.sqrt(apart / way) };
  });
  all.sort((a, b) => b.off - a.off);
  return all.slice(0, 8).map(({ name, off }) => `${name} ${off.toPrecision(2)}`);
}

/** Prediction: cells a second, and how far logits are from the CPU's. */
async function infer(): Promise<void> {
  const store = randomTokens(new Array<number>(32).fill(1501), GENES);
  const cells = Int32Array.from({ length: 32 }, (_, i) => i);
  const batchOf = (some: Int32Array) =>
    assembleBatch(store, some, { maxSeqLen: 1501, padValue: args.pad_value, seed: SEED, epoch: 1 });
  const weights = fullSizeWeights(args, GENES);
  const few = batchOf(cells.subarray(0, 8));
  const cpu = await Predictor.create(spec, weights, { device: "cpu" });
  const there = (await cpu.predict(few)).logits;
  await cpu.release();
  const predictor = await Predictor.create(spec, weights, { device: device as Device, half });
  const { logits } = await predictor.predict(few);
  const off = Math.max(...logits.map((x, i) => Math.abs(x - there[i])));
  const batch = batchOf(cells);
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    const started = performance.now();
    await predictor.predict(batch);
    times.push(performance.now() - started);
  }
  await predictor.release();
  const ms = medianOf(times.slice(1));
  const spread = Math.max(...there) - Math.min(...there);
  say({
    ms: round(ms),
    cells_per_s: round((32 / ms) * 1000),
    logitsOff: round(off),
    logitsSpread: round(spread),
  });
}

async function fixed(cells: number, length: number): Promise<void> {
  const store = randomTokens(new Array<number>(cells).fill(length), GENES);
  const steps = stepsOf(
    store,
    Array.from({ length: Number(process.env.STEPS ?? 8) }, () =>
      Int32Array.from({ length: cells }, (_, i) => i),
    ),
  );
  const before = cudaCard();
  const opening = performance.now();
  const trainer = await create(device as Device);
  const opened = (performance.now() - opening) / 1000;
  const times: number[] = [];
  for (const step of steps) times.push((await trainer.step(step.micro, step.learningRate)).seconds * 1000);
  const after = cudaCard();
  const ms = medianOf(times.slice(2));
  say({
    ms: round(ms),
    ms_all: times.map(round),
    cells_per_s: round((cells / ms) * 1000),
    openSeconds: round(opened),
    memory_gb: before && after ? round((before.free - after.free) / 1e9) : undefined,
    card: after?.name,
  });
  await trainer.release();
}

async function stream(): Promise<void> {
  const lengths: number[] = JSON.parse(readFileSync(process.env.CELLKERNEL_LENGTHS!, "utf8")).flat();
  const store = randomTokens(lengths, GENES);
  const all = Int32Array.from(lengths, (_, i) => i);
  const batches = bucketBatches(store, all, { batchSize: 32, maxSeqLen: 1501, seed: SEED, epoch: 1 });
  const steps = stepsOf(store, batches);
  const before = cudaCard();
  const trainer = await create(device as Device);
  const longest = [...steps].sort((a, b) => b.micro[0].batch.length - a.micro[0].batch.length)[0];
  for (let i = 0; i < 3; i++) await trainer.steps([longest]);
  const started = performance.now();
  const times = (await trainer.steps(steps)).map((r) => r.seconds);
  const seconds = (performance.now() - started) / 1000;
  const after = cudaCard();
  say({
    seconds: round(seconds),
    cells_per_s: round(lengths.length / seconds),
    ms_all: times.map((t) => round(t * 1000)),
    memory_gb: before && after ? round((before.free - after.free) / 1e9) : undefined,
    card: after?.name,
  });
  await trainer.release();
}

if (name === "parity") await parity();
else if (name === "stream") await stream();
else if (name === "infer") await infer();
else await fixed(...(name.split("x").map(Number) as [number, number]));
