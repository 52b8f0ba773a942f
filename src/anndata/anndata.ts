import type { ColumnTable } from "arquero";
import { CellkernelError } from "../support/error.js";
import { Categorical, type Value } from "./columns.js";
import type { LazyMapping } from "./element.js";
import type { RowMatrix } from "./matrix.js";
import { showHtml, showText } from "./show.js";
import type { Unread } from "./unread.js";

/** The part of an AnnData that keeps what was measured before genes were dropped. */
export interface Raw {
  /** Cells × the genes that were measured. */
  X: RowMatrix;
  /** A row a gene. */
  var: ColumnTable;
  /** Names of these genes. */
  varNames: string[];
  /** Arrays of a row a gene. */
  varm: LazyMapping;
}

/** What an `AnnData` is made of. */
export interface AnnDataParts {
  /** Where it comes from. */
  path: string;
  /** Whether `path` is an `.h5ad` file or a Zarr store that holds exactly this; not so for views and other formats. */
  isFile?: boolean;
  /** The files and folders that are read; `path` alone by default. */
  sources?: readonly string[];
  /** A row a cell, as an arquero table. */
  obs: ColumnTable;
  /** A row a gene, as an arquero table. */
  var: ColumnTable;
  /** [cells] names, in the order of the rows of `X`. */
  obsNames: string[];
  /** [genes] names, in the order of the columns of `X`. */
  varNames: string[];
  /** The matrix, cells × genes; undefined where the file has none. */
  X: RowMatrix | undefined;
  /** What was measured before genes were dropped, where the file keeps it. */
  raw?: Raw;
  /** Other matrices of the shape of `X`, by name. */
  layers: Map<string, RowMatrix>;
  /** Arrays and tables of a row a cell, embeddings for instance. */
  obsm: LazyMapping;
  /** Arrays and tables of a row a gene. */
  varm: LazyMapping;
  /** Matrices of cells × cells. */
  obsp: LazyMapping;
  /** Matrices of genes × genes. */
  varp: LazyMapping;
  /** Everything else. */
  uns: LazyMapping;
  /** What stands among columns and layers in an encoding that is not read here. */
  unread?: readonly Unread[];
  /** What X is, where the reader had to decide: sentences. */
  remarks?: readonly string[];
  /** Closes what is read from; matrices can be read no more. */
  close(): void;
}

/**
 * Annotated data: a matrix of cells (`obs`) by genes (`var`) with tables about both, as Python's
 * anndata has it. Matrices are read by blocks from the file, which stays open until `close`.
 *
 * @example
 * cells.X?.shape; // → [700, 765]
 * cells.categories("bulk_labels"); // → ["CD4+/CD25 T Reg", …]
 * for (const { start, rows, indptr } of cells.raw!.X.blocks({ rows: 100 })) indptr[rows]; // entries of a block
 */
export class AnnData implements AnnDataParts {
  readonly path: string;
  readonly isFile: boolean;
  readonly sources: readonly string[];
  readonly obs: ColumnTable;
  readonly var: ColumnTable;
  readonly obsNames: string[];
  readonly varNames: string[];
  readonly X: RowMatrix | undefined;
  readonly raw?: Raw;
  readonly layers: Map<string, RowMatrix>;
  readonly obsm: LazyMapping;
  readonly varm: LazyMapping;
  readonly obsp: LazyMapping;
  readonly varp: LazyMapping;
  readonly uns: LazyMapping;
  readonly unread: readonly Unread[];
  readonly remarks: readonly string[];
  readonly close: () => void;

  constructor(parts: AnnDataParts) {
    this.path = parts.path;
    this.isFile = parts.isFile ?? false;
    this.sources = parts.sources ?? [parts.path];
    this.obs = parts.obs;
    this.var = parts.var;
    this.obsNames = parts.obsNames;
    this.varNames = parts.varNames;
    this.X = parts.X;
    this.raw = parts.raw;
    this.layers = parts.layers;
    this.obsm = parts.obsm;
    this.varm = parts.varm;
    this.obsp = parts.obsp;
    this.varp = parts.varp;
    this.uns = parts.uns;
    this.unread = parts.unread ?? [];
    this.remarks = parts.remarks ?? [];
    this.close = parts.close;
  }

  /** Number of cells. */
  get nObs(): number {
    return this.obsNames.length;
  }

  /** Number of genes. */
  get nVars(): number {
    return this.varNames.length;
  }

  /**
   * The categories of a column of `obs`, in their order and with those that no cell has; undefined
   * for a column that is not categorical. Fails on a column that does not exist.
   */
  categories(column: string): readonly Value[] | undefined {
    const values = obsColumn(this, column);
    return values instanceof Categorical ? values.categories : undefined;
  }

  /** How a notebook shows it. */
  [Symbol.for("Jupyter.mime")](): Record<string, string> {
    return { "text/plain": showText(this), "text/html": showHtml(this) };
  }
}

/** A column of `obs`, as it was read. Fails, naming the columns that there are. */
export function obsColumn(adata: AnnData, name: string): ArrayLike<Value> | Categorical {
  const column = adata.obs.column(name);
  if (!column) {
    throw new CellkernelError(
      "column",
      `${adata.path} has no obs column "${name}". Its columns are: ${adata.obs.columnNames().join(", ") || "none"}.`,
      { path: adata.path, column: name },
    );
  }
  return column as unknown as Categorical;
}
