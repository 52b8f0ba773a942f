import { createHash } from "node:crypto";
import type { AnnData } from "../../src/anndata/anndata.js";
import type { Weights } from "../../src/checkpoint/weights.js";

/** A name for each part that was read, and what stands for its values: equal where the values are. */
export type Digest = Record<string, string>;

/** Shape and float32 values of every tensor. `test/fuzz/oracle.py` says the same of what torch reads. */
export function digestWeights(weights: Weights): Digest {
  return Object.fromEntries(
    [...weights].map(([name, { shape, data }]) => [name, `[${shape}] ${hashOfNumbers(data)}`]),
  );
}

/** Names, columns and matrices. `test/fuzz/oracle.py` says the same of what anndata reads. */
export function digestCells(cells: AnnData): Digest {
  const digest: Digest = { obs_names: hashOfTexts(cells.obsNames), var_names: hashOfTexts(cells.varNames) };
  const part = (name: string, make: () => string) => {
    try {
      digest[name] = make();
    } catch (error) {
      digest[name] = `! ${(error as Error).name}: ${(error as Error).message}`;
    }
  };
  try {
    for (const [frame, table] of [
      ["obs", cells.obs],
      ["var", cells.var],
    ] as const)
      for (const name of table.columnNames())
        part(`${frame}/${name}`, () => hashOfColumn(table.column(name) as unknown as Column));
    if (cells.X) part("X", () => hashOfMatrix(cells.X!));
    for (const [name, matrix] of cells.layers) part(`layers/${name}`, () => hashOfMatrix(matrix));
    if (cells.raw) part("raw/X", () => hashOfMatrix(cells.raw!.X));
    for (const name of cells.obsm.keys()) part(`obsm/${name}`, () => hashOfElement(cells.obsm.get(name)));
    for (const name of cells.uns.keys()) part(`uns/${name}`, () => hashOfElement(cells.uns.get(name)));
  } finally {
    cells.close();
  }
  return digest;
}

interface Column {
  length: number;
  at(row: number): unknown;
}

/** Numbers as numbers, all else as text; a missing value is one of its own. */
function hashOfColumn(column: Column): string {
  const values = Array.from({ length: column.length }, (_, row) => column.at(row));
  if (values.every((value) => typeof value === "number" || typeof value === "bigint"))
    return hashOfNumbers(values.map(Number));
  return hashOfTexts(
    values.map((value) =>
      value === null ? "\u0001NA" : typeof value === "boolean" ? `${Number(value)}` : String(value),
    ),
  );
}

function hashOfMatrix(matrix: NonNullable<AnnData["X"]>): string {
  const [rows, columns] = matrix.shape;
  if (rows * columns > 2 ** 22) return `[${rows},${columns}] too large`;
  const dense = new Float64Array(rows * columns);
  for (const block of matrix.blocks())
    for (let row = 0; row < block.rows; row++)
      for (let k = block.indptr[row]; k < block.indptr[row + 1]; k++)
        dense[(block.start + row) * columns + block.indices[k]] = block.data[k];
  return `[${rows},${columns}] ${hashOfNumbers(dense)}`;
}

function hashOfElement(element: unknown): string {
  if (element === null || typeof element !== "object") return `scalar ${String(element)}`;
  const { shape, data } = element as { shape?: number[]; data?: ArrayLike<unknown> };
  if (!Array.isArray(shape) || !data) return "another kind";
  return `[${shape}] ${typeof data[0] === "string" ? hashOfTexts(data as string[]) : hashOfNumbers(Array.from(data, Number))}`;
}

function hashOfNumbers(values: ArrayLike<number>): string {
  // Every NaN alike: from a typed array its bits would come as they were stored. And −0 is 0, which rows of entries leave out.
  const plain = Float64Array.from(values, (value) => (Number.isNaN(value) ? Number.NaN : value + 0));
  return `numbers ${hash(new Uint8Array(plain.buffer))}`;
}

function hashOfTexts(values: readonly string[]): string {
  return `texts ${hash(Buffer.from(values.map((value) => `${value}\n`).join("")))}`;
}

function hash(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}
