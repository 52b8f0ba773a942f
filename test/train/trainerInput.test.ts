import assert from "node:assert/strict";
import { test } from "node:test";
import { Predictor } from "../../src/predict/predictor.js";
import { nvidiaDriver } from "../../src/runtime/cudaDriver.js";
import { Session } from "../../src/runtime/session.js";
import type { TokenBatch } from "../../src/train/engine.js";
import { Trainer } from "../../src/train/trainer.js";
import { randomBatch, randomWeights, smallSpec } from "../support/twoLayers.js";

const small = { embsize: 8, nheads: 2, d_hid: 8, nlayers: 1, n_layers_cls: 2 };
const spec = smallSpec(small, 12, 3);
const options = { device: "cpu" as const, threads: 1, seed: 1 };

function batchWith(change: (b: TokenBatch) => void): TokenBatch {
  const made = randomBatch(spec, 2, 5);
  made.batch.cells = Int32Array.of(40, 41);
  change(made);
  return made;
}

const faults: [what: string, change: (b: TokenBatch) => void, message: string][] = [
  [
    "a NaN among the values",
    (b) => {
      b.batch.values[7] = Number.NaN;
      b.batch.genes[7] = 9;
    },
    "cell 41, position 2 (gene row 9): the value is NaN; it must be a finite number.",
  ],
  [
    "an infinite value",
    (b) => {
      b.batch.values[1] = Infinity;
      b.batch.genes[1] = 3;
    },
    "cell 40, position 1 (gene row 3): the value is Infinity; it must be a finite number.",
  ],
  [
    "a gene that the table does not have",
    (b) => {
      b.batch.genes[1] = 12;
    },
    "cell 40, position 1: gene row 12 is not in the table of 12 rows (0 … 11).",
  ],
  [
    "arrays of another size",
    (b) => {
      b.batch.values = b.batch.values.slice(1);
    },
    "A batch of 2 cells × 5 tokens has 10 genes and 9 values.",
  ],
];

test("training refuses what it cannot train on, naming the cell, and changes nothing", async () => {
  const weights = randomWeights(spec);
  const trainer = await Trainer.create(spec, weights, options);
  const more: typeof faults = [
    [
      "a label outside the classes",
      (b) => {
        b.labels[1] = 3;
      },
      "cell 41: the class label is 3; with 3 of them it must be 0 … 2.",
    ],
    [
      "a negative label",
      (b) => {
        b.labels[0] = -1;
      },
      "cell 40: the class label is -1; with 3 of them it must be 0 … 2.",
    ],
    [
      "fewer labels than cells",
      (b) => {
        b.labels = b.labels.slice(1);
      },
      "A batch of 2 cells has 1 class labels; it needs one a cell.",
    ],
  ];
  for (const [what, change, message] of [...faults, ...more])
    await assert.rejects(trainer.step([randomBatch(spec, 2, 5), batchWith(change)], 1e-3), { message }, what);
  const message = "A training step got an empty batch.";
  await assert.rejects(trainer.step([], 1e-3), { message });
  await assert.rejects(trainer.step([randomBatch(spec, 0, 5)], 1e-3), { message });
  assert.deepEqual(trainer.weights(), weights);
  assert.equal(trainer.optimizerState().step, 0);
  await trainer.release();
});

test("prediction refuses what it cannot read, naming the cell", async () => {
  const predictor = await Predictor.create(spec, randomWeights(spec), options);
  for (const [what, change, message] of faults)
    await assert.rejects(predictor.predict(batchWith(change).batch), { message }, what);
  await assert.rejects(predictor.predict(randomBatch(spec, 0, 5).batch), {
    message: "Prediction got an empty batch.",
  });
  await predictor.release();
});

test("batch labels that are missing or outside their range are refused", async () => {
  const labelled = { ...smallSpec({ ...small, use_batch_labels: true }, 12, 3), batches: 2 };
  const weights = randomWeights(labelled);
  const trainer = await Trainer.create(labelled, weights, options);
  const batch = randomBatch(labelled, 2, 5);
  await assert.rejects(trainer.step([batch], 1e-3), {
    message: "The model uses batch labels, and the training step got none.",
  });
  await assert.rejects(trainer.step([{ ...batch, batchLabels: Int32Array.of(0, 2) }], 1e-3), {
    message: "cell 1: the batch label is 2; with 2 of them it must be 0 … 1.",
  });
  await trainer.release();
  const predictor = await Predictor.create(labelled, weights, options);
  await assert.rejects(predictor.predict(batch.batch), {
    message: "The model uses batch labels, and prediction got none.",
  });
  await predictor.release();
});

test("masked objectives need masked values", async () => {
  const trainer = await Trainer.create(spec, randomWeights(spec), { ...options, objectives: ["CLS", "MLM"] });
  await assert.rejects(trainer.step([randomBatch(spec, 2, 5)], 1e-3), {
    message: "The objectives MLM and MVC need masked values, and the training step got none.",
  });
  await trainer.release();
});

test("a weight that is missing or of another shape than the architecture's is named with both shapes", async () => {
  for (const create of [Trainer, Predictor].map((c) => c.create)) {
    const missing = randomWeights(spec);
    missing.delete("cls_decoder.out_layer.bias");
    await assert.rejects(create(spec, missing, options), {
      message: 'The weights have no "cls_decoder.out_layer.bias", which the architecture needs.',
    });
    await assert.rejects(create({ ...spec, genes: 13 }, randomWeights(spec), options), {
      message: 'The weight "encoder.embedding.weight" has shape [12,8]; the architecture needs [13,8].',
    });
  }
});

test("a device that there is not, and one whose provider is missing", async () => {
  await assert.rejects(Trainer.create(spec, randomWeights(spec), { ...options, device: "tpu" as "cpu" }), {
    message: 'The device "tpu" is unknown; there are cpu, webgpu, cuda and auto.',
  });
  await assert.rejects(
    Session.open(new Uint8Array(), { device: "cuda" }),
    /^CellkernelError: The device "cuda" could not be started: [\s\S]*npx cellkernel gpu (check|install)/,
  );
  if (nvidiaDriver()) return;
  await assert.rejects(
    Trainer.create(spec, randomWeights(spec), { ...options, device: "cuda" }),
    /^CellkernelError: The device "cuda" could not be started: [^\n]+\n[^\n]+$/,
  );
});
