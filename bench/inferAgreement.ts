/**
 * Trains the demo's model on half of the 700 blood cells that come with the project, and holds 8-bit integers against
 * float32 by the other half. The random weights of the speed measurement would say nothing here.
 */
import { readFileSync } from "node:fs";
import { parseArgs as parseOptions } from "node:util";
import { readH5ad } from "../src/anndata/readH5ad.js";
import { parseArgs } from "../src/checkpoint/args.js";
import { parameterShapes } from "../src/model/parameters.js";
import { int8Agreement } from "../src/predict/agreement.js";
import { predictInWorker } from "../src/predict/job.js";
import { labelCells } from "../src/predict/labels.js";
import { preprocess } from "../src/protocol/preprocess.js";
import { Random } from "../src/support/random.js";
import { initialWeights } from "../src/train/initialise.js";
import { TrainingJob } from "../src/train/job.js";

const { values } = parseOptions({
  options: {
    epochs: { type: "string", default: "12" },
    threads: { type: "string", default: "2" },
  },
});
const threads = Number(values.threads);
const cells = await readH5ad("notebooks/data/pbmc68k_reduced.h5ad");
const model = "notebooks/models/small";
const vocabulary = `${model}/vocab.json`;
const { tokens, labels, maxLength } = await preprocess(cells, { cellType: "bulk_labels", vocabulary });
const classes = labels!.classes.length;
const args = parseArgs(JSON.parse(readFileSync(`${model}/args.json`, "utf8")), `${model}/args.json`);
const random = new Random(1);
const order = random.shuffle(Int32Array.from({ length: tokens.cells }, (_, cell) => cell));
const half = order.length >> 1;
const shapes = parameterShapes(args, { genes: tokens.genes.length + 2, classes });
const sizes = { args, classes, tokens, maxSeqLen: maxLength, seed: 1, device: "cpu" as const, threads };
const training = new TrainingJob(
  {
    ...{ ...sizes, labels: labels!.codes, weights: initialWeights(shapes, () => random.uniform()) },
    ...{ train: order.slice(50, half), validation: order.slice(0, 50), epochs: Number(values.epochs) },
    ...{
      batchSize: 16,
      microBatch: 16,
      lr: 1e-3,
      scheduleRatio: 0.9,
      scheduleInterval: 1,
      freeze: "nothing",
    },
  },
  (event) => {
    if (event.kind === "epoch") console.error(`epoch ${event.epoch}: error ${event.validationError}`);
  },
);
const { weights } = await training.result;
const plan = { ...sizes, weights, cells: order.slice(half), batchSize: 16 };
const { codes } = labelCells((await predictInWorker(plan)).logits, classes);
const right = codes.filter((code, i) => code === labels!.codes[plan.cells[i]]).length;
const agreement = await int8Agreement(plan, plan.cells.length);
console.log(JSON.stringify({ classes, accuracy: right / codes.length, ...agreement }));
