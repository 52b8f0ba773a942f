import { AnnData } from "../anndata/anndata.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import type { MimeBundle } from "../host/host.js";
import { readReferenceLabels } from "../preprocess/labels.js";
import type { ExactSearch } from "../reference/exactSearch.js";
import type { Neighbours } from "../reference/neighbours.js";
import { INDEX, type IndexingOptions } from "../settings/mapping.js";
import { resolve } from "../settings/setting.js";
import { type IndexParts, readIndex, writeIndex } from "../store/indexFolder.js";
import { CellkernelError } from "../support/error.js";
import { Random } from "../support/random.js";
import { tableView } from "../views/table.js";
import type { CellReference, SearchOptions } from "./cellReference.js";
import { contentOf } from "./content.js";
import { embedChunks, unitRows } from "./embedChunks.js";
import { describeEmbedder, embedderOf, openEmbedder, recipeFor, untrainedRun } from "./embedder.js";
import { type Model, openModel } from "./model.js";
import { Replay } from "./replay.js";
import { Run } from "./run.js";
import { versions } from "./versions.js";

/** How an index is made. */
export interface IndexOptions extends IndexingOptions, Omit<SamplesOptions, keyof IndexingOptions> {
  /** Called with the share of cells done, 0 … 1. */
  onProgress?: (share: number) => void;
  /** Ends the work early. */
  signal?: AbortSignal;
}

/** Cells of the index by which it is known how far its own are apart. */
const OWN_CELLS = 1000;

/**
 * Labelled cells as embeddings, to map other cells to: the k nearest of them vote on each cell's label, and nothing is
 * trained. Made by `buildIndex`, read by `loadIndex`.
 *
 * @example
 * const index = await loadIndex("blood_index", { model: run }); // what the example of buildIndex saved
 * index.counts()[index.classes.indexOf("CD19+ B")]; // → 95
 */
export class CellIndex implements CellReference {
  private search: Promise<ExactSearch> | undefined;
  private readonly usual = new Map<number, number>();

  /**
   * @param run by which cells are embedded
   * @param parts what it is made of
   */
  constructor(
    readonly run: Run,
    public parts: IndexParts,
  ) {}

  /** Cells of the index. */
  get cells(): number {
    return this.parts.labels.length;
  }

  get labels(): Int32Array {
    return this.parts.labels;
  }

  get maxSeqLen(): number {
    return this.parts.maxSeqLen;
  }

  /** The run of the index: its own preparation holds for all cells. */
  runFor(): Run {
    return this.run;
  }

  /** Names of the labels by code. */
  get classes(): readonly string[] {
    return this.parts.classes;
  }

  /** Cells of each label. */
  counts(): Int32Array {
    const counts = new Int32Array(this.classes.length);
    for (const label of this.parts.labels) counts[label]++;
    return counts;
  }

  /**
   * Adds labelled cells of another file, prepared as those before. Where anything fails, the index stays as it was.
   * @param options.labelColumn its `obs` column of labels; what else differs from the first file
   */
  async add(cells: AnnData | string | readonly string[], options: IndexOptions): Promise<void> {
    const { maxSeqLen, classes: before } = this.parts;
    const more = await embedLabelled(this.run, cells, { ...options, maxSeqLen });
    const classes = [...new Set([...before, ...more.classes])];
    const codes = more.classes.map((name) => classes.indexOf(name));
    this.parts = {
      ...this.parts,
      classes,
      labels: joined(Int32Array, [this.parts.labels, more.labels.map((label) => codes[label])]),
      embeddings: joined(Float32Array, [this.parts.embeddings, more.embeddings]),
      sources: [...this.parts.sources, more.source],
      made: versions(),
      date: new Date().toISOString(),
      notes: [...this.parts.notes, ...more.notes],
    };
    await this.close();
  }

  /**
   * The k nearest cells of the index, by Euclidean distance.
   * @param embeddings Float32 [cells × width], of length 1
   * @param k neighbours of each
   * @param options `signal` ends the search
   */
  async nearest(embeddings: Float32Array, k: number, { signal }: SearchOptions = {}): Promise<Neighbours> {
    const { width, embeddings: own } = this.parts;
    checkNeighbours(k, this.cells);
    this.search ??= import("../reference/exactSearch.js").then(({ ExactSearch }) =>
      ExactSearch.open(own, width),
    );
    return (await this.search).nearest(embeddings, k, signal);
  }

  /**
   * How far a cell may be from its k nearest, on the average of them, to be among cells like those of the index: of 95 % of its own
   * the distance to the k nearest others is not larger.
   */
  async usualDistance(k: number, signal?: AbortSignal): Promise<number> {
    const known = this.usual.get(k);
    if (known !== undefined) return known;
    const { embeddings, width } = this.parts;
    const others = Math.min(k + 1, this.cells);
    const chosen = new Random(0)
      .shuffle(Int32Array.from({ length: this.cells }, (_, cell) => cell))
      .subarray(0, OWN_CELLS);
    const queries = new Float32Array(chosen.length * width);
    chosen.forEach((cell, i) => {
      queries.set(embeddings.subarray(cell * width, (cell + 1) * width), i * width);
    });
    const { distances } = await this.nearest(queries, others, { signal });
    // The nearest is the cell itself.
    const means = Float64Array.from(chosen, (_, i) =>
      meanOf(distances, i * others + 1, (i + 1) * others),
    ).sort();
    const distance = means[Math.ceil(0.95 * means.length) - 1];
    this.usual.set(k, distance);
    return distance;
  }

  /**
   * Writes the index to a folder, `index.json` and `cells.safetensors`, which appears whole, in place of an index that was there.
   * @throws where its run was not saved: to map cells later, it is needed
   */
  async save(folder: string): Promise<void> {
    const { embedder } = this.parts;
    if (embedder.folder === "")
      throw new CellkernelError(
        "path",
        "the index's run is in memory only, and cells are mapped by it: save it first, run.save(folder), and make the index then",
        { path: folder },
      );
    writeIndex(folder, this.parts);
  }

  about() {
    const { embedder, sources, date } = this.parts;
    return {
      ...{ embedder_sha256: embedder.sha256, sources: sources.map(({ path }) => path) },
      ...{ cells: this.cells, classes: [...this.classes], date },
    };
  }

  /** Frees what a search holds; the next one takes it anew. */
  async close(): Promise<void> {
    const open = await this.search;
    this.search = undefined;
    this.usual.clear();
    await open?.release();
  }

  /** What a notebook shows: how many cells of each label. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    const { classes, notes, sources } = this.parts;
    const counts = this.counts();
    const title = [
      `${this.cells} labelled cells of ${sources.map(({ path }) => path).join(", ")}`,
      ...notes,
    ].join("; ");
    const rows = classes.map((name, label): [string, number] => [name, counts[label]]);
    return tableView({ title, columns: ["label", "cells"], rows: rows.sort((a, b) => b[1] - a[1]) });
  }
}

/**
 * Makes an index of labelled cells, to map others to by `mapCells`. Each cell's embedding is scaled to length 1.
 *
 * @param embedder a run, whose own preparation then holds for the cells, or a pretrained model: then all genes of the file that
 *   it knows are taken; or the folder of either
 * @param options.labelColumn obs column of the labels; cells without one are left out
 * @throws where there is no such column or no label in it, and as `annotate` does
 * @example
 * const index = await buildIndex(run, "cells.h5ad", { labelColumn: "bulk_labels" });
 * index.cells; // → 700
 * await index.save("blood_index");
 */
export async function buildIndex(
  embedder: Run | Model | string,
  cells: AnnData | string | readonly string[],
  options: IndexOptions,
): Promise<CellIndex> {
  const given = typeof embedder === "string" ? await openEmbedder(embedder) : embedder;
  const { maxSeqLen } = resolve(INDEX, options);
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    const run = given instanceof Run ? given : untrainedRun(given, recipeFor(given, adata, options));
    const { source, ...labelled } = await embedLabelled(run, adata, { ...options, maxSeqLen });
    return new CellIndex(run, {
      embedder: describeEmbedder(given, run),
      ...labelled,
      ...{ width: run.args.embsize, maxSeqLen, sources: [source] },
      ...{ made: versions(), date: new Date().toISOString() },
    });
  } finally {
    if (adata !== cells) adata.close();
  }
}

/**
 * Reads an index that `index.save` wrote. (One that the published code made with faiss: `loadPublishedIndex`.)
 * @param folder what `index.save` was given
 * @param options where its model is
 * @param options.model the run or model that it was made with, or its folder, where that is no more where it was
 * @throws where the model is another than that of the index
 * @throws where the folder holds none, is of another version, or not as it was written
 * @example
 * const index = await loadIndex("blood_index"); // what the example of buildIndex saved
 * index.cells; // → 700
 */
export async function loadIndex(
  folder: string,
  { model }: { model?: Run | Model | string } = {},
): Promise<CellIndex> {
  const parts = readIndex(folder);
  const given = typeof model === "object" ? model : await openAgain(parts, model, folder);
  return new CellIndex(embedderOf(parts.embedder, given, folder), parts);
}

async function openAgain(
  { embedder }: IndexParts,
  model: string | undefined,
  folder: string,
): Promise<Run | Model> {
  try {
    if (model !== undefined) return await openEmbedder(model);
    const { folder: before, model: pretrained } = embedder;
    return await (pretrained ? openModel(before, pretrained.given) : openEmbedder(before));
  } catch (error) {
    if (model !== undefined) throw error;
    throw new CellkernelError(
      "path",
      `the index ${folder} was made with ${embedder.folder}, which can't be opened (${(error as Error).message}): give it by the option model (--model DIR)`,
      { path: embedder.folder, option: "model" },
      { cause: error },
    );
  }
}

/** @throws where there are not as many neighbours */
export function checkNeighbours(k: number, cells: number): void {
  if (k > cells)
    throw new CellkernelError(
      "option",
      `k is ${k}, but the index has ${cells} cells; expected at most as many (--k)`,
      { option: "k", k, cells },
    );
}

/** The labelled cells of a file, embedded. */
async function embedLabelled(run: Run, cells: AnnData | string | readonly string[], options: IndexOptions) {
  const { labelColumn } = options;
  if (labelColumn === undefined)
    throw new CellkernelError(
      "option",
      "an index needs the labels of its cells: name their obs column by the option labelColumn (--label-column COLUMN)",
      { option: "labelColumn" },
    );
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    const replay = Replay.of(run, adata, options);
    const notes = [...replay.notes];
    const { names, codes } = readReferenceLabels(adata, labelColumn, notes);
    const width = run.args.embsize;
    const [labels, embeddings, contents]: [Int32Array[], Float32Array[], string[]] = [[], [], []];
    let empty = 0;
    await embedChunks(run, replay, options, ({ tokens, rows, keys }, rowsOf) => {
      const { indptr } = tokens;
      const kept = Int32Array.from(rows.keys()).filter(
        (cell) => codes[rows[cell]] >= 0 && indptr[cell + 1] > indptr[cell],
      );
      empty += rows.reduce((sum, _, cell) => sum + (indptr[cell + 1] === indptr[cell] ? 1 : 0), 0);
      contents.push(contentOf(adata.nObs, tokens, rows, keys));
      labels.push(kept.map((cell) => codes[rows[cell]]));
      const own = new Float32Array(kept.length * width);
      kept.forEach((cell, i) => {
        own.set(rowsOf.subarray(cell * width, (cell + 1) * width), i * width);
      });
      embeddings.push(unitRows(own, width));
    });
    notes.push(...replay.outsideNotes("they were left out, as there"));
    if (empty > 0) notes.push(`${empty} cells express none of the genes and were left out.`);
    const all = joined(Int32Array, labels);
    if (all.length === 0)
      throw new CellkernelError("nothing", `${adata.path} has no labelled cell that could be embedded.`, {
        path: adata.path,
        column: labelColumn,
      });
    return {
      ...{ classes: names, labels: all, embeddings: joined(Float32Array, embeddings), notes },
      source: { path: adata.path, content: contents.join(" "), labelColumn, cells: all.length },
    };
  } finally {
    if (adata !== cells) adata.close();
  }
}

function joined<T extends Int32Array | Float32Array>(Type: new (length: number) => T, arrays: T[]): T {
  const all = new Type(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** Mean of a part of some values. */
export function meanOf(values: ArrayLike<number>, from: number, end: number): number {
  let sum = 0;
  for (let at = from; at < end; at++) sum += values[at];
  return sum / (end - from);
}
