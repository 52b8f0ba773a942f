import { classificationReport } from "../src/evaluate/metrics.js";
import { type Model, openModel, type Prepared, preprocess, type Run, readH5ad } from "../src/index.js";
import { labelCells } from "../src/predict/labels.js";
import { predictionOf, withSession } from "../src/protocol/applyRun.js";
import { type CellSplit, crossValidation } from "../src/train/split.js";

export const FILE = "notebooks/data/pbmc68k_reduced.h5ad";
/** As in the notebook; chosen by cross-validation within the training cells of the notebook's split. */
export const TRAINING = { epochs: 16, lr: 1e-3, batchSize: 16, maxSeqLen: 128 };
export const FOLDS = 5;
/** Seed of the folds; it has no part in any choice. */
const SEED = 2024;

/** The demo's 700 cells, prepared as in the notebook for its small model, or for another of the same vocabulary. */
export async function demoCells(given?: Model): Promise<Prepared> {
  const model = given ?? (await openModel("notebooks/models/small"));
  const cells = await readH5ad(FILE);
  const ready = await preprocess(cells, { cellType: "bulk_labels", nHvg: 0, model });
  cells.close();
  return ready;
}

/** The split of a seed: a fifth of the cells is its test; after five seeds the cells are dealt anew. */
export function splitOf({ labels }: Prepared, seed: number): CellSplit {
  return crossValidation(labels!.codes, FOLDS, undefined, SEED + Math.floor(seed / FOLDS))[seed % FOLDS];
}

/** What a run makes of some cells: their classes by code, from all their genes. */
export async function predicted(run: Run, ready: Prepared, cells: Int32Array): Promise<Int32Array> {
  const { logits } = await withSession(predictionOf(run, ready.tokens.genes, {}), (session) =>
    session.predict({ tokens: ready.tokens, cells }, {}),
  );
  return labelCells(logits, run.classes.length).codes;
}

/** The figures of predicted classes. */
export function scores({ labels }: Prepared, cells: Int32Array, codes: ArrayLike<number>) {
  return classificationReport(
    cells.map((cell) => labels!.codes[cell]),
    codes,
    labels!.classes,
  );
}
