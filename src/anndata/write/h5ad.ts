import type { ColumnTable } from "arquero";
import { CellkernelError } from "../../support/error.js";
import { TemporaryFile } from "../../support/temporaryFile.js";
import type { AnnData } from "../anndata.js";
import type { LazyMapping } from "../element.js";
import type { CsrBlock, RowMatrix } from "../matrix.js";
import type { Output } from "../storage.js";
import { tableOf } from "../table.js";
import { copyUnread, type Unread } from "../unread.js";
import { type Writable, writeDict } from "./element.js";
import { writeFrame } from "./frame.js";
import { CsrOutput, writeMatrix } from "./matrix.js";
import { openNew, type Target, targetOf } from "./target.js";

/** What a file is written from: an AnnData, or as much of one as there is. */
export interface Annotations {
  /** The matrix, cells × genes. */
  X?: RowMatrix;
  /** [cells] names. */
  obsNames: readonly string[];
  /** [genes] names. */
  varNames: readonly string[];
  /** A row a cell. */
  obs?: ColumnTable;
  /** A row a gene. */
  var?: ColumnTable;
  /** What was measured before genes were dropped. */
  raw?: { X: RowMatrix; var: ColumnTable; varNames: readonly string[]; varm?: Members };
  /** Other matrices of the shape of `X`, by name. */
  layers?: Iterable<[string, RowMatrix]>;
  /** Arrays and tables of a row a cell. */
  obsm?: Members;
  /** Arrays and tables of a row a gene. */
  varm?: Members;
  /** Matrices of cells × cells. */
  obsp?: Members;
  /** Matrices of genes × genes. */
  varp?: Members;
  /** Everything else. */
  uns?: Members;
  /** What stands among columns and layers and can only be copied. */
  unread?: readonly Unread[];
  /** Attributes of the file itself. */
  attributes?: Record<string, string>;
}

/** The members of a group: read from a file, or given as an object or as pairs. */
export type Members = LazyMapping | Iterable<[string, Writable]> | Record<string, Writable>;

/**
 * Writes a new `.h5ad` file, or with a name that ends in `.zarr` a Zarr store, whose cells come in blocks of unknown number. The file appears under its
 * name at `close`; after an error nothing is left of it.
 *
 * @example
 * const genes = ["CD3D", "CD79A"];
 * const file = await H5adWriter.create("new.h5ad", genes.length);
 * const [indptr, indices, data] = [Int32Array.of(0, 1, 3), Int32Array.of(0, 0, 1), Float32Array.of(5, 1, 2)];
 * file.append({ start: 0, rows: 2, columns: 2, indptr, indices, data }); // block by block
 * await file.close({ obsNames: ["cell 1", "cell 2"], varNames: genes });
 */
export class H5adWriter {
  private constructor(
    private readonly file: Target,
    private readonly out: Output,
    private readonly X: CsrOutput,
    private readonly columns: number,
  ) {}

  /**
   * @param columns number of genes
   * @param dtype NumPy's name of the type that `X` is stored as
   * @param mostEntries how many entries that are not zero may come: 2^31 and more need wider indices
   */
  static async create(
    path: string,
    columns: number,
    dtype = "float32",
    mostEntries = 0,
  ): Promise<H5adWriter> {
    const file = targetOf(path);
    const out = await openOutput(file);
    try {
      return new H5adWriter(file, out, new CsrOutput(out, "/X", columns, dtype, mostEntries), columns);
    } catch (error) {
      throw failed(file, out, error);
    }
  }

  /** Adds the block's rows after those before (its `start` does not matter). */
  append(block: CsrBlock): void {
    try {
      this.X.append(block);
    } catch (error) {
      throw failed(this.file, this.out, error);
    }
  }

  /** Writes the annotations and gives the file its name. */
  async close(annotations: Omit<Annotations, "X">): Promise<void> {
    try {
      const rows = this.X.finish();
      const { obsNames, varNames } = annotations;
      if (obsNames.length !== rows)
        throw new CellkernelError("names", `${obsNames.length} cell names came for ${rows} rows`);
      if (varNames.length !== this.columns) {
        throw new CellkernelError("names", `${varNames.length} gene names came for ${this.columns} columns`);
      }
      writeAnnotations(this.out, annotations);
      this.out.close();
    } catch (error) {
      throw failed(this.file, this.out, error);
    }
    commit(this.file);
  }

  /** Gives up: nothing is left of the file. */
  abandon(): void {
    this.out.abandon();
    this.file.discard();
  }
}

/**
 * Writes an AnnData, also a view that was made by `subset` or `concatenate`, to a new `.h5ad` file,
 * by row blocks. Sparse matrices become CSR; what `adata` was opened from is not touched.
 *
 * @throws where the path cannot be written, or is what `adata` reads from; nothing is left there then
 * @example
 * await writeH5ad(subset(cells, { genes: ["CD3D", "CD79A"] }), "markers.h5ad");
 * (await readH5ad("markers.h5ad")).varNames; // → ["CD3D", "CD79A"]
 */
export async function writeH5ad(adata: AnnData, path: string): Promise<void> {
  await writeWhole(adata, new TemporaryFile(path));
}

/** Writes an AnnData to a file or store, which has its name when it is whole. */
export async function writeWhole(adata: AnnData, file: Target): Promise<void> {
  const out = await openOutput(file);
  try {
    writeContents(out, adata);
    out.close();
  } catch (error) {
    throw failed(file, out, error);
  }
  commit(file);
}

/** Writes all parts to a file that was just opened. */
export function writeContents(out: Output, parts: Annotations): void {
  if (parts.X) writeMatrix(out, "/X", parts.X);
  writeAnnotations(out, parts);
}

async function openOutput(file: Target): Promise<Output> {
  try {
    return await openNew(file);
  } catch (error) {
    file.discard();
    throw file.failure(error);
  }
}

function failed(file: Target, out: Output, error: unknown): Error {
  out.abandon();
  file.discard();
  return file.failure(error);
}

function commit(file: Target): void {
  try {
    file.commit();
  } catch (error) {
    file.discard();
    throw file.failure(error);
  }
}

function writeAnnotations(out: Output, parts: Annotations): void {
  out.encoding("/", "anndata", "0.1.0");
  for (const [name, text] of Object.entries(parts.attributes ?? {})) out.attribute("/", name, text);
  writeFrame(out, "/obs", parts.obsNames, parts.obs ?? tableOf([]));
  writeFrame(out, "/var", parts.varNames, parts.var ?? tableOf([]));
  writeDict(out, "/layers", []);
  for (const [name, layer] of parts.layers ?? []) writeMatrix(out, `/layers/${name}`, layer);
  for (const group of ["obsm", "varm", "obsp", "varp", "uns"] as const) {
    writeDict(out, `/${group}`, members(parts[group]));
  }
  if (parts.raw) {
    out.group("/raw");
    out.encoding("/raw", "raw", "0.1.0");
    writeMatrix(out, "/raw/X", parts.raw.X);
    writeFrame(out, "/raw/var", parts.raw.varNames, parts.raw.var);
    writeDict(out, "/raw/varm", members(parts.raw.varm));
  }
  copyParts(out, parts);
}

function copyParts(out: Output, { obs, var: genes, raw, unread = [] }: Annotations): void {
  for (const part of unread) copyUnread(out, part);
  for (const [group, table] of [
    ["/obs", obs],
    ["/var", genes],
    ["/raw/var", raw?.var],
  ] as const) {
    const copied = unread.flatMap(({ path }) =>
      path.startsWith(`${group}/`) ? [path.slice(group.length + 1)] : [],
    );
    if (copied.length > 0) out.attribute(group, "column-order", [...(table?.columnNames() ?? []), ...copied]);
  }
}

function* members(group: Members = {}): Iterable<[string, Writable]> {
  if (isMapping(group)) yield* storedMembers(group);
  else yield* Symbol.iterator in group ? group : Object.entries(group);
}

/** Reads a mapping's members one after the other, in their stored types. */
export function* storedMembers(mapping: LazyMapping): Iterable<[string, Writable]> {
  for (const key of mapping.keys()) yield [key, (mapping.stored ?? mapping.get)(key)!];
}

function isMapping(group: Members): group is LazyMapping {
  return "has" in group && typeof group.has === "function" && "get" in group && !(group instanceof Map);
}
