import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import type { Weights } from "../../src/checkpoint/weights.js";
import { parameterShapes } from "../../src/model/parameters.js";
import { Random } from "../../src/support/random.js";
import { initialWeights } from "../../src/train/initialise.js";
import { TrainingJob } from "../../src/train/job.js";
import type { LoopState } from "../../src/train/loopState.js";
import type { TrainingEvent, TrainingPlan } from "../../src/train/plan.js";
import { until } from "../support/processes.js";
import { simulatedTokens, tinyArgs } from "../support/tokens.js";

const classes = 3;
const { tokens, labels } = simulatedTokens(150, 40, classes);

function plan(changes: Partial<TrainingPlan> = {}): TrainingPlan {
  const random = new Random(7);
  const shapes = parameterShapes(tinyArgs, { genes: tokens.genes.length + 2, classes });
  return {
    ...{ args: tinyArgs, classes, tokens, labels, weights: initialWeights(shapes, () => random.uniform()) },
    train: Int32Array.from({ length: 120 }, (_, i) => i),
    validation: Int32Array.from({ length: 30 }, (_, i) => 120 + i),
    ...{
      epochs: 6,
      batchSize: 16,
      microBatch: 16,
      maxSeqLen: 41,
      lr: 3e-3,
      scheduleRatio: 0.9,
      scheduleInterval: 1,
    },
    ...{ freeze: "nothing", seed: 3, device: "cpu", threads: 1 },
    ...changes,
  };
}

/** A job on a long plan, that has taken its first step. */
async function started(changes: Partial<TrainingPlan> = {}, signal?: AbortSignal) {
  const events: TrainingEvent[] = [];
  let stepped = () => {};
  const first = new Promise<void>((resolve) => {
    stepped = resolve;
  });
  const job = new TrainingJob(
    plan({ epochs: 1000, ...changes }),
    (event) => {
      events.push(event);
      if (event.kind === "step") stepped();
    },
    signal,
  );
  await Promise.race([first, job.result]);
  const steps = () => events.filter(({ kind }) => kind === "step").length;
  return { job, events, steps };
}

const bytes = (weights: Weights) =>
  [...weights].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString("base64")]);

test("learns, reports every step and epoch, keeps the weights of the lowest validation loss", async () => {
  const events: TrainingEvent[] = [];
  const result = await new TrainingJob(plan({ epochs: 20, lr: 5e-3 }), (event) => events.push(event)).result;
  const steps = events.filter((event) => event.kind === "step");
  const epochs = events.filter((event) => event.kind === "epoch");
  assert.equal(steps.length, 20 * Math.ceil(120 / 16));
  assert.deepEqual(
    steps.map((event) => event.kind === "step" && event.step),
    steps.map((_, i) => i + 1),
  );
  assert.equal(result.steps, steps.length);
  const losses = epochs.map((event) => (event.kind === "epoch" ? event.validationLoss : Number.NaN));
  assert.ok(losses[losses.length - 1] < 0.5 * losses[0], `validation losses ${losses}`);
  assert.equal(result.bestEpoch, 1 + losses.indexOf(Math.min(...losses)));
  const rates = epochs.map((event) => (event.kind === "epoch" ? event.learningRate : 0));
  rates.forEach((rate, i) => {
    assert.ok(Math.abs(rate - 5e-3 * 0.9 ** i) < 1e-12);
  });
  const tokensDone = steps.reduce((sum, event) => sum + (event.kind === "step" ? event.tokens : 0), 0);
  assert.equal(steps[0].kind === "step" && steps[0].tokens + steps[0].tokensLeft, tokensDone);
});

test("the same plan gives the same weights to the bit, with 1 thread and with 2", async () => {
  const [a, b, c] = [plan({ epochs: 2 }), plan({ epochs: 2 }), plan({ epochs: 2, threads: 2 })];
  const [first, second, third] = [await run(a), await run(b), await run(c)];
  assert.deepEqual(bytes(second), bytes(first));
  assert.deepEqual(bytes(third), bytes(first));
  assert.notDeepEqual(bytes(await run(plan({ epochs: 2, seed: 4 }))), bytes(first));
});

async function run(of: TrainingPlan): Promise<Weights> {
  return (await new TrainingJob(of, () => {}).result).weights;
}

for (const freeze of ["nothing", "backbone"] as const)
  test(`a training goes on from its state, written and read, to the same bits (freeze: ${freeze})`, async () => {
    const whole = plan({ epochs: 4, freeze });
    const heard: TrainingEvent[] = [];
    const reference = await new TrainingJob(whole, [(event) => heard.push(event)]).result;
    // Held in the middle of the third epoch of eight steps, so that there is a best one already.
    const before: TrainingEvent[] = [];
    const job = new TrainingJob(whole, [
      (event) => {
        before.push(event);
        if (event.kind === "step" && event.step === 19) job.pause();
      },
    ]);
    while (!before.some((event) => event.kind === "step" && event.step === 19)) await sleep(5);
    const { kind, ...state } = await job.snapshot();
    job.stop();
    await job.result;
    assert.ok(state.step >= 19 && state.step < 32, `held at step ${state.step}`);
    assert.equal(state.epoch, 1 + Math.floor((state.step - 1) / 8) + (state.batch === 0 ? 1 : 0));

    const after: TrainingEvent[] = [];
    const read: LoopState = deserialize(serialize(state));
    const result = await new TrainingJob(whole, [(event) => after.push(event)], undefined, read).result;
    assert.deepEqual(bytes(result.weights), bytes(reference.weights));
    assert.deepEqual({ ...result, weights: 0 }, { ...reference, weights: 0 });
    const course = (events: TrainingEvent[]) =>
      events
        .filter(({ kind }) => kind === "epoch" || kind === "step")
        .map((event) => ({ ...event, seconds: 0 }));
    assert.deepEqual(course(after), course(heard).slice(-course(after).length));
    assert.equal(after.filter((event) => event.kind === "step").length, 32 - state.step);
  });

test("micro-batches make the same step as the whole batch, but for rounding", async () => {
  const args = { ...tinyArgs, dropout: 0 };
  const losses = async (microBatch: number) => {
    const found: number[] = [];
    await new TrainingJob(plan({ args, microBatch, epochs: 2 }), (event) => {
      if (event.kind === "step") found.push(event.loss);
    }).result;
    return found;
  };
  const [whole, pieces] = [await losses(16), await losses(5)];
  whole.forEach((loss, i) => {
    assert.ok(Math.abs(pieces[i] - loss) < 2e-4 * loss, `step ${i + 1}: ${pieces[i]} for ${loss}`);
  });
});

test("frozen parts stay as they were to the bit, the others move", async () => {
  const before = plan().weights;
  const frozenBy = {
    encoders: /^(value_)?encoder\./,
    backbone: /^(?!cls_decoder\.)/,
    lastLayer: /^(?!cls_decoder\.|transformer_encoder\.layers\.1\.)/,
  };
  for (const part of ["encoders", "backbone", "lastLayer"] as const) {
    const freeze = part === "lastLayer" ? { lastLayers: 1 } : part;
    const after = await run(plan({ freeze, epochs: 1 }));
    const same = [...after.keys()].filter((name) =>
      Buffer.from(after.get(name)!.data.buffer).equals(Buffer.from(before.get(name)!.data.buffer)),
    );
    const unreached = [...after.keys()].filter((name) => name.startsWith("decoder."));
    const expected = [...after.keys()].filter(
      (name) => frozenBy[part].test(name) || unreached.includes(name),
    );
    assert.deepEqual(same, expected, part);
  }
});

test("timers fire while it trains; stop ends it within one step and keeps what was reached", async () => {
  const { job, steps } = await started();
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await sleep(1000);
  clearInterval(timer);
  const before = steps();
  job.stop();
  const result = await job.result;
  assert.ok(longest < 500, `a timer was late by ${longest} ms`);
  assert.ok(result.stopped);
  // Steps whose messages were under way when stop was called, and the one that it waited for.
  assert.ok(result.steps - before <= 3, `${result.steps - before} steps after stop`);
  assert.ok(result.weights.size > 0);
});

test("pause holds it between two steps, resume goes on, a snapshot can be taken meanwhile", async () => {
  const { job, steps } = await started();
  job.pause();
  // It is answered between two steps, behind the messages of those before.
  const snapshot = await job.snapshot();
  const paused = steps();
  assert.equal(snapshot.step, paused);
  await sleep(300);
  assert.equal(steps(), paused);
  assert.deepEqual([...snapshot.weights.keys()], [...plan().weights.keys()]);
  job.resume();
  await until("another step", () => steps() > paused, 30);
  job.stop();
  assert.equal((await job.result).steps, steps());
});

test("an aborted signal rejects at once with its reason", async () => {
  const controller = new AbortController();
  const { job } = await started({}, controller.signal);
  const reason = new Error("the cell was interrupted");
  controller.abort(reason);
  await assert.rejects(job.result, reason);
  await assert.rejects(new TrainingJob(plan(), () => {}, controller.signal).result, reason);
});

test("an error in the worker is the job's error, and a snapshot asked for then does not hang", async () => {
  const broken = plan({ labels: Int32Array.from(labels, () => 99) });
  broken.weights.delete("encoder.embedding.weight");
  const job = new TrainingJob(broken, () => {});
  await assert.rejects(job.result, /encoder\.embedding\.weight/);
  await assert.rejects(job.snapshot(), /encoder\.embedding\.weight/);
});
