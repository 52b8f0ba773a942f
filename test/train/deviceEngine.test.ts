import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Communicator } from "../../src/runtime/communicator.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import { DeviceSession } from "../../src/runtime/deviceSession.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import type { TokenBatch, TrainingState } from "../../src/train/engine.js";
import { halves } from "../../src/train/splitBatch.js";
import { copyWeights } from "../../src/train/state.js";
import { Trainer } from "../../src/train/trainer.js";
import { ranksInMemory } from "../support/ranksInMemory.js";
import { smallSpec, smallSteps, smallWeights } from "../support/smallModel.js";

// The engine that GPUs are given, on the CPU provider.

const spec = smallSpec();
const adam = { epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };

function onCpu(half = false, ranks?: Communicator): { engine: DeviceEngine; state: TrainingState } {
  const state = {
    weights: copyWeights(smallWeights(spec)),
    m: new Map(),
    v: new Map(),
    step: 0,
    attempts: 0,
  };
  const training = {
    ...{ args: spec.args, size: spec, padRow: 0, objectives: ["CLS" as const], dropout: 0.2 },
    ...{ attentionLoop: "batch" as const, half },
  };
  const runtime = DeviceRuntime.open({ device: "cpu" });
  return {
    engine: DeviceEngine.create(training, state, runtime, { ...training, seed: 0 }, adam, ranks),
    state,
  };
}

test("steps, accumulated ones among them, are the CPU engine's steps", async () => {
  const single = smallSteps(spec, 5);
  const [a, b] = smallSteps(spec, 2, 2, 12, 9);
  const steps = [
    ...single,
    { micro: [a.micro[0], b.micro[0]], learningRate: 1e-3 },
    ...smallSteps(spec, 1, 3, 10, 4),
  ];

  const trainer = await Trainer.create(spec, smallWeights(spec), { device: "cpu", seed: 0 });
  const expected = await trainer.steps(steps);
  const weights = trainer.weights();
  await trainer.release();
  const { engine, state } = onCpu();
  const results = await engine.run(steps);
  engine.read();
  await engine.release();

  results.forEach((r, i) => {
    assert.ok(Math.abs(r.loss - expected[i].loss) < 1e-6 * expected[i].loss, `loss ${i}`);
    assert.ok(Math.abs(r.gradNorm - expected[i].gradNorm) < 1e-4 * expected[i].gradNorm, `norm ${i}`);
    assert.equal(r.correct, expected[i].correct);
  });
  for (const [name, { data }] of state.weights) {
    // A key bias has no gradient in exact arithmetic; Adam makes steps of its noise.
    if (name.endsWith("in_proj_bias")) continue;
    const theirs = weights.get(name)!.data;
    data.forEach((x, i) => {
      assert.ok(Math.abs(x - theirs[i]) < 2e-4, `${name}[${i}]: ${x} beside ${theirs[i]}`);
    });
  }
});

test("a step whose gradients are not finite changes nothing and halves the loss scale", async () => {
  const { engine, state } = onCpu(true);
  const good = smallSteps(spec, 3);
  await engine.run(good.slice(0, 1));
  assert.equal(engine.scale, 65536);
  engine.read();
  const before = copyWeights(state.weights);
  const moments = copyWeights(state.m);
  state.weights.get("cls_decoder.out_layer.weight")!.data[0] = Number.POSITIVE_INFINITY;
  before.get("cls_decoder.out_layer.weight")!.data[0] = Number.POSITIVE_INFINITY;
  engine.write();
  const [bad] = await engine.run(good.slice(1, 2));
  engine.read();
  await engine.release();
  assert.ok(bad.skipped);
  assert.equal(engine.scale, 32768);
  assert.equal(state.step, 1);
  for (const [held, kept] of [[state.weights, before] as const, [state.m, moments] as const])
    for (const [name, { data }] of held) assert.deepEqual(data, kept.get(name)!.data, name);
});

test("the derivative makes the probabilities again: no layer's are kept for it", () => {
  // Four layers' of one cell of 1,501 tokens are 0.29 GB; with them the process came to 1.21 GB, without to 0.60.
  const script = fileURLToPath(new URL("../support/longCellChild.js", import.meta.url));
  const peak = Number(execFileSync(process.execPath, [script], { encoding: "utf8" }));
  assert.ok(peak < 0.8e9, `${(peak / 1e9).toFixed(2)} GB`);
});

test("a batch that the device's memory does not hold is halved, and the step comes out the same", async () => {
  const [step] = smallSteps(spec, 1, 4, 12);
  const { engine } = onCpu();
  const { run } = DeviceSession.prototype;
  let [refused, taken] = [0, 0];
  DeviceSession.prototype.run = function (feeds, into) {
    if ("loss" in into) {
      if ((feeds.labels.dims[0] as number) > 1) {
        refused++;
        throw new Error("Failed to allocate memory for requested buffer of size 1");
      }
      taken++;
    }
    return run.call(this, feeds, into);
  };
  const [result] = await engine.run([step]);
  DeviceSession.prototype.run = run;
  await engine.release();
  assert.deepEqual([refused, taken], [2, 4]);

  const alone = [0, 1, 2, 3].map((cell) => part(step.micro[0], cell));
  const trainer = await Trainer.create(spec, smallWeights(spec), { device: "cpu", seed: 0 });
  const expected = await trainer.step(alone, step.learningRate);
  await trainer.release();
  assert.ok(Math.abs(result.loss - expected.loss) < 1e-6 * expected.loss);
  assert.ok(Math.abs(result.gradNorm - expected.gradNorm) < 1e-4 * expected.gradNorm);
});

/** One cell of a batch. */
function part({ batch, labels }: TokenBatch, cell: number): TokenBatch {
  const { length } = batch;
  const tokens = <T extends Float32Array | Int32Array>(t: T) =>
    t.slice(cell * length, (cell + 1) * length) as T;
  return {
    batch: { cells: Int32Array.of(cell), length, genes: tokens(batch.genes), values: tokens(batch.values) },
    labels: labels.slice(cell, cell + 1),
  };
}

test("a state that is taken up elsewhere goes on as if nothing had happened, its loss scale included", async () => {
  const steps = smallSteps(spec, 4);
  const whole = onCpu(true);
  const expected = await whole.engine.run(steps);
  await whole.engine.release();

  const [before, after] = [onCpu(true), onCpu(true)];
  await before.engine.run(steps.slice(0, 2));
  before.engine.read();
  before.state.scaler!.scale /= 4;
  const saved = structuredClone(before.state);
  await before.engine.release();
  for (const kind of ["weights", "m", "v"] as const)
    for (const [name, { data }] of after.state[kind]) data.set(saved[kind].get(name)!.data);
  Object.assign(after.state, { step: saved.step, attempts: saved.attempts });
  Object.assign(after.state.scaler!, saved.scaler);
  after.engine.write();
  const results = await after.engine.run(steps.slice(2));
  assert.equal(after.engine.scale, 16384);
  await after.engine.release();
  for (const [i, { loss }] of results.entries())
    assert.ok(Math.abs(loss - expected[i + 2].loss) < 1e-4 * loss, `${loss} beside ${expected[i + 2].loss}`);
});

test("two ranks take the steps that one would, whose sum of derivatives goes by the host", async () => {
  const steps = smallSteps(spec, 4);
  const alone = onCpu(true);
  const expected = await alone.engine.run(steps);
  alone.engine.read();
  await alone.engine.release();

  // Three cells: two and one; and a step whose only cell is the first rank's.
  const shared = steps.map(({ micro: [all], learningRate }) => {
    const { labels, batch } = all;
    return halves(all).map((one, rank) => ({
      ...{ micro: [one], learningRate },
      whole: { labels, length: batch.length, masked: 0, first: 2 * rank },
    }));
  });
  const ends = await Promise.all(
    ranksInMemory(2).map(async (ranks) => {
      const { engine, state } = onCpu(true, ranks);
      const results = await engine.run(shared.map((step) => step[ranks.rank]));
      const [lone] = smallSteps(spec, 1, 1, 9, 4);
      const whole = { labels: lone.micro[0].labels, length: 9, masked: 0, first: 0 };
      await engine.run([{ ...lone, whole, micro: ranks.rank === 0 ? lone.micro : [], learningRate: 0 }]);
      engine.read();
      await engine.release();
      return { results, state };
    }),
  );
  const [first, second] = ends.map(({ state }) => state.weights);
  for (const [name, { data }] of first) assert.deepEqual(second.get(name)!.data, data, name);
  for (const [i, { loss, gradNorm, correct, cells, skipped }] of expected.entries()) {
    const { results } = ends[1];
    assert.ok(Math.abs(results[i].loss - loss) < 1e-5 * loss, `loss ${i}: ${results[i].loss} for ${loss}`);
    assert.ok(Math.abs(results[i].gradNorm - gradNorm) < 1e-3 * gradNorm, `norm ${i}`);
    assert.deepEqual([results[i].correct, results[i].cells, results[i].skipped], [correct, cells, skipped]);
  }
});
