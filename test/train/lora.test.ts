import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readSafetensorsWeights } from "../../src/checkpoint/safetensors.js";
import type { Weights } from "../../src/checkpoint/weights.js";
import { gradientGraph } from "../../src/model/gradient.js";
import { isAdapter, type Lora } from "../../src/model/lora.js";
import type { TrainingSpec } from "../../src/model/training.js";
import { Predictor } from "../../src/predict/predictor.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import { loraOf } from "../../src/train/adapters.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import { isFrozen } from "../../src/train/frozen.js";
import { copyWeights } from "../../src/train/state.js";
import { Trainer, type TrainerOptions } from "../../src/train/trainer.js";
import { randomBatch, randomWeights, smallSpec } from "../support/twoLayers.js";

const FOLDER = "test/fixtures/lora";
/** What PyTorch made of adapters on all matrices of a published model of two layers × 16. */
const expected = JSON.parse(readFileSync(`${FOLDER}/expected.json`, "utf8"));
const tensors = readSafetensorsWeights(`${FOLDER}/expected.safetensors`);
const named = (prefix: string): Weights =>
  new Map(
    [...tensors].flatMap(([name, weight]): [string, Weights extends Map<string, infer W> ? W : never][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), weight]] : [],
    ),
  );
const allMatrices: Lora = {
  rank: expected.rank,
  alpha: expected.alpha,
  targets: ["in_proj", "out_proj", "linear1", "linear2"],
};
const theirs = { args: expected.args, genes: 30, classes: 4 };
const theirBatch = (() => {
  const [genes, values, labels] = ["genes", "values", "labels"].map((name) => tensors.get(`batch.${name}`)!);
  const [cells, length] = genes.shape;
  const batch = { cells: Int32Array.from({ length: cells }, (_, i) => i), length, values: values.data };
  return { batch: { ...batch, genes: Int32Array.from(genes.data) }, labels: Int32Array.from(labels.data) };
})();

const frozen = (name: string) => isFrozen("base", name, 2);
const options: TrainerOptions = { device: "cpu", threads: 1, seed: 5, frozen };

/** max |a − b| */
function distance(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
}

const bits = ({ data }: { data: Float32Array }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

test("gradients of A, B and the class decoder, and three steps of Adam, are those of PyTorch's autograd", async () => {
  const start: Weights = new Map([...named("base."), ...named("start.")]);
  const trainer = await Trainer.create(theirs, start, { ...options, dropout: 0, lora: allMatrices });
  for (const [i, loss] of expected.loss.entries()) {
    const result = await trainer.step([theirBatch], expected.lr);
    assert.ok(Math.abs(result.loss - loss) < 1e-5, `loss ${i + 1}: ${result.loss}, expected ${loss}`);
    if (i > 0) continue;
    const gradients = trainer.lastGradients();
    assert.deepEqual([...gradients.keys()].sort(), [...named("grad.").keys()].sort());
    for (const [name, { data }] of named("grad."))
      assert.ok(distance(gradients.get(name)!.data, data) < 1e-5, `gradient of ${name}`);
  }
  const after = trainer.weights();
  for (const [name, { data }] of named("after3."))
    assert.ok(
      distance(after.get(name)!.data, data) < 1e-5,
      `${name} after 3 steps: ${distance(after.get(name)!.data, data)}`,
    );
  await trainer.release();
});

test("merged weights are ordinary ones, and predict as PyTorch's model with adapters", async () => {
  const start: Weights = new Map([...named("base."), ...named("start.")]);
  const trainer = await Trainer.create(theirs, start, { ...options, dropout: 0, lora: allMatrices });
  const model = trainer.model();
  await trainer.release();
  assert.deepEqual([...model.keys()].sort(), [...named("base.").keys()].sort());
  const predictor = await Predictor.create(theirs, model, { device: "cpu", threads: 1 });
  const { cells, length, genes, values } = theirBatch.batch;
  for (const cell of cells) {
    // The CPU's batches are without padding (row 0).
    const own = genes.subarray(cell * length, (cell + 1) * length);
    const n = own.includes(0) ? own.indexOf(0) : length;
    const one = {
      ...{ cells: Int32Array.of(0), length: n, genes: own.slice(0, n) },
      values: values.slice(cell * length, cell * length + n),
    };
    const { logits } = await predictor.predict(one);
    const off = distance(logits, tensors.get("logits")!.data.subarray(4 * cell, 4 * cell + 4));
    assert.ok(off < 1e-6, `logits of cell ${cell}: off by ${off}`);
  }
  await predictor.release();
});

test("at the start B is 0, A Kaiming-uniform by the seed, and the loss the model's own to the bit", async () => {
  const spec = smallSpec();
  const weights = randomWeights(spec);
  const batch = randomBatch(spec, 6, 20);
  const lora = { ...allMatrices, rank: 4, alpha: 8 };
  const plain = await Trainer.create(spec, weights, options);
  const withAdapters = await Trainer.create(spec, weights, { ...options, lora });
  const [own, first] = [await plain.step([batch], 0), await withAdapters.step([batch], 0)];
  assert.equal(first.loss, own.loss);
  const start = withAdapters.weights();
  const stacked: number[] = [];
  for (const [name, { shape, data }] of start) {
    if (name.endsWith(".lora_B")) assert.ok(data.every((x) => x === 0));
    if (!name.endsWith(".lora_A")) continue;
    assert.ok(data.every((x) => Math.abs(x) <= 1 / Math.sqrt(shape[1])));
    stacked.push(...data);
  }
  const variance = stacked.reduce((sum, x) => sum + x * x, 0) / stacked.length;
  assert.ok(Math.abs(variance * 3 * 64 - 1) < 0.05, `3 · inputs · variance is ${variance * 3 * 64}`);
  const other = await Trainer.create(spec, weights, { ...options, lora, seed: 6 });
  const name = "transformer_encoder.layers.0.self_attn.in_proj_weight.lora_A";
  assert.notDeepEqual(other.weights().get(name), start.get(name));
  for (const trainer of [plain, withAdapters, other]) await trainer.release();
});

test("only adapters and class decoder are trained; it goes on to the bit", async () => {
  const spec = smallSpec();
  const weights = randomWeights(spec);
  const lora = loraOf({ lora: 4 })!;
  assert.deepEqual(lora, { rank: 4, alpha: 4, targets: ["in_proj"] });
  const batches = [1, 2, 3, 4].map((seed) => randomBatch(spec, 4, 20, seed));
  const whole = await Trainer.create(spec, weights, { ...options, lora });
  for (const batch of batches) await whole.step([batch], 1e-3);
  const [after, { m, v }] = [whole.weights(), whole.optimizerState()];

  const learnt = [...after.keys()].filter((name) => isAdapter(name) || name.startsWith("cls_decoder."));
  assert.deepEqual([...m.keys()].sort(), learnt.sort());
  assert.deepEqual([...v.keys()].sort(), learnt.sort());
  assert.equal(learnt.filter(isAdapter).length, 2 * 2);
  for (const [name, weight] of weights)
    assert.equal(bits(after.get(name)!).equals(bits(weight)), !learnt.includes(name), name);
  for (const name of learnt.filter((one) => one.endsWith("lora_B")))
    assert.ok(after.get(name)!.data.every((x) => x !== 0));

  const before = await Trainer.create(spec, weights, { ...options, lora });
  for (const batch of batches.slice(0, 2)) await before.step([batch], 1e-3);
  const goingOn = await Trainer.create(spec, before.weights(), { ...options, lora });
  goingOn.restore(before.optimizerState());
  for (const batch of batches.slice(2)) await goingOn.step([batch], 1e-3);
  for (const [name, weight] of goingOn.weights())
    assert.ok(bits(weight).equals(bits(after.get(name)!)), name);
  for (const trainer of [whole, before, goingOn]) await trainer.release();
});

test("a GPU's engine takes the CPU's steps with adapters, and of the kernels it makes no use", async () => {
  const spec = smallSpec();
  const weights = randomWeights(spec);
  const lora = { ...allMatrices, rank: 4, alpha: 8 };
  const steps = [1, 2, 3].map((seed) => ({ micro: [randomBatch(spec, 4, 20, seed)], learningRate: 1e-3 }));
  const trainer = await Trainer.create(spec, weights, { ...options, lora });
  const start = trainer.weights();
  const expected = await trainer.steps(steps);
  const training: TrainingSpec = {
    ...{ args: spec.args, size: spec, padRow: 0, objectives: ["CLS"], dropout: spec.args.dropout },
    ...{ frozen, lora, attentionLoop: "batch" },
  };
  const onDevice = async (half: boolean) => {
    const state = { weights: copyWeights(start), m: new Map(), v: new Map(), step: 0, attempts: 0 };
    const adam = { epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
    const runtime = DeviceRuntime.open({ device: "cpu" });
    const feeds = { ...training, seed: options.seed };
    const engine = DeviceEngine.create({ ...training, half }, state, runtime, feeds, adam);
    const results = await engine.run(steps);
    engine.read();
    await engine.release();
    return { state, results };
  };
  const { state, results } = await onDevice(false);
  for (const [i, { loss, skipped }] of (await onDevice(true)).results.entries())
    assert.ok(!skipped && Math.abs(loss - expected[i].loss) < 2e-2, `half: loss ${i + 1}: ${loss}`);
  results.forEach(({ loss }, i) => {
    assert.ok(Math.abs(loss - expected[i].loss) < 1e-5, `loss ${i + 1}: ${loss}, ${expected[i].loss}`);
  });
  for (const [name, { data }] of trainer.weights()) {
    const off = distance(state.weights.get(name)!.data, data);
    assert.ok(off < (isAdapter(name) || name.startsWith("cls_decoder.") ? 2e-4 : 1e-30), `${name}: ${off}`);
  }
  await trainer.release();

  const published = { ...spec, args: { ...spec.args, embsize: 512, d_hid: 512, nheads: 8 } };
  const onCuda = { ...training, args: published.args, size: published, half: true, kernels: true };
  assert.ok(!gradientGraph(onCuda, "apart").kernels);
  assert.ok(gradientGraph({ ...onCuda, lora: undefined }, "apart").kernels);
});
