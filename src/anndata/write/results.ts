import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

import type { ColumnTable } from "arquero";
import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import type { Column } from "../columns.js";
import type { LazyMapping } from "../element.js";
import { type JoinOptions, joinByCell } from "../join.js";
import type { RowMatrix } from "../matrix.js";
import { openStorage } from "../openStorage.js";
import { readH5ad } from "../readH5ad.js";
import { readZarr } from "../readZarr.js";
import type { GrowingArray, Output } from "../storage.js";
import { columnsOf, tableOf } from "../table.js";
import { storeVersion } from "../zarr/folder.js";
import { type Writable, writeElement } from "./element.js";
import { columnPlace, writeColumn } from "./frame.js";
import { type Annotations, storedMembers, writeContents } from "./h5ad.js";
import { writeMatrix } from "./matrix.js";
import { canBeCopied, checkTarget, openCopy, openNew, type Target, targetOf } from "./target.js";

/** What was found out about the cells of a file. */
export interface Results {
  /** Columns for `obs`, joined by cell name; with `byRow`, a row a cell in the file's order. */
  obs?: ColumnTable;
  /** Embeddings, row-major: cells × `columns`. */
  obsm?: Record<string, { data: Float32Array; columns: number }>;
  /** Values and arrays for `uns`, by name. */
  uns?: Record<string, Writable>;
  /** Matrices, cells × genes, by name. */
  layers?: Record<string, RowMatrix>;
}

/** How results find their cells. */
export interface ResultsOptions extends JoinOptions {
  /** The table has a row for each cell, in the file's order, and no column of names: these may then repeat. */
  byRow?: boolean;
}

/**
 * Writes results into a copy of the input, which is never opened for writing. The copy is made byte by
 * byte and keys are added to it, so that every other part stays as it was. Only where that cannot be
 * (a file of anndata before 0.8, a view, a key that is to be replaced, a link in its place) is the data written anew.
 *
 * Cells are matched by name (with `partial`, cells without a row get missing values) or, with `byRow`, by their rows.
 *
 * @throws where the output is the input, cells and rows do not fit, or a name repeats
 * @example
 * const scores = { data: new Float32Array(700 * 2), columns: 2 };
 * await writeResults("cells.h5ad", "scored.h5ad", { obsm: { X_scores: scores } });
 * (await readH5ad("scored.h5ad")).obsm.has("X_scores"); // → true
 */
export async function writeResults(
  input: AnnData | string,
  outPath: string,
  results: Results,
  options: ResultsOptions = {},
): Promise<void> {
  const adata = typeof input === "string" ? await readStored(input) : input;
  try {
    checkOutput(adata, outPath);
    const columns = resultColumns(adata, results.obs, options);
    const { obsm = {}, uns = {}, layers = {} } = results;
    checkEmbeddings(adata, obsm);
    const widths = Object.fromEntries(Object.entries(obsm).map(([name, { columns }]) => [name, columns]));
    const planned = {
      obs: [...columns.keys()],
      obsm: widths,
      uns: Object.keys(uns),
      layers: Object.keys(layers),
    };
    const writer = await ResultsWriter.open(adata, outPath, planned);
    for (const [name, { data }] of Object.entries(obsm)) writer.append(name, data);
    writer.close({ obs: columns, uns, layers });
  } finally {
    if (typeof input === "string") adata.close();
  }
}

function readStored(path: string): Promise<AnnData> {
  return isFolder(path) ? readZarr(path) : readH5ad(path);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** The names of results that will come. */
export interface PlannedResults {
  obs: readonly string[];
  /** Columns of each embedding. */
  obsm: Record<string, number>;
  uns?: readonly string[];
  layers?: readonly string[];
}

/**
 * Results that come bit by bit, into a copy of the input as `writeResults` makes it. The copy is made first, so that what
 * can't be written is found before hours are spent on what it is to hold; embeddings are written as they come. The
 * file has its name when it is closed.
 */
export class ResultsWriter {
  private constructor(
    private readonly adata: AnnData,
    private readonly file: Target,
    private readonly out: Output,
    private readonly embeddings: Map<string, GrowingArray>,
  ) {}

  static async open(adata: AnnData, outPath: string, planned: PlannedResults): Promise<ResultsWriter> {
    checkOutput(adata, outPath);
    const file = targetOf(outPath);
    let out: Output | undefined;
    try {
      if (adata.isFile && canBeCopied(adata.path, file) && (await canBeAdded(adata, planned))) {
        out = await openCopy(adata.path, file);
      } else {
        out = await openNew(file);
        writeContents(out, without(adata, planned));
      }
      addGroup(out, "/obsm");
      const embeddings = new Map<string, GrowingArray>();
      for (const [name, columns] of Object.entries(planned.obsm)) {
        embeddings.set(name, out.growing(`/obsm/${name}`, new Float32Array(0), columns));
        out.encoding(`/obsm/${name}`, "array", "0.2.0");
      }
      return new ResultsWriter(adata, file, out, embeddings);
    } catch (error) {
      out?.abandon();
      file.discard();
      throw file.failure(error);
    }
  }

  /** Adds rows of an embedding, row-major, after those before: cells in the file's order. */
  append(embedding: string, values: Float32Array): void {
    this.orDiscard(() => this.embeddings.get(embedding)!.append(values));
  }

  /** Adds the rest and gives the file its name. */
  close({
    obs,
    uns = {},
    layers = {},
  }: {
    obs: Map<string, Column>;
    uns?: Record<string, Writable>;
    layers?: Record<string, RowMatrix>;
  }): void {
    const { out, adata } = this;
    this.orDiscard(() => {
      for (const [name, { length }] of this.embeddings)
        if (length !== adata.nObs)
          throw new CellkernelError(
            "option",
            `obsm/${name} has ${length} rows, expected ${adata.nObs}, one a cell`,
            { option: "obsm", name },
          );
      for (const [name, column] of obs) writeColumn(out, columnPlace(out, "/obs", name), column);
      const unread = adata.unread.flatMap(({ path }) => (path.startsWith("/obs/") ? [path.slice(5)] : []));
      out.attribute("/obs", "column-order", [
        ...new Set([...adata.obs.columnNames(), ...unread, ...obs.keys()]),
      ]);
      addMembers(out, "/uns", Object.entries(uns));
      addGroup(out, "/layers");
      for (const [name, layer] of Object.entries(layers)) writeMatrix(out, `/layers/${name}`, layer);
      out.close();
      this.file.commit();
    });
  }

  /** Gives up: nothing is left of the file. */
  abandon(): void {
    this.out.abandon();
    this.file.discard();
  }

  private orDiscard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.abandon();
      throw this.file.failure(error);
    }
  }
}

function resultColumns(
  adata: AnnData,
  obs: ColumnTable | undefined,
  options: ResultsOptions,
): Map<string, Column> {
  if (!obs) return new Map();
  if (!options.byRow) return joinByCell(adata.obsNames, obs, options, "the table of results");
  if (obs.numRows() !== adata.nObs)
    throw new CellkernelError(
      "option",
      `the table of results has ${obs.numRows()} rows for ${adata.nObs} cells; byRow needs one each`,
      { option: "obs" },
    );
  return columnsOf(obs, "the table of results");
}

/** Fails where `writeResults` could not write, before hours are spent on what it is to write. */
export function checkOutput(adata: Pick<AnnData, "sources">, outPath: string): void {
  if (adata.sources.some((source) => overlap(source, outPath)))
    throw new CellkernelError(
      "path",
      `${outPath} is the input itself, which is never written to; give the output another name.`,
      { path: outPath },
    );
  checkTarget(outPath);
}

/** Whether writing to one would write to the other: they are the same, or one lies in the store that the other is. */
function overlap(source: string, out: string): boolean {
  if (!existsSync(source)) return false;
  const [a, b] = [realpathSync(source), realPlace(out)];
  const inSource = storeVersion(a) !== undefined && b.startsWith(a + sep);
  return a === b || a.startsWith(b + sep) || inSource;
}

/** The real path of what may not be there yet. */
function realPlace(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(resolve(path));
  return existsSync(parent) ? join(realpathSync(parent), basename(path)) : resolve(path);
}

function checkEmbeddings(adata: AnnData, given: NonNullable<Results["obsm"]>): void {
  for (const [name, { data, columns }] of Object.entries(given))
    if (data.length !== adata.nObs * columns)
      throw new CellkernelError(
        "option",
        `obsm/${name} has ${data.length} values, expected ${adata.nObs} cells × ${columns} columns.`,
        { option: "obsm", name },
      );
}

/** HDF5 as we have it can add keys but not replace them, and keys are added only to today's encoding of `obs`. */
async function canBeAdded(
  adata: AnnData,
  { obs, obsm, uns = [], layers = [] }: PlannedResults,
): Promise<boolean> {
  const file = await openStorage(adata.path);
  try {
    const modern =
      file.kind("/obs") === "group" && file.textAttribute("/obs", "encoding-version") === "0.2.0";
    const there = (group: string, names: readonly string[]) => {
      const taken = file.kind(group) === "group" ? file.keys(group) : [];
      return names.some((name) => taken.includes(name.split("/")[0]));
    };
    const replaced =
      !isFolder(adata.path) &&
      (there("/obs", obs) ||
        there("/obsm", Object.keys(obsm)) ||
        there("/uns", uns) ||
        there("/layers", layers));
    if (!modern || replaced) return false;
    // What is written through a link lands elsewhere, in another file perhaps.
    const members = { "/obs": obs, "/obsm": Object.keys(obsm), "/uns": uns, "/layers": layers };
    return !Object.entries(members).some(
      ([group, names]) => file.isLink?.(group) || names.some((name) => file.isLink?.(`${group}/${name}`)),
    );
  } finally {
    file.close();
  }
}

export function addMembers(out: Output, group: string, members: Iterable<[string, Writable]>): void {
  addGroup(out, group);
  for (const [key, value] of members) writeElement(out, `${group}/${key}`, value);
}

export function addGroup(out: Output, path: string): void {
  if (out.exists(path)) return;
  out.group(path);
  out.encoding(path, "dict", "0.1.0");
}

/** The data without what results are to take the place of. */
function without(adata: AnnData, { obs, obsm, uns = [], layers = [] }: PlannedResults): Annotations {
  const { X, obsNames, varNames, raw, varm, obsp, varp } = adata;
  const columns = [...columnsOf(adata.obs, "obs")].filter(([name]) => !obs.includes(name));
  const replaced = [...obs.map((name) => `/obs/${name}`), ...layers.map((name) => `/layers/${name}`)];
  return {
    ...{ X, obsNames, varNames, raw, varm, obsp, varp, var: adata.var },
    obs: tableOf(columns),
    obsm: others(adata.obsm, Object.keys(obsm)),
    uns: others(adata.uns, uns),
    layers: [...adata.layers].filter(([name]) => !layers.includes(name)),
    unread: adata.unread.filter(({ path }) => !replaced.includes(path)),
  };
}

function* others(mapping: LazyMapping, taken: readonly string[]): Iterable<[string, Writable]> {
  for (const [key, value] of storedMembers(mapping)) if (!taken.includes(key)) yield [key, value];
}
