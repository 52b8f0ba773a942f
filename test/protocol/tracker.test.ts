import assert from "node:assert/strict";
import { test } from "node:test";
import { finetune, type Tracker } from "../../src/index.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const settings = { epochs: 2, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu", logInterval: 3 } as const;

test("a tracker is told of the run, its curves and its end; one that fails is said, and the training goes on", async () => {
  const ready = preparedCells(await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }));
  const told: unknown[] = [];
  const curves = new Map<number, Record<string, number>>();
  const tracker: Tracker = {
    begin: ({ name, config }) => void told.push(name, config.lr),
    log: (step, values) => void curves.set(step, { ...curves.get(step), ...values }),
    end: (state) => void told.push(state),
  };
  let failures = 0;
  const broken: Tracker = {
    begin() {},
    log() {
      failures++;
      throw new Error("no network");
    },
    end: () => assert.fail("it was given up"),
  };
  const said = new Set<string | undefined>();
  const run = await finetune(ready, {
    ...settings,
    trackers: [tracker, broken],
    onProgress: ({ message }) => void said.add(message),
  });
  assert.deepEqual(told, ["simulated", 5e-3, "finished"]);
  assert.deepEqual([...curves.keys()], [3, 6, 8, 9, 12, 15, 16]);
  assert.equal(curves.get(6)!["train/loss"], run.training.losses[5]);
  const { validationLoss, validationError } = run.training.history[0];
  assert.deepEqual(
    [curves.get(8)!["valid/loss"], curves.get(8)!["valid/err"]],
    [validationLoss, validationError],
  );
  assert.equal(failures, 1);
  assert.ok(
    said.has("the tracker failed, and training goes on without it: no network"),
    [...said].join("\n"),
  );
});
