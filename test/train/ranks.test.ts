import assert from "node:assert/strict";
import { test } from "node:test";
import type { Weights } from "../../src/checkpoint/weights.js";
import { parameterShapes } from "../../src/model/parameters.js";
import type { Communicator } from "../../src/runtime/communicator.js";
import { Random } from "../../src/support/random.js";
import { Control } from "../../src/train/control.js";
import { initialWeights } from "../../src/train/initialise.js";
import { type Keeper, train } from "../../src/train/loop.js";
import type { LoopState } from "../../src/train/loopState.js";
import { withDecoders } from "../../src/train/objectives.js";
import type { StepEvent, TrainingEvent, TrainingPlan, TrainingResult } from "../../src/train/plan.js";
import { rowsOf } from "../../src/train/ranks.js";
import { requireSame } from "../../src/train/sameOnAll.js";
import { farthest } from "../support/farthest.js";
import { ranksInMemory } from "../support/ranksInMemory.js";
import { simulatedTokens, tinyArgs } from "../support/tokens.js";

// Ranks in one process, against one that trains alone.

const classes = 3;
const { tokens, labels } = simulatedTokens(70, 40, classes);

function plan(changes: Partial<TrainingPlan> = {}): TrainingPlan {
  const random = new Random(7);
  const { args = tinyArgs, batches } = changes;
  const shapes = parameterShapes(args, { genes: tokens.genes.length + 2, classes, batches });
  return {
    ...{ args, classes, tokens, labels, weights: initialWeights(shapes, () => random.uniform()) },
    train: Int32Array.from({ length: 52 }, (_, i) => i),
    validation: Int32Array.from({ length: 18 }, (_, i) => 52 + i),
    // Four steps an epoch, one of them of a single cell.
    ...{ epochs: 2, batchSize: 17, microBatch: 17, maxSeqLen: 41, lr: 3e-3 },
    ...{ scheduleRatio: 0.9, scheduleInterval: 1, freeze: "nothing", seed: 3, device: "cpu", threads: 1 },
    ...changes,
  };
}

interface Trained {
  result: TrainingResult;
  steps: StepEvent[];
  epochs: TrainingEvent[];
}

async function trained(of: TrainingPlan, ranks?: Communicator, from?: LoopState, keeper?: Keeper) {
  const heard: TrainingEvent[] = [];
  const result = await train(of, new Control(), [(event) => heard.push(event)], from, keeper, ranks);
  return {
    result,
    steps: heard.filter((event) => event.kind === "step"),
    epochs: heard.filter((event) => event.kind === "epoch"),
  };
}

const together = (of: TrainingPlan, size: number): Promise<Trained[]> =>
  Promise.all(ranksInMemory(size).map((ranks) => trained(of, ranks)));

const bytes = (weights: Weights) =>
  [...weights].map(([name, { data }]) => [name, Buffer.from(data.slice().buffer).toString("base64")]);

test("a step's cells are dealt out side by side, each once, the first rank never left without", () => {
  for (const size of [1, 2, 3, 4, 7])
    for (let cells = 1; cells < 40; cells++) {
      const rows = Array.from({ length: size }, (_, rank) => rowsOf(cells, { rank, size }));
      assert.equal(rows[0][0], 0);
      assert.equal(rows[size - 1][1], cells);
      for (const [rank, [from]] of rows.entries()) if (rank > 0) assert.equal(from, rows[rank - 1][1]);
      const counts = rows.map(([from, to]) => to - from);
      assert.ok(counts[0] > 0 && Math.max(...counts) - Math.min(...counts) <= 1, `${cells}: ${counts}`);
    }
});

const NONE = { mlm: false, mvc: false, ecs: false, cce: false, dab: false, explicitZeroProb: false };
const CASES: Record<string, Partial<TrainingPlan>> = {
  "dropout, class weights and smoothed labels": {
    classWeights: Float32Array.of(0.5, 1, 2),
    labelSmoothing: 0.1,
  },
  "masked values and a batch discriminator": {
    ...{ objectives: ["CLS", "MLM", "MVC", "DAB"], maskRatio: 0.4, dabWeight: 0.5, batches: 2 },
    batchLabels: Int32Array.from(labels, (_, i) => (i >> 3) % 2),
    args: withDecoders(tinyArgs, { ...NONE, mlm: true, mvc: true, dab: true }),
  },
  "no labels, masked values": {
    ...{ objectives: ["MLM", "MVC"], maskRatio: 0.4 },
    args: withDecoders(tinyArgs, { ...NONE, mlm: true, mvc: true }),
  },
  "the class decoder alone": { freeze: "backbone" },
  adapters: { freeze: "base", lora: 2 },
};
for (const [name, changes] of Object.entries(CASES))
  test(`two ranks end with the same bits, and take the steps that one would: ${name}`, async () => {
    const whole = plan(changes);
    const alone = await trained(whole);
    const [first, second] = await together(whole, 2);
    assert.deepEqual(bytes(second.result.weights), bytes(first.result.weights));
    assert.equal(first.steps.length, 8);
    for (const [i, step] of alone.steps.entries()) {
      assert.ok(Math.abs(first.steps[i].loss - step.loss) < 1e-5 * step.loss, `loss of step ${i + 1}`);
      assert.ok(Math.abs(first.steps[i].gradNorm - step.gradNorm) < 1e-4 * step.gradNorm);
      assert.equal(first.steps[i].error, step.error);
    }
    const far = farthest(first.result.weights, alone.result.weights);
    assert.ok(far < 1e-5, `${far}`);
    for (const [i, epoch] of alone.epochs.entries()) {
      const theirs = first.epochs[i];
      assert.ok(epoch.kind === "epoch" && theirs.kind === "epoch");
      assert.ok(Math.abs(theirs.validationLoss - epoch.validationLoss) < 1e-5 * epoch.validationLoss);
      assert.equal(theirs.validationError, epoch.validationError);
    }
    assert.deepEqual(second.epochs, first.epochs);
  });

test("of batch norm's running statistics, all ranks take those of the first one's cells", async () => {
  const [first, second] = await together(
    plan({ args: { ...tinyArgs, domain_spec_batchnorm: "batchnorm" } }),
    2,
  );
  assert.deepEqual(bytes(second.result.weights), bytes(first.result.weights));
  const { data } = first.result.weights.get("bn.num_batches_tracked")!;
  assert.equal(data[0] % 4, 0);
  assert.ok(data[0] > 0);
});

test("a rank that adds its part up from pieces takes the same steps, dropout included", async () => {
  const whole = plan({ epochs: 1 });
  const [alone, [pieces]] = [await trained(whole), await together(plan({ epochs: 1, microBatch: 4 }), 3)];
  const far = farthest(pieces.result.weights, alone.result.weights);
  assert.ok(far < 1e-5, `${far}`);
});

/** Trains until the first epoch is at its end, and keeps what a first rank keeps. */
async function firstEpoch(whole: TrainingPlan, size: number): Promise<LoopState> {
  let kept: LoopState | undefined;
  const keeper: Keeper = {
    hear() {},
    keep(moment, state) {
      if (moment === "epoch" && !kept) kept = structuredClone(state());
    },
  };
  await Promise.all(
    ranksInMemory(size).map((ranks) =>
      trained(whole, ranks, undefined, ranks.rank === 0 ? keeper : undefined),
    ),
  );
  return kept!;
}

test("a training goes on from what the first rank kept: by as many ranks to the same bits, by others but for rounding", async () => {
  // One validation, after the last step.
  const whole = plan({ saveEvalInterval: 2 });
  const [undisturbed] = await together(whole, 2);
  const state = await firstEpoch(whole, 2);
  const goOn = (size: number) =>
    Promise.all(ranksInMemory(size).map((ranks) => trained(whole, ranks, structuredClone(state))));
  const [again] = await goOn(2);
  assert.deepEqual(bytes(again.result.weights), bytes(undisturbed.result.weights));
  for (const far of [(await goOn(3))[0], await trained(whole, undefined, state)].map(({ result }) =>
    farthest(result.weights, undisturbed.result.weights),
  ))
    assert.ok(far > 0 && far < 1e-5, `${far}`);
});

test("a rank that is to stop stops all, after the same step", async () => {
  const whole = plan({ epochs: 100 });
  const controls = [new Control(), new Control()];
  const ends = await Promise.all(
    ranksInMemory(2).map((ranks) => {
      const hear = (event: TrainingEvent) => {
        if (ranks.rank === 1 && event.kind === "step" && event.step === 6) controls[1].stop();
      };
      return train(whole, controls[ranks.rank], [hear], undefined, undefined, ranks);
    }),
  );
  for (const { stopped, steps } of ends) assert.deepEqual([stopped, steps], [true, 6]);
  assert.deepEqual(bytes(ends[0].weights), bytes(ends[1].weights));
});

test("ranks that no longer hold the same weights are told so after the epoch", async () => {
  const other = new Map(plan().weights);
  const { shape, data } = other.get("cls_decoder.out_layer.bias")!;
  other.set("cls_decoder.out_layer.bias", { shape, data: data.map((x) => x + 1e-7) });
  const ends = await Promise.allSettled(
    ranksInMemory(2).map((ranks) => trained(plan(ranks.rank === 1 ? { weights: other } : {}), ranks)),
  );
  for (const end of ends) {
    assert.equal(end.status, "rejected");
    assert.equal(end.reason.code, "ranks");
    assert.match(end.reason.message, /weights: rank 1 has others than rank 0.*after step 4/);
  }
});

test("what ranks do not agree on is named, with the ranks and their values", async () => {
  const long = "x".repeat(100);
  const ask = (things: (rank: number) => Record<string, string>) =>
    Promise.allSettled(
      ranksInMemory(3).map((ranks) => requireSame(ranks, things(ranks.rank), "give all the same")),
    );
  for (const { status } of await ask(() => ({ lr: "0.1", cells: long }))) assert.equal(status, "fulfilled");
  const said =
    "the processes that train together do not agree (lr: 0.2 on ranks 1, 2, 0.1 on rank 0; cells: rank 2 has others than rank 0): give all the same";
  for (const end of await ask((rank) => ({
    ...{ lr: rank === 0 ? "0.1" : "0.2", seed: "1" },
    cells: rank === 2 ? `${long}y` : long,
  })))
    assert.equal(end.status === "rejected" && end.reason.message, said);
});
