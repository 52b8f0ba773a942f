import { classificationReport } from "../evaluate/metrics.js";
import { ensembleLogits } from "../predict/ensemble.js";
import { labelCells } from "../predict/labels.js";
import type { Prepared } from "../store/prepared.js";
import type { HeldOutFigures, Series } from "../store/runParts.js";
import type { PlannedSeries } from "../store/seriesFolder.js";
import { batchCodes, predictionOf, withSession } from "./applyRun.js";
import type { Run } from "./run.js";

/**
 * How each training of a series does on its own test cells, and how all do together on the test cells of any of them, each cell
 * labelled by the mean probability of the trainings that did not see it.
 * @param runs of the series' parts, in their order, trained on `ready`
 */
export async function seriesFigures(
  { id, parts }: PlannedSeries,
  runs: readonly Run[],
  ready: Prepared,
  signal?: AbortSignal,
): Promise<Series> {
  const subset = runs.some(({ parts }) => parts.cells.split.test.length === 0) ? "validation" : "test";
  const truth = ready.labels!.codes;
  const { classes } = ready.labels!;
  const figures = (cells: Int32Array, logits: Float32Array): HeldOutFigures => {
    const { codes } = labelCells(logits, classes.length);
    const { accuracy, weighted, macro, kappa } = classificationReport(
      cells.map((cell) => truth[cell]),
      codes,
      classes,
    );
    return { cells: cells.length, accuracy, weightedF1: weighted.f1, macroF1: macro.f1, kappa };
  };
  const own = runs.map(({ parts }) => {
    const rows = new Set(parts.cells.split[subset]);
    return Int32Array.from(ready.rows.keys()).filter((cell) => rows.has(ready.rows[cell]));
  });
  const all = Int32Array.from(new Set(own.flatMap((cells) => [...cells]))).sort();
  const placeOf = new Map(Array.from(all, (cell, place) => [cell, place]));
  const series: Series = {
    id,
    subset,
    parts: [],
    together: { cells: 0, accuracy: 0, weightedF1: 0, macroF1: 0, kappa: 0 },
  };
  const [logits, asked]: [Float32Array[], Uint8Array[]] = [[], []];
  for (const [i, run] of runs.entries()) {
    const said = await logitsOf(run, ready, own[i], signal);
    const { name, fold, seed } = parts[i];
    const { bestEpoch } = run.training;
    series.parts.push({ name, fold, seed, bestEpoch, figures: figures(own[i], said) });
    logits.push(new Float32Array(all.length * classes.length));
    asked.push(new Uint8Array(all.length));
    own[i].forEach((cell, row) => {
      const place = placeOf.get(cell)!;
      asked[i][place] = 1;
      logits[i].set(said.subarray(row * classes.length, (row + 1) * classes.length), place * classes.length);
    });
  }
  return { ...series, together: figures(all, ensembleLogits(logits, classes.length, asked)) };
}

/** Float32 [cells × classes]: what one run says of cells, without a temperature. */
async function logitsOf(
  run: Run,
  ready: Prepared,
  cells: Int32Array,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const names = run.parts.batches;
  const batchLabels = names && batchCodes(names, ready.batches, (cell) => ready.cellNames[cell]);
  const spec = predictionOf(run, ready.tokens.genes, {});
  return withSession(
    spec,
    async (session) =>
      (await session.predict({ tokens: ready.tokens, cells, batchLabels }, { signal })).logits,
  );
}
