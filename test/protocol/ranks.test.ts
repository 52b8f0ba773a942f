import assert from "node:assert/strict";
import { test } from "node:test";
import { planRun } from "../../src/protocol/finetune.js";
import { agreedPlan, endsAll, partOf, saidByAll, together } from "../../src/protocol/ranks.js";
import type { Communicator } from "../../src/runtime/communicator.js";
import { processors } from "../../src/support/processors.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { ranksInMemory } from "../support/ranksInMemory.js";

const onAll = <T>(size: number, work: (ranks: Communicator) => Promise<T>) =>
  Promise.allSettled(ranksInMemory(size).map(work));

test("a mistake of one rank ends all, before anything is written, and is said where it was made", async () => {
  const ends = await onAll(3, (ranks) =>
    together(ranks, () => {
      if (ranks.rank === 1) throw new Error("no such folder");
      return ranks.rank;
    }),
  );
  const errors = ends.map((end) => end.status === "rejected" && end.reason);
  assert.deepEqual(
    errors.map(({ message }) => message),
    [0, 1, 2].map((rank) =>
      rank === 1 ? "no such folder" : "nothing was trained, since rank 1 can't begin; it says why",
    ),
  );
  assert.ok(errors.every(endsAll));
  assert.deepEqual(errors.map(saidByAll), [true, false, true]);
  assert.ok(!endsAll(new Error("the disk is full")));
});

test("a mistake of all ranks is said once, by the first", async () => {
  const ends = await onAll(3, (ranks) => together(ranks, () => Promise.reject(new Error("no labels"))));
  const own = ends.map((end) => end.status === "rejected" && !saidByAll(end.reason) && end.reason.message);
  assert.deepEqual(own, ["no labels", false, false]);
});

test("ranks train what all have planned, in pieces that the memory of each holds", async () => {
  const model = await tinyModel();
  const ready = preparedCells(model, 60);
  const plan = async (changes: object) => planRun(ready, { seed: 1, epochs: 1, threads: 1, ...changes });
  // Each may have threads of its own.
  const ends = await onAll(2, async (ranks) =>
    agreedPlan(ranks, await plan({ threads: 1 + ranks.rank, microBatch: 8 - 3 * ranks.rank }), ready).catch(
      (error) => error.message,
    ),
  );
  // Their pieces are options here, and so have to be the same.
  assert.match(
    String(ends[0].status === "fulfilled" && ends[0].value),
    /microBatch: 5 on rank 1, 8 on rank 0\): start all/,
  );
  const [first, second] = await onAll(2, async (ranks) => {
    const planned = await plan({});
    return agreedPlan(ranks, { ...planned, microBatch: 8 - 3 * ranks.rank }, ready);
  });
  assert.ok(first.status === "fulfilled" && second.status === "fulfilled");
  assert.deepEqual([first.value.microBatch, second.value.microBatch], [5, 5]);
  assert.match(first.value.notes[0], /^2 processes trained it together/);
});

test("ranks with other cells, weights or a split of their own are refused by name", async () => {
  const model = await tinyModel();
  const ready = preparedCells(model, 60);
  const [planned, other] = [await planRun(ready, { seed: 1 }), await planRun(ready, { seed: 2 })];
  const cases: [RegExp, Parameters<typeof agreedPlan>[1], typeof ready][] = [
    [
      /\(cells' genes and values: rank 1 has others than rank 0; cells' labels: rank 1 has others/,
      planned,
      preparedCells(model, 61),
    ],
    [/\(weights: rank 1 has others than rank 0\)/, { ...planned, start: other.start }, ready],
    [
      /\(split: rank 1 has others than rank 0\)/,
      { ...planned, split: { ...planned.split, train: planned.split.train.toReversed() } },
      ready,
    ],
    [/\(seed: 2 on rank 1, 1 on rank 0;/, other, ready],
  ];
  for (const [said, theirs, cells] of cases)
    for (const end of await onAll(2, (ranks) =>
      ranks.rank === 0 ? agreedPlan(ranks, planned, ready) : agreedPlan(ranks, theirs, cells),
    ))
      assert.match(String(end.status === "rejected" && end.reason.message), said);
});

test("ranks on one machine share its processors and its memory", {
  skip: process.platform !== "linux" && "MPI is used on Linux only",
}, async () => {
  const threads = Math.max(1, Math.floor(processors() / 2));
  for (const end of await onAll(2, partOf))
    assert.deepEqual(end.status === "fulfilled" && end.value, { of: 2, neighbours: 2, threads });
  assert.deepEqual(await partOf(undefined), { of: 1, neighbours: 1 });
});
