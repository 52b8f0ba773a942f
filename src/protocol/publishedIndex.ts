import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AnnData } from "../anndata/anndata.js";
import { H5File } from "../anndata/hdf5/file.js";
import type { MimeBundle } from "../host/host.js";
import { type FaissIndex, readFaiss } from "../reference/faissFile.js";
import { defaultProbes } from "../reference/faissProbes.js";
import type { FaissSearch } from "../reference/faissSearch.js";
import type { Neighbours } from "../reference/neighbours.js";
import { INDEX, type MappingOptions } from "../settings/mapping.js";
import { CellkernelError } from "../support/error.js";
import { tableView } from "../views/table.js";
import type { CellReference, SearchOptions } from "./cellReference.js";
import { type EmbedderRecipe, openEmbedder, recipeFor, untrainedRun } from "./embedder.js";
import type { Model } from "./model.js";
import { Run } from "./run.js";

/** The files of a published index. */
const VECTORS = "index.faiss";
const META = "meta.h5ad";
const LABELS = "/meta_labels";

/** Whether a folder holds an index that the published code made with faiss. */
export function isPublishedIndex(folder: string): boolean {
  return existsSync(join(folder, VECTORS));
}

/**
 * An index that the published code made with faiss, such as that of the CELLxGENE cells: `index.faiss` and `meta.h5ad`. Its vectors are
 * quantised, so that distances are rough, and which model made them it does not say.
 */
export class PublishedIndex implements CellReference {
  readonly maxSeqLen = INDEX.maxSeqLen.default;
  private search: Promise<FaissSearch> | undefined;

  private constructor(
    readonly folder: string,
    private readonly model: Model | Run,
    private readonly index: FaissIndex,
    readonly classes: readonly string[],
    readonly labels: Int32Array,
  ) {}

  /**
   * @param model that the index was made with
   * @throws where a file is missing or no such index, or the model's embeddings are of another width
   */
  static async open(folder: string, model: Model | Run): Promise<PublishedIndex> {
    const index = readFaiss(join(folder, VECTORS));
    if (model.args.embsize !== index.widthIn)
      throw new CellkernelError(
        "other-preparation",
        `${folder} holds vectors of ${index.widthIn} numbers, but embeddings of ${model.folder} have ${model.args.embsize}: give the model that it was made with by the option model (--model DIR)`,
        { path: folder, option: "model" },
      );
    const { classes, labels } = await readLabels(join(folder, META), index.ids.length);
    return new PublishedIndex(folder, model, index, classes, labels);
  }

  get cells(): number {
    return this.labels.length;
  }

  /** Lists of the index: cells near one another. */
  get lists(): number {
    return this.index.pointers.length - 1;
  }

  counts(): Int32Array {
    const counts = new Int32Array(this.classes.length);
    for (const label of this.labels) counts[label]++;
    return counts;
  }

  runFor(cells: AnnData, options: MappingOptions, known?: EmbedderRecipe): Run {
    return this.model instanceof Run
      ? this.model
      : untrainedRun(this.model, known ?? recipeFor(this.model, cells, options));
  }

  /**
   * The k nearest cells of the index, by Euclidean distance to its quantised vectors.
   * @param embeddings Float32 [cells × width], of length 1
   * @param k neighbours of each
   * @param options how many lists are looked through; `signal` ends the search
   */
  async nearest(
    embeddings: Float32Array,
    k: number,
    { nprobe = defaultProbes(this.lists), signal }: SearchOptions = {},
  ): Promise<Neighbours> {
    // The engine is loaded where it is asked for.
    this.search ??= import("../reference/faissSearch.js").then(({ FaissSearch }) =>
      FaissSearch.open(this.index),
    );
    return (await this.search).nearest(embeddings, k, nprobe, signal);
  }

  /** Not known: how far quantised vectors are from one another says little of how far the cells are. */
  async usualDistance(): Promise<undefined> {
    return undefined;
  }

  about() {
    return {
      ...{ folder: this.folder, cells: this.cells, lists: this.lists, model: this.model.folder ?? "" },
      kind: "published (faiss)",
    };
  }

  /** Frees what a search holds. */
  async close(): Promise<void> {
    const open = await this.search;
    this.search = undefined;
    await open?.release();
  }

  /** What a notebook shows: how many cells of each label. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    const counts = this.counts();
    const rows = this.classes.map((name, label): [string, number] => [name, counts[label]]);
    return tableView({
      title: `${this.cells} labelled cells of the published index ${this.folder}, in ${this.lists} lists`,
      columns: ["label", "cells"],
      rows: rows.sort((a, b) => b[1] - a[1]),
    });
  }
}

/**
 * Opens an index that the published code made with faiss, such as that of the CELLxGENE cells: a folder of `index.faiss` and `meta.h5ad`.
 * @param model the run or model that it was made with, or its folder: the index does not say
 * @throws where a file is missing or no such index, or the model's embeddings are of another width
 * @example
 * const atlas = await loadPublishedIndex("atlas", "atlas_model"); // index.faiss, meta.h5ad
 * await mapCells(atlas, "cells.h5ad", { out: "mapped_to_atlas.h5ad", k: 10 });
 */
export async function loadPublishedIndex(
  folder: string,
  model: Model | Run | string,
): Promise<PublishedIndex> {
  return PublishedIndex.open(folder, typeof model === "string" ? await openEmbedder(model) : model);
}

/** The cells' labels, as codes in sorted order. */
async function readLabels(path: string, cells: number): Promise<{ classes: string[]; labels: Int32Array }> {
  const fault = (what: string) =>
    new CellkernelError("format", `${path} ${what}; expected ${cells} texts in ${LABELS}, one a cell`, {
      path,
    });
  const file = await H5File.open(path);
  try {
    if (file.kind(LABELS) !== "dataset") throw fault(`has no dataset ${LABELS}`);
    const { values } = file.read(LABELS);
    if (!Array.isArray(values) || values.length !== cells) throw fault("has others");
    const texts = values as string[];
    const classes = [...new Set(texts)].sort();
    const codes = new Map(classes.map((name, code) => [name, code]));
    return { classes, labels: Int32Array.from(texts, (text) => codes.get(text)!) };
  } finally {
    file.close();
  }
}
