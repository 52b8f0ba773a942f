import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import type { Device } from "../../src/runtime/session.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import { type PlannedStep, Trainer } from "../../src/train/trainer.js";
import { smallSpec, smallSteps, smallWeights } from "./smallModel.js";

// Started by the tests with SwiftShader in its environment: Vulkan reads that when it is loaded.
const folder = process.argv[2];

/** Eight steps, one of them added up from two batches; `frozen`: with the encoders as they are. */
function steps(): PlannedStep[] {
  const spec = smallSpec();
  const [a, b] = smallSteps(spec, 2, 2, 12, 9);
  return [...smallSteps(spec, 7), { micro: [a.micro[0], b.micro[0]], learningRate: 1e-3 }];
}

async function lossesOn(device: Device, frozen: boolean): Promise<number[]> {
  const spec = smallSpec();
  const profile = device === "webgpu" && !frozen ? join(folder, "trace") : undefined;
  const isFrozen = frozen ? (name: string) => name.startsWith("encoder.") : undefined;
  const options = { device, seed: 0, profile, frozen: isFrozen };
  const trainer = await Trainer.create(spec, smallWeights(spec), options);
  const losses = (await trainer.steps(steps())).map((r) => r.loss);
  await trainer.release();
  return losses;
}

/** Layers of a width, and how long their sessions take to open. */
function opened(nlayers: number, width: number) {
  const spec = smallSpec({ embsize: width, nheads: 8, d_hid: width, nlayers, n_layers_cls: 3 });
  const training = {
    ...{ args: spec.args, size: spec, padRow: 0, objectives: ["CLS" as const], dropout: 0.2, seed: 0 },
    attentionLoop: "batch" as const,
  };
  const state = { weights: smallWeights(spec), m: new Map(), v: new Map(), step: 0, attempts: 0 };
  const runtime = DeviceRuntime.open({ device: "webgpu" });
  const started = performance.now();
  const adam = { epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  const engine = DeviceEngine.create(training, state, runtime, training, adam);
  const openSeconds = (performance.now() - started) / 1000;
  return { spec, state, runtime, engine, openSeconds };
}

/** How long the sessions of the full-size model (12 layers of 512) take to open. */
async function fullSize() {
  const { engine, openSeconds } = opened(12, 512);
  await engine.release();
  return { openSeconds };
}

/** What a step asks of the bus, beside the bytes of the weights. Of 12 layers a step takes half a minute in software. */
async function traffic() {
  const { spec, state, runtime, engine } = opened(3, 256);
  const step = smallSteps(spec, 1, 1, 16);
  await engine.run(step);
  const before = { ...runtime.traffic };
  await engine.run(step);
  const bytes = runtime.traffic.toDevice + runtime.traffic.toHost - before.toDevice - before.toHost;
  await engine.release();
  return { bytes, weights: [...state.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0) };
}

const losses = { cpu: await lossesOn("cpu", false), webgpu: await lossesOn("webgpu", false) };
const frozen = { cpu: await lossesOn("cpu", true), webgpu: await lossesOn("webgpu", true) };

interface TraceEvent {
  cat: string;
  name: string;
  args: { provider: string; op_name: string; output_type_shape: Record<string, number[]>[] };
}
const traces = readdirSync(folder).filter((f) => f.startsWith("trace"));
const events: TraceEvent[] = traces.flatMap((f) => JSON.parse(readFileSync(join(folder, f), "utf8")));
const nodes = events.filter((e) => e.cat === "Node" && e.name.endsWith("_kernel_time"));
const placement = nodes.map(({ args }) => ({
  provider: args.provider,
  op: args.op_name,
  elements: args.output_type_shape.flatMap((o) => Object.values(o)).map((s) => s.reduce((a, b) => a * b, 1)),
}));
console.log(
  JSON.stringify({ losses, frozen, placement, fullSize: await fullSize(), traffic: await traffic() }),
);
