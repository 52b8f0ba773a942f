import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lora } from "../../src/model/lora.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import type { Device } from "../../src/runtime/session.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import { isFrozen } from "../../src/train/frozen.js";
import { type PlannedStep, Trainer, type TrainerSpec } from "../../src/train/trainer.js";
import { smallSpec, smallSteps, smallWeights } from "./smallModel.js";

// Started by the tests with SwiftShader in its environment: Vulkan reads that when it is loaded.
const folder = process.argv[2];
// While one session is open, onnxruntime keeps the shaders that it has compiled, which take SwiftShader ten seconds.
const open = DeviceRuntime.open({ device: "webgpu" });

/** Eight steps, one of them added up from two batches. */
function steps(): PlannedStep[] {
  const spec = smallSpec();
  const [a, b] = smallSteps(spec, 2, 2, 12, 9);
  return [...smallSteps(spec, 7), { micro: [a.micro[0], b.micro[0]], learningRate: 1e-3 }];
}

async function lossesOn(device: Device, frozen?: Frozen, lora?: Lora): Promise<number[]> {
  const spec = smallSpec();
  const profile = device === "webgpu" && !lora ? join(folder, "trace") : undefined;
  const trainer = await Trainer.create(spec, smallWeights(spec), { device, seed: 0, profile, frozen, lora });
  const losses = (await trainer.steps(steps())).map((r) => r.loss);
  await trainer.release();
  return losses;
}

/** The losses with adapters of all kinds of matrices. */
async function withAdapters() {
  const lora: Lora = { rank: 2, alpha: 4, targets: ["in_proj", "out_proj", "linear1", "linear2"] };
  const frozen = (name: string) => isFrozen("base", name, smallSpec().args.nlayers);
  return { cpu: await lossesOn("cpu", frozen, lora), webgpu: await lossesOn("webgpu", frozen, lora) };
}

type Frozen = (name: string) => boolean;

/** Training on the device, and how long its sessions took to open. */
function opened(spec: TrainerSpec, frozen?: Frozen) {
  const training = {
    ...{ args: spec.args, size: spec, padRow: 0, objectives: ["CLS" as const], dropout: 0.2, seed: 0 },
    ...{ attentionLoop: "batch" as const, frozen },
  };
  const state = { weights: smallWeights(spec), m: new Map(), v: new Map(), step: 0, attempts: 0 };
  const runtime = DeviceRuntime.open({ device: "webgpu" });
  const started = performance.now();
  const adam = { epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  const engine = DeviceEngine.create(training, state, runtime, training, adam);
  return { state, runtime, engine, openSeconds: (performance.now() - started) / 1000 };
}

/** The losses with the encoders as they are; and what a step asks of the bus, beside the bytes of the weights. */
async function withFrozenParts() {
  const spec = smallSpec();
  const frozen = (name: string) => name.startsWith("encoder.");
  const { state, runtime, engine } = opened(spec, frozen);
  const moved = () => runtime.traffic.toDevice + runtime.traffic.toHost;
  const planned = steps();
  const results = await engine.run(planned.slice(0, 1));
  const before = moved();
  results.push(...(await engine.run(planned.slice(1, 7))));
  const bytes = (moved() - before) / 6;
  results.push(...(await engine.run(planned.slice(7))));
  await engine.release();
  const weights = [...state.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  return {
    frozen: { cpu: await lossesOn("cpu", frozen), webgpu: results.map((r) => r.loss) },
    traffic: { bytes, weights },
  };
}

/** How long the sessions of the full-size model (12 layers of 512) take to open. */
async function fullSize() {
  const spec = smallSpec({ embsize: 512, nheads: 8, d_hid: 512, nlayers: 12, n_layers_cls: 3 });
  const { engine, openSeconds } = opened(spec);
  await engine.release();
  return { openSeconds };
}

const losses = { cpu: await lossesOn("cpu"), webgpu: await lossesOn("webgpu") };

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
const adapters = await withAdapters();
console.log(
  JSON.stringify({ losses, adapters, ...(await withFrozenParts()), placement, fullSize: await fullSize() }),
);
open.release();
