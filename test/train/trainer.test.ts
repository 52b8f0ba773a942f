import assert from "node:assert/strict";
import { test } from "node:test";
import { stepFeeds } from "../../src/train/feeds.js";
import { Trainer } from "../../src/train/trainer.js";
import { randomBatch, randomWeights, smallSpec } from "../support/twoLayers.js";

const spec = smallSpec();
const weights = randomWeights(spec);
const batches = Array.from({ length: 20 }, (_, i) => randomBatch(spec, 4, 40, i));

async function twentySteps(threads: number, seed: number): Promise<Buffer> {
  const trainer = await Trainer.create(spec, weights, { device: "cpu", threads, seed });
  for (const batch of batches) await trainer.step([batch], 1e-3);
  const all = [...trainer.weights().values()].map(({ data }) => Buffer.from(data.buffer));
  await trainer.release();
  return Buffer.concat(all);
}

test("20 steps with dropout give the same weights to the bit, from run to run and on 1 and 2 threads", async () => {
  const one = await twentySteps(1, 5);
  for (const threads of [1, 2, 2, 2])
    assert.ok((await twentySteps(threads, 5)).equals(one), `${threads} threads`);
  assert.ok(!(await twentySteps(1, 6)).equals(one), "another seed");
});

test("each step and each batch of a step has dropout masks of its own", async () => {
  const losses: number[] = [];
  const trainer = await Trainer.create(spec, weights, { device: "cpu", threads: 1, seed: 5 });
  for (let i = 0; i < 3; i++) losses.push((await trainer.step([batches[0]], 0)).loss);
  assert.equal(new Set(losses).size, 3);
  // Twice the same batch in one step: with the same masks the loss would be one of a single batch.
  const other = await Trainer.create(spec, weights, { device: "cpu", threads: 1, seed: 5 });
  assert.notEqual((await other.step([batches[0], batches[0]], 0)).loss, losses[0]);
  await trainer.release();
  await other.release();
});

test("rows and columns, batches and steps have keys that have nothing in common", () => {
  const options = { objectives: ["CLS" as const], dropout: 0.2, seed: 5 };
  const micro = [batches[0], batches[1]];
  const feeds = [...stepFeeds(micro, 0, options), ...stepFeeds(micro, 1, options)];
  const keys = feeds.flatMap((f) => [f.rowKeys, f.columnKeys].map((t) => Array.from(t.data as Int32Array)));
  assert.equal(keys.length, 8);
  // A few of 1,280 draws among 2^31 may meet by chance; one is the most that is at all likely.
  assert.ok(new Set(keys.flat()).size >= keys.flat().length - 1);
  assert.deepEqual(stepFeeds(micro, 0, options)[0].rowKeys.data, feeds[0].rowKeys.data);
});

test("gradients that are not finite change nothing but the masks of the next step", async () => {
  const broken = new Map(weights);
  const bias = broken.get("cls_decoder.out_layer.bias")!;
  broken.set("cls_decoder.out_layer.bias", { ...bias, data: bias.data.map(() => Number.NaN) });
  const trainer = await Trainer.create(spec, broken, { device: "cpu", threads: 1, seed: 5 });
  const result = await trainer.step([batches[0]], 1e-3);
  assert.ok(result.skipped);
  assert.deepEqual(trainer.weights(), broken);
  const { step, attempts, m } = trainer.optimizerState();
  assert.deepEqual([step, attempts], [0, 1]);
  for (const { data } of m.values()) assert.ok(data.every((x) => x === 0));
  await trainer.release();
});
