import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { table } from "arquero";
import type { AnnData } from "../anndata/anndata.js";
import { Categorical } from "../anndata/columns.js";
import { readCells } from "../anndata/formats/readCells.js";
import { checkOutput, writeResults } from "../anndata/write/results.js";
import type { MimeBundle } from "../host/host.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import { tableView } from "../views/table.js";
import { type PredictOptions, predictPrepared } from "./evaluate.js";
import type { Prepared } from "./prepared.js";
import { preprocess } from "./preprocess.js";
import type { Run } from "./run.js";

export interface AnnotateOptions extends PredictOptions {
  /** The labelled `.h5ad` to write; not the input itself. */
  out: string;
  /** `obs` column of batches, where the model uses batch labels. */
  batch?: string;
  /** Which matrix: "X", "raw" or a layer's name. Default: the one that holds counts, else logged values. */
  matrix?: string;
  /** Which `var` column names the genes. Default: the one that matches the model's genes best. */
  geneColumn?: string;
}

/** Share of the model's genes below which a note warns that labels may be poor. */
const FEW_GENES = 0.5;

/**
 * Labels the cells of a file and writes a copy of it with `obs` columns `predicted_label`, `probability`
 * (of that label) and `margin` (to the second likeliest), and the cells' embeddings in `obsm["X_scGPT"]`.
 * Genes are matched by name to those that the run was trained on. A cell that expresses none of them gets no label.
 *
 * @throws when the file does not exist, is no h5ad, shares no gene with the run, or is the output itself
 */
export async function annotate(
  run: Run,
  cells: AnnData | string,
  options: AnnotateOptions,
): Promise<Annotation> {
  if (!options?.out)
    throw new Error('annotate needs a file to write: annotate(run, cells, { out: "labelled.h5ad" })');
  if (typeof cells === "string" && !existsSync(cells)) throw new Error(`there is no file ${resolve(cells)}`);
  const adata = typeof cells === "string" ? await readCells(cells) : cells;
  try {
    checkOutput(adata, options.out);
    const ready = await prepare(run, adata, options);
    const { labelled, embeddings, notes } = await predictPrepared(run, ready, options);
    const { indptr } = ready.tokens;
    const empty = (cell: number) => indptr[cell + 1] === indptr[cell];
    const codes = labelled.codes.map((code, cell) => (empty(cell) ? -1 : code));
    const known = (values: Float32Array) =>
      spread(
        values.map((value, cell) => (empty(cell) ? Number.NaN : value)),
        1,
        ready.rows,
        adata.nObs,
      );
    const allCodes = new Int32Array(adata.nObs).fill(-1);
    ready.rows.forEach((row, cell) => {
      allCodes[row] = codes[cell];
    });
    await writeResults(
      adata,
      options.out,
      {
        obs: table({
          predicted_label: new Categorical(allCodes, run.classes, false),
          probability: known(labelled.probabilities),
          margin: known(labelled.margins),
        }),
        obsm: {
          X_scGPT: {
            data: spread(embeddings, run.args.embsize, ready.rows, adata.nObs),
            columns: run.args.embsize,
          },
        },
      },
      { byRow: true },
    );
    return new Annotation(options.out, run.classes, codes, [...notes, ...annotationNotes(run, ready, codes)]);
  } finally {
    if (typeof cells === "string") adata.close();
  }
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
    const counts = this.classes.map((name, code): [string, number] => [
      name,
      this.codes.filter((c) => c === code).length,
    ]);
    return counts.filter(([, cells]) => cells > 0).sort((a, b) => b[1] - a[1]);
  }

  /** What a notebook shows: how many cells of each class. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    const title = [`${this.codes.length} cells labelled in ${this.path}`, ...this.notes].join("; ");
    return tableView({ title, columns: ["predicted class", "cells"], rows: this.counts() });
  }
}

/** The cells' tokens over the run's own genes. */
async function prepare(run: Run, adata: AnnData, options: AnnotateOptions): Promise<Prepared> {
  const { vocabulary } = run;
  const genes = ["<pad>", "<cls>", "<eoc>", ...run.genes].map((name): [string, number] => [
    name,
    vocabulary.id(name)!,
  ]);
  return preprocess(adata, {
    vocabulary: new Vocabulary(genes, `the ${run.genes.length} genes of the run ${run.name}`),
    nHvg: 0,
    nBins: run.args.n_bins,
    ...{ batch: options.batch, matrix: options.matrix, geneColumn: options.geneColumn },
    ...{ seed: run.settings.seed, signal: options.signal },
  });
}

function annotationNotes(run: Run, ready: Prepared, codes: Int32Array): string[] {
  const notes: string[] = [];
  const share = ready.tokens.genes.length / run.genes.length;
  if (share < FEW_GENES)
    notes.push(
      `only ${ready.tokens.genes.length} of the ${run.genes.length} genes that the model was trained on are in this file: labels may be poor`,
    );
  const without = ready.cellNames.filter((_, cell) => codes[cell] < 0);
  if (without.length > 0)
    notes.push(
      `${without.length} cells express none of the model's genes and got no label: ${without.slice(0, 3).join(", ")}${without.length > 3 ? ", …" : ""}`,
    );
  return notes;
}

/** Rows of the kept cells at their places in the file; not a number for the others. */
function spread(values: Float32Array, width: number, rows: Int32Array, cells: number): Float32Array {
  const out = new Float32Array(cells * width).fill(Number.NaN);
  rows.forEach((row, i) => {
    out.set(values.subarray(i * width, (i + 1) * width), row * width);
  });
  return out;
}
