import { cutGeneTable } from "../checkpoint/geneTable.js";
import { classificationReport } from "../evaluate/metrics.js";
import { type Projection, projectUmap } from "../evaluate/projection.js";
import { interruption } from "../host/interruption.js";
import { type Agreement, int8Agreement } from "../predict/agreement.js";
import { type PredictionPlan, predictInWorker } from "../predict/job.js";
import { type LabelledCells, labelCells } from "../predict/labels.js";
import { PREDICTION, type PredictionOptions } from "../settings/prediction.js";
import { resolve } from "../settings/setting.js";
import type { CellSplit } from "../train/split.js";
import { geneRows } from "./geneRows.js";
import type { Prepared } from "./prepared.js";
import { Report } from "./report.js";
import type { Run } from "./run.js";
import { straddleNote } from "./splitCells.js";

/** Where a cell stands: a part of the run's split, or outside it (no label, or a cell of another file). */
export type Part = keyof CellSplit | "none";

export interface PredictOptions extends PredictionOptions {
  /** Called with the share of cells done, 0 … 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

export interface EvaluateOptions extends PredictOptions {
  /** Prepared cells to evaluate on. Default: those that the run was trained on; needed after `loadRun`. */
  cells?: Prepared;
  /**
   * Whose figures are given. Default: "test" where the split has such cells, else "validation";
   * for cells of another file "all" (of those with labels).
   */
  subset?: keyof CellSplit | "all";
}

/** Cells by which 8-bit integers are compared with float32. */
const INT8_SAMPLE = 200;

/** Cells in an embedding at most; of more, a sample spread over the file is drawn. */
const PROJECTED_CELLS = 20_000;

/**
 * Labels all cells, and compares with the truth on those that the run did not learn from.
 * @throws when there are no cells, none of the subset has a label, or they were prepared for another model
 */
export async function evaluate(run: Run, options: EvaluateOptions = {}): Promise<Report> {
  const ready = options.cells ?? run.ready;
  if (!ready)
    throw new Error(
      "a run that was loaded from its folder holds no cells; give some: evaluate(run, { cells: await preprocess(…) })",
    );
  const truth = trueCodes(run, ready);
  const parts = partsOf(run, ready);
  const subset = options.subset ?? defaultSubset(parts);
  const evaluated = Int32Array.from(parts.keys()).filter(
    (cell) => truth[cell] >= 0 && (subset === "all" || parts[cell] === subset),
  );
  if (evaluated.length === 0)
    throw new Error(
      subset === "all"
        ? "no cell has a label that the model knows; there is nothing to compare with"
        : `no cell of the subset "${subset}" has a label that the model knows; the run has ${countParts(parts)}`,
    );
  const { labelled, embeddings, notes } = await predictPrepared(run, ready, options);
  return new Report({
    ...{ run, ready, truth, parts, subset, evaluated, labelled, embeddings },
    notes: [...overlapNotes(run, ready, parts, evaluated), ...notes],
    metrics: classificationReport(
      evaluated.map((cell) => truth[cell]),
      evaluated.map((cell) => labelled.codes[cell]),
      run.classes,
    ),
    projection: await project(embeddings, run.args.embsize, interruption(options.signal)),
  });
}

/** Labels and embeddings of prepared cells, in their order, and what the reader must know of them. */
export async function predictPrepared(
  run: Run,
  ready: Prepared,
  options: PredictOptions,
): Promise<{ labelled: LabelledCells; embeddings: Float32Array; notes: string[] }> {
  const cells = Int32Array.from(ready.cellNames.keys());
  const { parts, settings } = run;
  const { batchSize, maxSeqLen, device, threads, int8 } = resolve(PREDICTION, options);
  const plan: PredictionPlan = {
    ...{ args: run.args, classes: run.classes.length, batches: parts.batches?.length },
    ...{
      weights: cutGeneTable(run.weights, geneRows(run.vocabulary, ready.tokens)),
      tokens: ready.tokens,
      cells,
    },
    batchLabels: parts.batches && batchCodes(parts.batches, ready),
    batchSize,
    ...{ maxSeqLen: maxSeqLen ?? Math.max(2, ready.maxLength), seed: settings.seed },
    ...{ device: device ?? settings.device, threads: threads ?? settings.threads },
    int8,
  };
  const signal = interruption(options.signal);
  const { logits, embeddings } = await predictInWorker(plan, {
    signal,
    onProgress: (done) => options.onProgress?.(done / cells.length),
  });
  const notes = int8 ? [int8Note(await int8Agreement(plan, INT8_SAMPLE, signal))] : [];
  options.onProgress?.(1);
  return { labelled: labelCells(logits, run.classes.length), embeddings, notes };
}

/** Where each cell stands in the run's split, by its row; cells of anything else that was read are outside it. */
function partsOf(run: Run, { source, rows }: Prepared): Part[] {
  const { content, split } = run.parts.cells;
  if (source.content !== content) return new Array<Part>(rows.length).fill("none");
  const partOf = new Map<number, Part>();
  for (const part of ["train", "validation", "test"] as const)
    for (const row of split[part]) partOf.set(row, part);
  return Array.from(rows, (row) => partOf.get(row) ?? "none");
}

/** Why the figures may be better than they would be for new cells. */
function overlapNotes(run: Run, ready: Prepared, parts: Part[], evaluated: Int32Array): string[] {
  if (ready.source.content === run.parts.cells.content) {
    const learnt = [...parts.keys()].filter(
      (cell) => parts[cell] === "train" || parts[cell] === "validation",
    );
    const note = straddleNote(ready, evaluated, learnt);
    return note === undefined ? [] : [note];
  }
  const { learnt } = run.parts.cells;
  const key = (keys: Int32Array, cell: number) => `${keys[2 * cell]} ${keys[2 * cell + 1]}`;
  const known = new Set(Array.from({ length: learnt.length / 2 }, (_, cell) => key(learnt, cell)));
  const { indptr } = ready.tokens;
  const copies = evaluated.filter(
    (cell) => indptr[cell + 1] > indptr[cell] && known.has(key(ready.keys, cell)),
  );
  if (copies.length === 0) return [];
  return [
    `WARNING: ${copies.length} of these ${evaluated.length} cells have exactly the genes and values of cells that the run was trained on or chosen by: the figures are too good.`,
  ];
}

function int8Note({ cells, agreement, largestDifference }: Agreement): string {
  return (
    `8-bit integers: of ${cells} cells that were predicted in float32 too, ${Math.round(agreement * cells)} have the ` +
    `same label; probabilities differ by at most ${largestDifference.toFixed(3)}`
  );
}

/** The cells' labels as the run's codes; −1 where there is none, or one that the run does not know. */
function trueCodes(run: Run, ready: Prepared): Int32Array {
  const { labels } = ready;
  if (!labels) return new Int32Array(ready.cellNames.length).fill(-1);
  const known = labels.classes.map((name) => run.classes.indexOf(name));
  return labels.codes.map((code) => (code < 0 ? -1 : known[code]));
}

function batchCodes(names: string[], ready: Prepared): Int32Array {
  const { batches } = ready;
  if (!batches)
    throw new Error("the model uses batch labels; name their obs column: preprocess(cells, { batch: … })");
  const known = batches.names.map((name) => names.indexOf(name));
  return batches.codes.map((code, cell) => {
    const own = code < 0 ? -1 : known[code];
    if (own < 0)
      throw new Error(
        `cell ${ready.cellNames[cell]} is of batch ${code < 0 ? "(none)" : batches.names[code]}, which the model was not trained on; it knows ${names.slice(0, 8).join(", ")}`,
      );
    return own;
  });
}

function defaultSubset(parts: Part[]): keyof CellSplit | "all" {
  return parts.includes("test") ? "test" : parts.includes("validation") ? "validation" : "all";
}

function countParts(parts: Part[]): string {
  const count = (part: Part) => `${parts.filter((p) => p === part).length} ${part}`;
  return `${count("train")}, ${count("validation")} and ${count("test")} cells`;
}

/** UMAP of all cells, or of a sample; which cells it shows. Undefined for fewer than 3 cells. */
async function project(
  embeddings: Float32Array,
  width: number,
  signal: AbortSignal | undefined,
): Promise<(Projection & { cells: Int32Array }) | undefined> {
  const count = embeddings.length / width;
  if (count < 3) return undefined;
  const shown = Math.min(count, PROJECTED_CELLS);
  const cells = Int32Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
  const rows = new Float32Array(shown * width);
  cells.forEach((cell, i) => {
    rows.set(embeddings.subarray(cell * width, (cell + 1) * width), i * width);
  });
  return { cells, ...(await projectUmap(rows, width, { signal })) };
}
