import assert from "node:assert/strict";
import { test } from "node:test";
import type { Weights } from "../../src/checkpoint/weights.js";
import { gradientGraph } from "../../src/model/gradient.js";
import type { TrainingSpec } from "../../src/model/training.js";
import { Session, tensor } from "../../src/runtime/session.js";
import { stepFeeds } from "../../src/train/feeds.js";
import { addZeros, slotTensors } from "../../src/train/state.js";
import { type LabelledBatch, Trainer, type TrainerSpec } from "../../src/train/trainer.js";
import { cellsOf, randomBatch, randomWeights, smallSpec } from "../support/twoLayers.js";

const options = { device: "cpu" as const, threads: 1, seed: 1 };

/** max |a − b| / max |b| over all tensors, each by its own size (or a thousandth of the largest of all). */
function distance(a: Weights, b: Weights): number {
  const sizes = [...b.values()].map(({ data }) => data.reduce((m, x) => Math.max(m, Math.abs(x)), 0));
  const least = 1e-3 * Math.max(...sizes);
  let worst = 0;
  [...b].forEach(([name, { data }], i) => {
    const ours = a.get(name)!.data;
    data.forEach((x, k) => {
      worst = Math.max(worst, Math.abs(ours[k] - x) / Math.max(sizes[i], least));
    });
  });
  return worst;
}

const bits = ({ data }: { data: Float32Array }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

async function train(
  spec: TrainerSpec,
  weights: Weights,
  batches: LabelledBatch[],
  extra: Partial<Parameters<typeof Trainer.create>[2]> = {},
) {
  const trainer = await Trainer.create(spec, weights, { ...options, ...extra });
  for (const b of batches) await trainer.step([b], 1e-3);
  const after = {
    weights: trainer.weights(),
    gradients: trainer.lastGradients(),
    state: trainer.optimizerState(),
  };
  await trainer.release();
  return after;
}

test("a gene table cut to the genes of the data learns what the whole one learns, and the other rows stay", async () => {
  const [vocabulary, d] = [500, 64];
  const whole = { ...smallSpec({}, vocabulary), padRow: 17 };
  const weights = randomWeights(whole);
  // Rows of the whole table under the cut one's: padding, <cls>, and 20 genes from here and there.
  const rows = [17, 3, ...Array.from({ length: 20 }, (_, i) => 23 * i + 40)];
  const cut = smallSpec({}, rows.length);
  const table = weights.get("encoder.embedding.weight")!.data;
  const cutTable = Float32Array.from(rows.flatMap((r) => Array.from(table.subarray(r * d, (r + 1) * d))));
  const cutWeights = new Map(weights).set("encoder.embedding.weight", {
    shape: [rows.length, d],
    data: cutTable,
  });

  const small = [1, 2, 3, 4, 5].map((seed) => randomBatch(cut, 4, 20, seed));
  const large = small.map(({ batch, labels }) => ({
    batch: { ...batch, genes: batch.genes.map((g) => rows[g]) },
    labels,
  }));
  const [ours, theirs] = [await train(cut, cutWeights, small), await train(whole, weights, large)];
  const [cutAfter, wholeAfter] = [ours, theirs].map((r) => r.weights.get("encoder.embedding.weight")!.data);
  const written = table.slice();
  for (const [i, r] of rows.entries()) written.set(cutAfter.subarray(i * d, (i + 1) * d), r * d);
  ours.weights.set("encoder.embedding.weight", { shape: [vocabulary, d], data: written });
  // Only the order of the sums differs (the norm of the gradients is over fewer zeros).
  const off = distance(ours.weights, theirs.weights);
  assert.ok(off < 1e-6, `${off}`);
  for (let r = 0; r < vocabulary; r++)
    if (!rows.includes(r) || r === 17)
      assert.deepEqual(
        wholeAfter.subarray(r * d, (r + 1) * d),
        table.subarray(r * d, (r + 1) * d),
        `row ${r}`,
      );
});

/** Gradients of one batch by the graph of a spec. */
async function gradientsOf(spec: TrainingSpec, weights: Weights, batch: LabelledBatch, extra = {}) {
  const graph = gradientGraph(spec, "added");
  const session = await Session.open(graph.onnx, { device: "cpu", threads: 1 });
  const [feeds] = stepFeeds([batch], 0, { ...spec, seed: 1 });
  const all: Record<string, ReturnType<typeof tensor>> = { ...feeds, ...extra };
  const fed = Object.entries(all).filter(([name]) => graph.inputs.includes(name));
  const sums: Weights = new Map();
  addZeros(sums, graph.trained, weights);
  const out = await session.run({
    ...slotTensors(graph.slots, weights),
    ...slotTensors(graph.trained, sums, "sum."),
    ...Object.fromEntries(fed),
  });
  await session.release();
  const found: Weights = new Map(
    graph.trained.map((s) => [
      s.input,
      { shape: s.shape, data: out[`grad.${s.input}`].data as Float32Array },
    ]),
  );
  return { found, loss: Number(out.loss.data[0]) };
}

test("a last layer for <cls> alone gives the gradients of the whole one", async () => {
  const model = smallSpec();
  const weights = randomWeights(model);
  const batch = randomBatch(model, 4, 20);
  const spec: TrainingSpec = {
    ...{ args: model.args, size: model, padRow: 0, dropout: 0, attentionLoop: "scan" },
    objectives: ["CLS"],
  };
  const only = await gradientsOf(spec, weights, batch);
  // The masked objective reads every token, so that the last layer must answer for all. It has a share of 0 in the loss.
  const masked = { target: new Float32Array(80), mask: new Float32Array(80).fill(1) };
  const maskShare = tensor("float32", Float32Array.of(0), []);
  const both: TrainingSpec = { ...spec, objectives: ["CLS", "MLM"] };
  const whole = await gradientsOf(both, weights, { ...batch, masked }, { maskShare });
  // The bias of the keys has no derivative in exact arithmetic: softmax does not see it, and <cls> alone does not ask.
  const below = [...whole.found].filter(([name]) => !/^decoder\.|in_proj_bias\.k$/.test(name));
  const found = [...only.found].filter(([name]) => !name.endsWith("in_proj_bias.k"));
  assert.deepEqual(found.map(([name]) => name).sort(), below.map(([name]) => name).sort());
  assert.ok(Math.abs(only.loss - whole.loss) < 1e-6 * whole.loss);
  const off = distance(new Map(found), new Map(below));
  assert.ok(off < 2e-6, `${off}`);
});

test("frozen parts stay to the bit, have no gradient and no optimiser state; the others learn as they did", async () => {
  const spec = smallSpec({ dropout: 0 });
  const weights = randomWeights(spec);
  const batches = [1, 2, 3].map((seed) => randomBatch(spec, 4, 20, seed));
  const frozen = (name: string) => /^(value_)?encoder\.|layers\.0\./.test(name);
  const some = await train(spec, weights, batches, { frozen });
  const all = await train(spec, weights, batches.slice(0, 1));
  for (const [name, before] of weights) {
    const trained = !frozen(name) && !name.startsWith("decoder.");
    assert.equal(bits(some.weights.get(name)!).equals(bits(before)), !trained, name);
    for (const held of [some.gradients, some.state.m, some.state.v])
      assert.equal(held.has(name), trained, name);
  }
  const first = await train(spec, weights, batches.slice(0, 1), { frozen });
  for (const [name, { data }] of first.gradients) assert.deepEqual(data, all.gradients.get(name)!.data, name);
});

test("with everything below the class decoder frozen, no derivative goes into the transformer", () => {
  const model = smallSpec();
  const spec: TrainingSpec = {
    ...{ args: model.args, size: model, padRow: 0, dropout: 0.2, attentionLoop: "scan", objectives: ["CLS"] },
    frozen: (name) => !name.startsWith("cls_decoder."),
  };
  const graph = gradientGraph(spec, "whole");
  assert.ok(graph.trained.every(({ key }) => key.startsWith("cls_decoder.")));
  // Attention of the first layer, whose derivative makes its probabilities again, and of the last, whose does not; the loss.
  const softmaxes = (onnx: Uint8Array) =>
    Buffer.from(onnx).toString("latin1").split("\x07Softmax").length - 1;
  assert.equal(softmaxes(graph.onnx), 3);
  assert.equal(softmaxes(gradientGraph({ ...spec, frozen: undefined }, "whole").onnx), 4);
});

test("a step of several batches has the gradients of the whole one", async () => {
  const spec = smallSpec({ dropout: 0 });
  const weights = randomWeights(spec);
  const whole = randomBatch(spec, 6, 20);
  const classWeights = Float32Array.of(1, 2, 0.5, 1, 3);
  const losses: number[] = [];
  for (const extra of [{}, { classWeights }, { classWeights, labelSmoothing: 0.1 }]) {
    const gradients: Weights[] = [];
    const results = [];
    const trainer = await Trainer.create(spec, weights, { ...options, ...extra });
    const pieces = [cellsOf(whole, 0, 1), cellsOf(whole, 1, 4), cellsOf(whole, 4, 6)];
    // One trainer, whose weights stay: a step of several batches may come after one of a single batch, and before.
    for (const micro of [[whole], pieces, [whole]]) {
      results.push(await trainer.step(micro, 0));
      gradients.push(trainer.lastGradients());
    }
    await trainer.release();
    const off = Math.max(distance(gradients[1], gradients[0]), distance(gradients[2], gradients[0]));
    assert.ok(off < 1e-6, `${off}`);
    assert.ok(Math.abs(results[1].loss - results[0].loss) < 1e-6);
    assert.equal(results[1].correct, results[0].correct);
    assert.equal(results[1].cells, 6);
    losses.push(results[0].loss);
  }
  assert.equal(new Set(losses).size, 3, "class weights and label smoothing have a part in the loss");
});

test("state that is written in place is what it would be by copies", async () => {
  const spec = smallSpec();
  const weights = randomWeights(spec);
  const batches = [1, 2, 3, 4].map((seed) => randomBatch(spec, 4, 20, seed));
  const inPlace = await train(spec, weights, batches, { threads: 2 });
  // A new trainer for each step, its memory copied from the last one's.
  let [held, state] = [weights, undefined as Awaited<ReturnType<typeof train>>["state"] | undefined];
  for (const b of batches) {
    const trainer = await Trainer.create(spec, held, options);
    if (state) trainer.restore(state);
    await trainer.step([b], 1e-3);
    [held, state] = [trainer.weights(), trainer.optimizerState()];
    await trainer.release();
  }
  for (const [name, w] of held) assert.ok(bits(w).equals(bits(inPlace.weights.get(name)!)), name);
  for (const which of ["m", "v"] as const)
    for (const [name, w] of state![which])
      assert.ok(bits(w).equals(bits(inPlace.state[which].get(name)!)), name);
});
