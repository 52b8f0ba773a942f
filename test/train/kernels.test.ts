import assert from "node:assert/strict";
import { test } from "node:test";
import type { Weights } from "../../src/checkpoint/weights.js";
import { gradientGraph } from "../../src/model/gradient.js";
import type { Objective } from "../../src/model/objectives.js";
import type { TrainingSpec } from "../../src/model/training.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import type { PlannedStep, StepResult, TrainingState } from "../../src/train/engine.js";
import { copyWeights } from "../../src/train/state.js";
import { Trainer, type TrainerSpec } from "../../src/train/trainer.js";
import { referenceOps } from "../support/kernelReference.js";
import { smallSpec, smallSteps, smallWeights, uniform } from "../support/smallModel.js";

// Training by graphs that are written in the operations of `graph/kernels.ts`, as CUDA is given them, against the CPU
// engine's. The operations are `kernelReference.ts`'s: that the kernels for GPUs compute the same, `kernels/check.py` and
// `kernels/device_check.py` see to.

const spec: TrainerSpec = { ...smallSpec({ embsize: 512, d_hid: 512, nheads: 8, nlayers: 2 }), genes: 20 };
const adam = { epsilon: 1e-4, weightDecay: 0, clipNorm: 1 };
const [seed, threads] = [0, 1];

interface Choices {
  dropout: number;
  objectives?: Objective[];
  frozen?: (name: string) => boolean;
}

/**
 * Of the size that layers of 512 start with: larger ones make float16's rounding grow from layer to layer. Every second
 * ReLU is on and the others are off: at those near 0 float16's rounding decides, and one more or less of the 512 moves
 * the derivatives by 2 to 5 %.
 */
const drawn = smallWeights(spec, 1, 0.05);
for (const [name, { data }] of drawn)
  if (/linear1\.bias|decoder\.0\.bias|fc\.[02]\.bias/.test(name))
    for (let i = 0; i < data.length; i++) data[i] += i % 2 === 0 ? 3 : -3;
const weightsOf = (): Weights => copyWeights(drawn);

function trainingSpec({ dropout, objectives = ["CLS"], frozen }: Choices, args = spec.args): TrainingSpec {
  const chosen = { objectives, dropout, frozen, attentionLoop: "batch" as const, half: true };
  return { args, size: spec, padRow: 0, ...chosen };
}

function withKernels(
  choices: Choices,
  weights = weightsOf(),
): {
  engine: DeviceEngine;
  state: TrainingState;
} {
  const state = { weights: copyWeights(weights), m: new Map(), v: new Map(), step: 0, attempts: 0 };
  const training = trainingSpec(choices);
  const runtime = DeviceRuntime.open({ device: "cpu", threads, operations: referenceOps() });
  return { engine: DeviceEngine.create(training, state, runtime, { ...training, seed }, adam), state };
}

/** The same steps by the CPU engine in float32 and by the kernels; derivatives after each. */
async function both(choices: Choices, steps: PlannedStep[]) {
  const trainer = await Trainer.create(spec, weightsOf(), {
    ...choices,
    ...{ device: "cpu", threads, seed, adamEps: adam.epsilon },
  });
  const { engine, state } = withKernels(choices);
  const [expected, results]: StepResult[][] = [[], []];
  const gradients: { expected: Weights; found: Weights }[] = [];
  for (const step of steps) {
    expected.push(...(await trainer.steps([step])));
    results.push(...(await engine.run([step])));
    gradients.push({ expected: trainer.lastGradients(), found: engine.gradients });
  }
  engine.read();
  await trainer.release();
  await engine.release();
  return { expected, results, gradients, state };
}

function assertSameLosses(results: StepResult[], expected: StepResult[], tolerance = 1e-3): void {
  results.forEach((r, i) => {
    assert.ok(!r.skipped, `step ${i} was skipped`);
    const off = Math.abs(r.loss - expected[i].loss) / expected[i].loss;
    assert.ok(off < tolerance, `loss ${i}: ${r.loss} for ${expected[i].loss}`);
  });
}

/** |a − b| / |b| of each parameter; but the keys' biases, whose derivative is 0 in exact arithmetic, are left out. */
function assertSameGradients(found: Weights, expected: Weights, tolerance = 5e-3): void {
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [name, { data }] of expected) {
    const third = data.length / 3;
    const ours = found.get(name)!.data;
    const keys = name.endsWith("in_proj_bias") ? [third, 2 * third] : [0, 0];
    let [off, size] = [0, 0];
    for (let i = 0; i < data.length; i++) {
      if (i >= keys[0] && i < keys[1]) continue;
      off += (ours[i] - data[i]) ** 2;
      size += data[i] ** 2;
    }
    assert.ok(size > 0, `${name}: no derivative`);
    assert.ok(
      Math.sqrt(off / size) < tolerance,
      `${name}: off by ${Math.sqrt(off / size)} of ${Math.sqrt(size)}`,
    );
  }
}

for (const dropout of [0.2, 0])
  test(`eight steps are the CPU engine's in float32, with dropout ${dropout}`, async () => {
    const { gradients, results, expected } = await both({ dropout }, smallSteps(spec, 8));
    for (const g of gradients) assertSameGradients(g.found, g.expected);
    assertSameLosses(results, expected);
  });

test("a step of several batches, and one of one batch after it", async () => {
  const [a] = smallSteps(spec, 1, 2, 12, 9);
  const [b, c] = smallSteps(spec, 2, 3, 19, 5);
  const steps = [{ micro: [a.micro[0], b.micro[0]], learningRate: 1e-3 }, c, ...smallSteps(spec, 3)];
  const { gradients, results, expected } = await both({ dropout: 0.2 }, steps);
  for (const g of gradients) assertSameGradients(g.found, g.expected);
  assertSameLosses(results, expected);
});

test("objectives that every layer answers all tokens for, and that run the model twice", async () => {
  const random = uniform(3);
  const steps = smallSteps(spec, 3).map(({ micro, learningRate }) => {
    const [{ batch, labels }] = micro;
    const mask = Float32Array.from(batch.values, (v) => (v > 0 && random() < 0.4 ? 1 : 0));
    const target = batch.values.map((v) => v / 50);
    const values = batch.values.map((v, i) => (mask[i] ? -1 : v));
    return { micro: [{ batch: { ...batch, values }, labels, masked: { target, mask } }], learningRate };
  });
  const choices = { dropout: 0.2, objectives: ["CLS" as const, "MLM" as const, "CCE" as const] };
  const { gradients, results, expected } = await both(choices, steps);
  for (const g of gradients) assertSameGradients(g.found, g.expected);
  assertSameLosses(results, expected);
  for (const [i, r] of results.entries()) assert.equal(r.correct, expected[i].correct);
});

const LAYER = (name: string) => /layers\.(\d)/.exec(name)?.[1];
for (const [what, frozen] of [
  ["the gene table", (name: string) => name.startsWith("encoder.")],
  ["a layer", (name: string) => LAYER(name) === "1"],
  ["all layers of kernels, but not what is before them", (name: string) => (LAYER(name) ?? "2") < "2"],
  ["all biases and norms", (name: string) => /bias$|norm/.test(name)],
] as const)
  test(`what is frozen stays, and the rest learns the same: ${what}`, async () => {
    const choices = { dropout: 0.2, frozen };
    const { gradients, results, expected, state } = await both(choices, smallSteps(spec, 3));
    for (const g of gradients) assertSameGradients(g.found, g.expected);
    assertSameLosses(results, expected);
    for (const [name, { data }] of weightsOf()) {
      const same = Buffer.compare(
        Buffer.from(data.buffer),
        Buffer.from(state.weights.get(name)!.data.buffer),
      );
      if (frozen(name)) assert.equal(same, 0, name);
      else if (/layers.*weight/.test(name)) assert.notEqual(same, 0, name);
    }
  });

test("a step whose gradients float16 can't hold changes nothing and halves the loss scale, until it can", async () => {
  const weights = weightsOf();
  const output = weights.get("cls_decoder.out_layer.weight")!.data;
  for (let i = 0; i < output.length; i++) output[i] *= 5000;
  // All cells seem of the first class, and none is.
  weights.get("cls_decoder.out_layer.bias")!.data[0] = 30000;
  const { engine, state } = withKernels({ dropout: 0 }, weights);
  const [step] = smallSteps(spec, 1);
  step.micro[0].labels.fill(1);
  const [first] = await engine.run([step]);
  assert.ok(first.skipped, `norm ${first.gradNorm}`);
  assert.ok(Number.isFinite(first.loss));
  let last = first;
  let tries = 1;
  for (; last.skipped && tries < 12; tries++) {
    engine.read();
    assert.equal(engine.scale, 65536 / 2 ** tries);
    assert.equal(state.step, 0);
    for (const [name, { data }] of weights) assert.deepEqual(state.weights.get(name)!.data, data, name);
    for (const moments of [state.m, state.v])
      for (const [name, { data }] of moments)
        assert.ok(
          data.every((x) => x === 0),
          name,
        );
    [last] = await engine.run([step]);
    // To the bit: neither the weights nor what is kept of them in float16 have changed.
    assert.equal(last.loss, first.loss);
  }
  assert.ok(!last.skipped && tries > 1);
  assert.equal(engine.scale, 65536 / 2 ** (tries - 1));
  const [after] = await engine.run([step]);
  await engine.release();
  assert.equal(state.step, 2);
  assert.notEqual(after.loss, first.loss);
});

test("weights that are written anew are read anew, in float16 too", async () => {
  const steps = smallSteps(spec, 2);
  const { engine, state } = withKernels({ dropout: 0 });
  const [first] = await engine.run(steps);
  for (const [name, { data }] of weightsOf()) state.weights.get(name)!.data.set(data);
  engine.write();
  const [again] = await engine.run(steps);
  await engine.release();
  assert.equal(again.loss, first.loss);
});

test("what stands at padded positions changes nothing, nor does how many there are", async () => {
  const [cells, length, tokens] = [3, 14, [14, 11, 9]];
  const random = uniform(8);
  const genes = Int32Array.from({ length: cells * length }, () => 2 + Math.floor(random() * 18));
  const values = Float32Array.from(genes, () => 1 + Math.floor(random() * 50));
  const padded = (i: number) => i % length >= tokens[Math.floor(i / length)];
  const labels = Int32Array.of(0, 3, 1);
  const stepOf = (width: number, at: (i: number) => number): PlannedStep => {
    const places = Array.from({ length: cells * width }, (_, i) => [Math.floor(i / width), i % width]);
    const from = places.map(([b, j]) => (j < length ? b * length + j : -1));
    const batch = {
      cells: Int32Array.of(0, 1, 2),
      length: width,
      genes: Int32Array.from(from, (i) => (i < 0 || padded(i) ? 0 : genes[i])),
      values: Float32Array.from(from, (i) => (i < 0 || padded(i) ? at(i) : values[i])),
    };
    return { micro: [{ batch, labels }], learningRate: 1e-3 };
  };
  const run = async (dropout: number, step: PlannedStep) => {
    const { engine } = withKernels({ dropout });
    const [{ loss, gradNorm }] = await engine.run([step]);
    const { gradients } = engine;
    await engine.release();
    return { loss, gradNorm, gradients };
  };
  const usual = stepOf(length, () => -2);
  for (const dropout of [0.2, 0]) {
    const [a, b] = [
      await run(dropout, usual),
      await run(
        dropout,
        stepOf(length, (i) => 7 + (i % 40)),
      ),
    ];
    assert.equal(b.loss, a.loss);
    assertSameGradients(b.gradients, a.gradients, 1e-6);
  }
  // (The masks of dropout are drawn by position in the batch.)
  const [a, b] = [
    await run(0, usual),
    await run(
      0,
      stepOf(length + 5, () => -2),
    ),
  ];
  assert.ok(Math.abs(a.loss - b.loss) < 1e-3 * a.loss, `${b.loss} for ${a.loss}`);
  assertSameGradients(b.gradients, a.gradients, 5e-3);
});

test("kernels are for models whose cell is its first token: of others padding is a part", () => {
  const kernels = (args: typeof spec.args) =>
    gradientGraph({ ...trainingSpec({ dropout: 0.2 }, args), kernels: true }, "apart").kernels;
  assert.ok(kernels(spec.args));
  for (const cell_emb_style of ["avg-pool", "w-pool"] as const)
    assert.ok(!kernels({ ...spec.args, cell_emb_style }));
  assert.ok(!kernels({ ...spec.args, pre_norm: true }));
});
