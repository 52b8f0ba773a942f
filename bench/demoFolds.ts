import { type BaselinePrediction, logisticRegression, nearestNeighbours } from "../src/evaluate/baselines.js";
import { type ClassificationReport, finetune, readH5ad } from "../src/index.js";
import { demoCells, FILE, FOLDS, predicted, scores, splitOf, TRAINING } from "./demoCells.js";

/**
 * The demo's small model from a random start, against logistic regression and 15 nearest neighbours on the logged
 * values, on cells not learnt from: weighted F1, accuracy and macro F1, means over 5 stratified folds.
 * Of each fold's training cells, the model keeps a tenth back to choose its checkpoint; the others learn from all.
 */
export async function bench(): Promise<object> {
  const ready = await demoCells();
  const { codes, classes } = ready.labels!;
  const { dense, columns } = await loggedValues();
  const rowsOf = (chosen: Int32Array) => {
    const rows = new Float32Array(chosen.length * columns);
    chosen.forEach((cell, i) => {
      rows.set(dense.subarray(ready.rows[cell] * columns, (ready.rows[cell] + 1) * columns), i * columns);
    });
    return rows;
  };

  const found = new Map<string, number[][]>();
  const note = (method: string, { weighted, accuracy, macro }: ClassificationReport) => {
    found.set(method, [...(found.get(method) ?? []), [weighted.f1, accuracy, macro.f1]]);
    console.error(`${method}: weighted F1 ${weighted.f1.toFixed(3)}, accuracy ${accuracy.toFixed(3)}`);
  };
  const seconds: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    console.error(`fold ${fold + 1} of ${FOLDS}`);
    const split = splitOf(ready, fold);
    const { test } = split;
    const started = performance.now();
    const run = await finetune(ready, { ...TRAINING, split });
    seconds.push((performance.now() - started) / 1000);
    note("small scGPT, random start", scores(ready, test, await predicted(run, ready, test)));

    const learnt = Int32Array.from([...split.train, ...split.validation]).sort();
    const learner = {
      features: rowsOf(learnt),
      labels: learnt.map((cell) => codes[cell]),
      columns,
      classes: classes.length,
    };
    const compare = (method: string, { labels }: BaselinePrediction) =>
      note(method, scores(ready, test, labels));
    compare("logistic regression", logisticRegression(learner, rowsOf(test)));
    compare("15 nearest neighbours", nearestNeighbours(learner, rowsOf(test)));
  }
  const mean = (numbers: number[]) =>
    Number((numbers.reduce((sum, x) => sum + x, 0) / numbers.length).toFixed(3));
  const summary = [...found].map(([method, folds]) => {
    const [weightedF1, accuracy, macroF1] = [0, 1, 2].map((i) => mean(folds.map((fold) => fold[i])));
    return [method, { weightedF1, accuracy, macroF1 }];
  });
  return { ...Object.fromEntries(summary), trainingSeconds: mean(seconds) };
}

/** The demo's logged values, Float32 [cells × columns]. */
async function loggedValues() {
  const cells = await readH5ad(FILE);
  const values = cells.raw!.X;
  const columns = values.shape[1];
  const dense = new Float32Array(values.shape[0] * columns);
  for (const block of values.blocks())
    for (let row = 0; row < block.rows; row++)
      for (let k = block.indptr[row]; k < block.indptr[row + 1]; k++)
        dense[(block.start + row) * columns + block.indices[k]] = block.data[k];
  cells.close();
  return { dense, columns };
}
