import { chmodSync, constants, copyFileSync, realpathSync, statSync } from "node:fs";

import type { ColumnTable } from "arquero";
import { TemporaryFile } from "../../support/temporaryFile.js";
import type { AnnData } from "../anndata.js";
import type { Column } from "../columns.js";
import type { DenseArray, LazyMapping } from "../element.js";
import { H5File } from "../hdf5/file.js";
import { H5Output } from "../hdf5/output.js";
import { type JoinOptions, joinByCell } from "../join.js";
import type { RowMatrix } from "../matrix.js";
import { readH5ad } from "../readH5ad.js";
import { columnsOf, withColumns } from "../table.js";
import { type Writable, writeElement } from "./element.js";
import { writeColumn } from "./frame.js";
import { type Annotations, storedMembers, writeParts } from "./h5ad.js";
import { writeMatrix } from "./matrix.js";

/** What was found out about the cells of a file. */
export interface Results {
  /** Columns for `obs`, joined by cell name; with `byRow`, a row a cell in the file's order. */
  obs?: ColumnTable;
  /** Embeddings, row-major: cells × `columns`. */
  obsm?: Record<string, { data: Float32Array; columns: number }>;
  uns?: Record<string, Writable>;
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
 * (a file of anndata before 0.8, a view, a key that is to be replaced) is the data written anew.
 *
 * Cells are matched by name (with `partial`, cells without a row get missing values) or, with `byRow`, by their rows.
 */
export async function writeResults(
  input: AnnData | string,
  outPath: string,
  results: Results,
  options: ResultsOptions = {},
): Promise<void> {
  const adata = typeof input === "string" ? await readH5ad(input) : input;
  try {
    checkOutput(adata, outPath);
    const columns = resultColumns(adata, results.obs, options);
    const obsm = embeddings(adata, results.obsm ?? {});
    if (adata.isFile && (await canBeAdded(adata, columns, obsm, results))) {
      await addToCopy(adata, outPath, columns, obsm, results);
    } else {
      await writeParts(merged(adata, columns, obsm, results), outPath);
    }
  } finally {
    if (typeof input === "string") adata.close();
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
    throw new Error(
      `the table of results has ${obs.numRows()} rows for ${adata.nObs} cells; byRow needs one each`,
    );
  return columnsOf(obs, "the table of results");
}

/** Fails where `writeResults` could not write, before hours are spent on what it is to write. */
export function checkOutput(adata: AnnData, outPath: string): void {
  if (isSame(adata.path, outPath))
    throw new Error(
      `${outPath} is the input itself, which is never written to; give the output another name.`,
    );
  new TemporaryFile(outPath);
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function embeddings(adata: AnnData, given: NonNullable<Results["obsm"]>): Map<string, DenseArray> {
  return new Map(
    Object.entries(given).map(([name, { data, columns }]) => {
      if (data.length !== adata.nObs * columns) {
        throw new Error(
          `obsm/${name} has ${data.length} values, expected ${adata.nObs} cells × ${columns} columns.`,
        );
      }
      return [name, { shape: [adata.nObs, columns], dtype: "float32", data }];
    }),
  );
}

/** HDF5 as we have it can add keys but not replace them, and only to today's encoding of `obs`. */
async function canBeAdded(
  adata: AnnData,
  columns: Map<string, Column>,
  obsm: Map<string, DenseArray>,
  { uns = {}, layers = {} }: Results,
): Promise<boolean> {
  const file = await H5File.open(adata.path);
  try {
    const modern =
      file.kind("/obs") === "group" && file.textAttribute("/obs", "encoding-version") === "0.2.0";
    const replaced =
      [...columns.keys()].some((name) => adata.obs.column(name)) ||
      [...obsm.keys()].some((key) => adata.obsm.has(key)) ||
      Object.keys(uns).some((key) => adata.uns.has(key)) ||
      Object.keys(layers).some((key) => adata.layers.has(key));
    return modern && !replaced;
  } finally {
    file.close();
  }
}

async function addToCopy(
  adata: AnnData,
  outPath: string,
  columns: Map<string, Column>,
  obsm: Map<string, DenseArray>,
  { uns = {}, layers = {} }: Results,
): Promise<void> {
  const file = new TemporaryFile(outPath);
  let out: H5Output | undefined;
  try {
    copyFileSync(adata.path, file.path, constants.COPYFILE_FICLONE);
    chmodSync(file.path, statSync(file.path).mode | 0o600);
    out = await H5Output.open(file.path, "a");
    for (const [name, column] of columns) writeColumn(out, `/obs/${name}`, column);
    out.attribute("/obs", "column-order", [...adata.obs.columnNames(), ...columns.keys()]);
    addMembers(out, "/obsm", obsm);
    addMembers(out, "/uns", Object.entries(uns));
    addGroup(out, "/layers");
    for (const [name, layer] of Object.entries(layers)) writeMatrix(out, `/layers/${name}`, layer);
    out.close();
    out = undefined;
    file.commit();
  } catch (error) {
    out?.abandon();
    file.discard();
    throw file.failure(error);
  }
}

function addMembers(out: H5Output, group: string, members: Iterable<[string, Writable]>): void {
  addGroup(out, group);
  for (const [key, value] of members) writeElement(out, `${group}/${key}`, value);
}

function addGroup(out: H5Output, path: string): void {
  if (out.exists(path)) return;
  out.group(path);
  out.encoding(path, "dict", "0.1.0");
}

/** The data with the results in place of what had their names. */
function merged(
  adata: AnnData,
  columns: Map<string, Column>,
  obsm: Map<string, DenseArray>,
  { uns = {}, layers = {} }: Results,
): Annotations {
  const { X, obsNames, varNames, raw, varm, obsp, varp } = adata;
  return {
    ...{ X, obsNames, varNames, raw, varm, obsp, varp, var: adata.var },
    obs: withColumns(adata.obs, columns),
    obsm: overlaid(adata.obsm, obsm),
    uns: overlaid(adata.uns, new Map(Object.entries(uns))),
    layers: new Map([...adata.layers, ...Object.entries(layers)]),
  };
}

function* overlaid(mapping: LazyMapping, added: Map<string, Writable>): Iterable<[string, Writable]> {
  for (const [key, value] of storedMembers(mapping)) if (!added.has(key)) yield [key, value];
  yield* added;
}
