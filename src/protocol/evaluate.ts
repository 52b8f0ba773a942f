import { AnnData } from "../anndata/anndata.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import { classificationReport } from "../evaluate/metrics.js";
import { type Projection, projectUmap } from "../evaluate/projection.js";
import { unlikeScores } from "../evaluate/unlike.js";
import { interruption } from "../host/interruption.js";
import { labelCells } from "../predict/labels.js";
import type { CellChunk } from "../predict/session.js";
import { HIERARCHY, type HierarchyOptions } from "../settings/annotation.js";
import { resolve } from "../settings/setting.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import type { CellSplit } from "../train/split.js";
import { batchCodes, int8Note, type PredictOptions, predictionOf, withSession } from "./applyRun.js";
import { readHierarchy } from "./hierarchy.js";
import { labelByOpinion, learnOpinion } from "./opinion.js";
import type { ReplayOptions } from "./reading.js";
import { type NewCells, prepareAgain } from "./replay.js";
import { Report, type ReportParts } from "./report.js";
import type { Run } from "./run.js";
import { secondOpinion } from "./secondOpinion.js";
import { straddleNote } from "./splitCells.js";
import { trainedOn } from "./trainedOn.js";
import { type TrustFigures, trustFigures } from "./trustFigures.js";

/** Where a cell stands: a part of the run's split, or outside it (no label, or a cell of another file). */
export type Part = keyof CellSplit | "none";

export interface EvaluateOptions extends PredictOptions, ReplayOptions, SamplesOptions, HierarchyOptions {
  /**
   * Cells to evaluate on: a file, several or a folder of them (see `readSamples`), or their data, prepared as the run's own were; or cells that were prepared with the run's
   * own options. Default: those that the run was trained on; needed after `loadRun` where they are gone.
   */
  cells?: Prepared | AnnData | string | readonly string[];
  /**
   * Whose figures are given. Default: "test" where the split has such cells, else "validation";
   * for cells of another file "all" (of those with labels).
   */
  subset?: keyof CellSplit | "all";
}

/** Cells in an embedding at most; of more, a sample spread over the file is drawn. */
const PROJECTED_CELLS = 20_000;

/**
 * Labels all cells, and compares with the truth on those that the run did not learn from.
 * @throws when there are no cells, none of the subset has a label, or they were prepared otherwise than the run's
 * @example
 * const report = await evaluate(run);
 * report.metrics.cells; // → 70
 * await report.write("results");
 */
export async function evaluate(run: Run, options: EvaluateOptions = {}): Promise<Report> {
  const { hierarchy: file } = resolve(HIERARCHY, options);
  const tree = file === undefined ? undefined : readHierarchy(file, run.classes);
  const ready = await cellsOf(run, options);
  const truth = trueCodes(run, ready);
  const parts = partsOf(run, ready);
  const subset = options.subset ?? defaultSubset(parts);
  const evaluated = Int32Array.from(parts.keys()).filter(
    (cell) => truth[cell] >= 0 && (subset === "all" || parts[cell] === subset),
  );
  if (evaluated.length === 0)
    throw new CellkernelError(
      "nothing",
      subset === "all"
        ? "no cell has a label that the model knows; there is nothing to compare with"
        : `no cell of the subset "${subset}" has a label that the model knows; the run has ${countParts(parts)}`,
      { subset },
    );
  const signal = interruption(options.signal);
  const spec = predictionOf(run, ready.tokens.genes, options);
  const names = run.parts.batches;
  const chunk: CellChunk = {
    tokens: ready.tokens,
    cells: Int32Array.from(ready.cellNames.keys()),
    batchLabels: names && batchCodes(names, ready.batches, (cell) => ready.cellNames[cell]),
    asked: unseenBy(run, ready),
  };
  const { logits, embeddings } = await withSession(spec, (session) =>
    session.predict(chunk, {
      signal,
      onProgress: (done) => options.onProgress?.(done / chunk.cells.length),
    }),
  );
  options.onProgress?.(1);
  const labelled = labelCells(logits, run.classes.length, run.parts.trust?.temperature);
  return new Report({
    ...{ run, ready, truth, parts, subset, evaluated, labelled, embeddings, from: fileOf(options) },
    notes: [
      ...overlapNotes(run, ready, parts, evaluated),
      ...(ready === run.ready ? [] : ready.notes),
      ...(tree?.notes ?? []),
      ...(spec.int8 ? [await int8Note(spec, chunk, signal)] : []),
    ],
    metrics: classificationReport(
      evaluated.map((cell) => truth[cell]),
      evaluated.map((cell) => labelled.codes[cell]),
      run.classes,
    ),
    hierarchy: tree?.hierarchy,
    trust: trustOf(run, ready, { truth, parts, evaluated, embeddings, logits }),
    ...(await opinionsOf(run, ready, { truth, parts, evaluated, labelled }, signal)),
    projection: await project(embeddings, run.args.embsize, signal),
  });
}

/**
 * What simple methods say of all cells, and how well, where the run keeps some or its training cells are at hand.
 */
async function opinionsOf(
  run: Run,
  { tokens }: NewCells,
  { truth, parts, evaluated, labelled }: Pick<ReportParts, "truth" | "parts" | "evaluated" | "labelled">,
  signal: AbortSignal | undefined,
): Promise<Pick<ReportParts, "opinions" | "secondOpinion">> {
  const { classes, genes } = run;
  const train = Int32Array.from(parts.keys()).filter((cell) => parts[cell] === "train" && truth[cell] >= 0);
  const opinion =
    run.parts.reference?.opinion ?? (await learnOpinion(tokens, train, truth, classes.length, signal));
  if (!opinion) return {};
  const all = Int32Array.from(truth.keys());
  const opinions = await labelByOpinion(opinion, genes, classes.length, tokens, all, signal);
  // What the run does not keep it can't say of other cells either: there are no columns of it.
  const columns = run.parts.reference?.opinion && { opinions };
  const test = evaluated.filter((cell) => parts[cell] !== "train");
  if (test.length === 0) return { ...columns };
  const rows = (codes: Int32Array) => test.map((cell) => codes[cell]);
  const others = { logistic: rows(opinions.logistic), neighbours: rows(opinions.neighbours) };
  const own = { truth: rows(truth), codes: rows(labelled.codes), others, classes };
  const ofLearnt = train.length || run.parts.cells.split.train.length;
  return { ...columns, secondOpinion: secondOpinion(own, opinion, ofLearnt) };
}

/** How far the labels of the evaluated cells can be believed. */
function trustOf(
  { parts: { trust, reference }, classes, args: { embsize } }: Run,
  ready: NewCells,
  {
    truth,
    parts,
    evaluated,
    embeddings,
    logits,
  }: Pick<ReportParts, "truth" | "parts" | "evaluated" | "embeddings"> & { logits: Float32Array },
): TrustFigures {
  const width = classes.length;
  const rows = (values: Float32Array, columns: number, cells: Int32Array) => {
    const taken = new Float32Array(cells.length * columns);
    cells.forEach((cell, i) => {
      taken.set(values.subarray(cell * columns, (cell + 1) * columns), i * columns);
    });
    return taken;
  };
  const own = rows(logits, width, evaluated);
  const { unlike } = reference ?? {};
  const unlikeOf = (cells: Int32Array) =>
    unlikeScores(rows(embeddings, embsize, cells), embsize, unlike!, unlike!.threshold);
  return trustFigures(trust, width, {
    truth: evaluated.map((cell) => truth[cell]),
    calibrated: Array.from(evaluated, (cell) => parts[cell] === "test"),
    labelled: labelCells(own, width, trust?.temperature),
    before: labelCells(own, width),
    unlike: unlike && { evaluated: unlikeOf(evaluated), unseen: unlikeOf(unseenCells(ready, truth)) },
  });
}

/** Cells whose true label the model never saw. */
function unseenCells({ obs, labels }: NewCells, truth: Int32Array): Int32Array {
  const given = obs.find(({ column }) => column === labels?.column);
  return Int32Array.from(truth.keys()).filter((cell) => truth[cell] < 0 && (given?.codes[cell] ?? -1) >= 0);
}

/** The cells to evaluate on, prepared as the run's own. */
export async function cellsOf(run: Run, options: EvaluateOptions): Promise<NewCells> {
  const { cells = run.ready ?? (run.folder === undefined ? undefined : trainedOn(run.folder)) } = options;
  if (!cells)
    throw new CellkernelError(
      "nothing",
      'a run that was loaded from its folder holds no cells, and those of its training are not where they were; give some: evaluate(run, { cells: "cells.h5ad" })',
    );
  if (isPrepared(cells)) {
    checkSameRecipe(run, cells);
    return cells;
  }
  const adata = typeof cells === "string" || isList(cells) ? await readSamples(cells, options) : cells;
  try {
    return prepareAgain(run, adata, options);
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** The cells as they were given, and how they are read; prepared cells name their file themselves. */
function fileOf(options: EvaluateOptions): ReportParts["from"] {
  const { cells, ...reading } = options;
  return cells === undefined || isPrepared(cells) ? undefined : { cells, reading };
}

function isPrepared(cells: NonNullable<EvaluateOptions["cells"]>): cells is Prepared {
  return typeof cells !== "string" && !isList(cells) && !(cells instanceof AnnData);
}

function isList(cells: object): cells is readonly string[] {
  return Array.isArray(cells);
}

/** What decides a cell's tokens, beside the genes. */
const DECISIVE = [
  "doNorm",
  "normalizeTotal",
  "nBins",
  "includeZeroGene",
  "minGenes",
  "maxGenes",
  "maxCounts",
  "maxPctMt",
  "filterCellByCounts",
  "duplicates",
  "species",
  "renamed",
  "seed",
] as const;

/** @throws where the cells were prepared otherwise than the run's: the same cell would get other numbers */
function checkSameRecipe(run: Run, { recipe, settings, source }: Prepared): void {
  const { parts } = run;
  const differences: string[] = DECISIVE.filter((name) => settings[name] !== parts.preparation[name]).map(
    (name) => `${name} is ${settings[name]}, there ${parts.preparation[name]}`,
  );
  for (const name of ["genes", "totalGenes"] as const)
    if (recipe[name].join("\n") !== parts.recipe[name].join("\n"))
      differences.push(
        name === "genes"
          ? "the genes that became tokens are others"
          : "the genes of a cell's total are others",
      );
  if (differences.length > 0)
    throw new CellkernelError(
      "other-preparation",
      `the cells of ${source.path} were prepared otherwise than those of the run ${run.name} (${differences.join("; ")}): ` +
        `give the file itself, which is then prepared as the run's: evaluate(run, { cells: ${JSON.stringify(source.path)} }), cellkernel evaluate RUN ${source.path}`,
      { path: source.path, differences },
    );
}

/** Where each cell stands in the run's split, by its row; cells of anything else that was read are outside it. */
export function partsOf(run: Run, { source, rows }: NewCells): Part[] {
  const { content, split } = run.parts.cells;
  if (source.content !== content) return new Array<Part>(rows.length).fill("none");
  const partOf = new Map<number, Part>();
  for (const part of ["train", "validation", "test"] as const)
    for (const row of split[part]) partOf.set(row, part);
  return Array.from(rows, (row) => partOf.get(row) ?? "none");
}

/** For each member of an ensemble, the cells that it labels: its test cells, and those that no member has as such. */
export function unseenBy({ parts }: Run, { source, rows }: NewCells): Uint8Array[] | undefined {
  const { content, split, members } = parts.cells;
  if (!members || source.content !== content) return undefined;
  const tested = new Set(split.test);
  return members.map((own) => {
    const test = new Set(own.test);
    return Uint8Array.from(rows, (row) => (test.has(row) || !tested.has(row) ? 1 : 0));
  });
}

/** Why the figures may be better than they would be for new cells. */
function overlapNotes(run: Run, ready: NewCells, parts: Part[], evaluated: Int32Array): string[] {
  if (ready.source.content === run.parts.cells.content) {
    const note = straddles(run, ready, evaluated);
    const trained = evaluated.filter((cell) => parts[cell] === "train").length;
    return [
      ...(trained > 0
        ? [
            `WARNING: ${trained} of these ${evaluated.length} cells were trained on: the figures are too good.`,
          ]
        : []),
      ...(note === undefined ? [] : [note]),
    ];
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

/** Whether cells of one batch were learnt from and are evaluated; of an ensemble, by the same member. */
function straddles(run: Run, ready: NewCells, evaluated: Int32Array): string | undefined {
  const { split, members = [split] } = run.parts.cells;
  const cellOf = new Map(Array.from(ready.rows, (row, cell) => [row, cell]));
  const cells = (rows: Int32Array) => [...rows].flatMap((row) => cellOf.get(row) ?? []);
  const notes = members.map(({ train, validation, test }) => {
    const own = new Set(cells(test));
    const asked = members.length === 1 ? evaluated : evaluated.filter((cell) => own.has(cell));
    return straddleNote(ready, asked, cells(Int32Array.from([...train, ...validation])));
  });
  return notes.find((note) => note !== undefined);
}

/** The cells' labels as the run's codes; −1 where there is none, or one that the run does not know. */
export function trueCodes(run: Run, ready: NewCells): Int32Array {
  const { labels } = ready;
  if (!labels) return new Int32Array(ready.cellNames.length).fill(-1);
  const known = labels.classes.map((name) => run.classes.indexOf(name));
  return labels.codes.map((code) => (code < 0 ? -1 : known[code]));
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
