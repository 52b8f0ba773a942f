import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { AnnData } from "../anndata/anndata.js";
import { Categorical } from "../anndata/columns.js";
import { takeCells } from "../anndata/edit/subset.js";
import { readCells } from "../anndata/formats/readCells.js";
import { checkOutput, ResultsWriter } from "../anndata/write/results.js";
import type { MimeBundle } from "../host/host.js";
import { interruption } from "../host/interruption.js";
import { labelCells } from "../predict/labels.js";
import type { CellChunk, PredictionSession } from "../predict/session.js";
import { readBatches } from "../preprocess/labels.js";
import { CellkernelError } from "../support/error.js";
import { tableView } from "../views/table.js";
import {
  batchCodes,
  INT8_SAMPLE,
  int8Note,
  type PredictOptions,
  predictionOf,
  withSession,
} from "./applyRun.js";
import { leftOutNote, Replay, type ReplayOptions, type TokenChunk } from "./replay.js";
import type { Run } from "./run.js";

export interface AnnotateOptions extends PredictOptions, Omit<ReplayOptions, "cellType"> {
  /** The labelled `.h5ad` to write; not the input itself. */
  out: string;
}

/** The embeddings' name in `obsm`, and the record's in `uns`. */
const EMBEDDING = "X_scGPT";
const RECORD = "cellkernel";

/**
 * Labels the cells of a file and writes a copy of it with `obs` columns `predicted_label`, `probability`
 * (of that label) and `margin` (to the second likeliest), the cells' embeddings in `obsm["X_scGPT"]`, and in
 * `uns["cellkernel"]` what it was done by. Cells are prepared as the run's own were. A cell that expresses none of the
 * run's genes gets no label. Cells are read, labelled and written some at a time.
 *
 * @throws when the file does not exist, is no h5ad, has less than 20 % of the run's genes, or is the output itself
 */
export async function annotate(
  run: Run,
  cells: AnnData | string,
  options: AnnotateOptions,
): Promise<Annotation> {
  if (!options?.out)
    throw new CellkernelError(
      "option",
      'annotate needs a file to write: annotate(run, cells, { out: "labelled.h5ad" })',
      { option: "out" },
    );
  if (typeof cells === "string" && !existsSync(cells))
    throw new CellkernelError("path", `there is no file ${resolve(cells)}`, { path: cells });
  const adata = typeof cells === "string" ? await readCells(cells) : cells;
  try {
    checkOutput(adata, options.out);
    const replay = new Replay(run, adata, options);
    const labels = new Labels(run, replay);
    const planned = {
      obs: [...labels.columns().keys()],
      obsm: { [EMBEDDING]: run.args.embsize },
      uns: [RECORD],
    };
    const writer = await ResultsWriter.open(adata, options.out, planned);
    try {
      await label(run, replay, labels, writer, options);
    } catch (error) {
      writer.abandon();
      throw error;
    }
    const notes = [...replay.notes, ...labels.notes()];
    writer.close({ obs: labels.columns(), uns: { [RECORD]: record(run, replay, options, notes) } });
    return new Annotation(options.out, run.classes, labels.codes, notes);
  } finally {
    if (typeof cells === "string") adata.close();
  }
}

/** Predicts the file's cells one chunk after the other; the next is read while the worker predicts. */
async function label(
  run: Run,
  replay: Replay,
  labels: Labels,
  writer: ResultsWriter,
  options: AnnotateOptions,
): Promise<void> {
  const { cells } = replay;
  const signal = interruption(options.signal);
  const spec = predictionOf(run, replay.genes, options);
  const batches = batchesOf(run, cells, options.batch);
  const asChunk = ({ tokens, rows }: TokenChunk): CellChunk => ({
    tokens,
    cells: Int32Array.from({ length: tokens.cells }, (_, cell) => cell),
    batchLabels: batches && rows.map((row) => batches[row]),
  });
  const width = run.args.embsize;
  let written = 0;
  const rowsUpTo = (end: number, chunk?: { rows: Int32Array; embeddings: Float32Array }) => {
    // Mostly no cell was left out, and there is nothing to be spread.
    const whole = chunk?.rows.length === end - written;
    const values = whole ? chunk.embeddings : new Float32Array((end - written) * width).fill(Number.NaN);
    if (!whole)
      chunk?.rows.forEach((row, i) => {
        values.set(chunk.embeddings.subarray(i * width, (i + 1) * width), (row - written) * width);
      });
    writer.append(EMBEDDING, values);
    written = end;
  };
  const take = async (session: PredictionSession, chunk: TokenChunk) => {
    const { rows } = chunk;
    if (rows.length === 0) return;
    const { logits, embeddings } = await session.predict(asChunk(chunk), {
      signal,
      onProgress: (done) => options.onProgress?.((rows[0] + done) / cells.nObs),
    });
    labels.add(chunk, logits);
    rowsUpTo(rows[rows.length - 1] + 1, { rows, embeddings });
  };
  await withSession(spec, async (session) => {
    for (const chunk of replay.chunks()) await take(session, chunk);
  });
  if (written < cells.nObs) rowsUpTo(cells.nObs);
  if (spec.int8) replay.notes.push(await int8Note(spec, asChunk(sampleOf(run, cells, options)), signal));
  options.onProgress?.(1);
}

/** Some cells, spread over the file. */
function sampleOf(run: Run, cells: AnnData, options: ReplayOptions): TokenChunk {
  const count = Math.min(INT8_SAMPLE, cells.nObs);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * cells.nObs) / count));
  const [chunk] = new Replay(run, takeCells(cells, rows), options).chunks();
  return { ...chunk, rows: chunk.rows.map((i) => rows[i]) };
}

/** Int32 [cells of the file]: batch of each, where the model uses it. */
function batchesOf(run: Run, cells: AnnData, column = run.parts.preparation.batch): Int32Array | undefined {
  const names = run.parts.batches;
  if (!names) return undefined;
  const all = new Uint8Array(cells.nObs).fill(1);
  const batches = column === undefined ? undefined : readBatches(cells, column, all, []);
  return batchCodes(names, batches, (cell) => cells.obsNames[cell]);
}

/** The labels of a file's cells, as they come in. */
class Labels {
  /** Int32 [cells of the file]: predicted class; −1 for cells without a known gene, and for those left out. */
  readonly codes: Int32Array;
  private readonly probabilities: Float32Array;
  private readonly margins: Float32Array;
  private readonly without: string[] = [];
  private withoutCount = 0;
  private seen = 0;

  constructor(
    private readonly run: Run,
    private readonly replay: Replay,
  ) {
    const { nObs } = replay.cells;
    this.codes = new Int32Array(nObs).fill(-1);
    this.probabilities = new Float32Array(nObs).fill(Number.NaN);
    this.margins = new Float32Array(nObs).fill(Number.NaN);
  }

  add({ tokens: { indptr }, rows }: TokenChunk, logits: Float32Array): void {
    const { codes, probabilities, margins } = labelCells(logits, this.run.classes.length);
    rows.forEach((row, cell) => {
      this.seen++;
      if (indptr[cell + 1] === indptr[cell]) {
        this.withoutCount++;
        if (this.without.length < 3) this.without.push(this.replay.cells.obsNames[row]);
        return;
      }
      this.codes[row] = codes[cell];
      this.probabilities[row] = probabilities[cell];
      this.margins[row] = margins[cell];
    });
  }

  /** Columns for `obs`. */
  columns() {
    return new Map<string, Categorical | Float32Array>([
      ["predicted_label", new Categorical(this.codes, this.run.classes, false)],
      ["probability", this.probabilities],
      ["margin", this.margins],
    ]);
  }

  notes(): string[] {
    const notes: string[] = [];
    const { nObs } = this.replay.cells;
    if (this.seen < nObs)
      notes.push(leftOutNote(nObs - this.seen, this.run.parts.preparation.filterCellByCounts));
    if (this.withoutCount > 0)
      notes.push(
        `${this.withoutCount} cells express none of the model's genes and got no label: ${this.without.join(", ")}${this.withoutCount > 3 ? ", …" : ""}`,
      );
    return notes;
  }
}

/** What the labelled file says of how it was made. */
function record(run: Run, replay: Replay, { fewGenes = false }: AnnotateOptions, notes: string[]) {
  return {
    run: run.name,
    genes_of_run: run.genes.length,
    genes_found: replay.genes.length,
    few_genes_accepted: fewGenes,
    matrix: replay.matrix,
    species: replay.species ?? "the model's",
    notes: notes.length > 0 ? notes : ["none"],
  };
}

/** What `annotate` did. */
export class Annotation {
  constructor(
    /** The file that was written. */
    readonly path: string,
    readonly classes: string[],
    /** Int32 [cells]: predicted class; −1 for cells without a known gene. */
    readonly codes: Int32Array,
    /** What the reader must know. */
    readonly notes: string[],
  ) {}

  /** Cells of each predicted class, most first. */
  counts(): [string, number][] {
    const cells = new Int32Array(this.classes.length);
    for (const code of this.codes) if (code >= 0) cells[code]++;
    return this.classes
      .map((name, code): [string, number] => [name, cells[code]])
      .filter(([, count]) => count > 0)
      .sort((a, b) => b[1] - a[1]);
  }

  /** What a notebook shows: how many cells of each class. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    const title = [`${this.codes.length} cells labelled in ${this.path}`, ...this.notes].join("; ");
    return tableView({ title, columns: ["predicted class", "cells"], rows: this.counts() });
  }
}
