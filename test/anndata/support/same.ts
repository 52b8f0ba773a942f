import assert from "node:assert/strict";
import type { ColumnTable } from "arquero";
import type { AnnData } from "../../../src/anndata/anndata.js";
import { type Element, isMatrix, isTable, type LazyMapping, Records } from "../../../src/anndata/element.js";
import type { RowMatrix } from "../../../src/anndata/matrix.js";
import { columnsOf } from "../../../src/anndata/table.js";

/** Asserts that two AnnData hold the same to the bit: types, values, categories, and entries of every matrix. */
export function assertSame(a: AnnData, b: AnnData): void {
  assert.deepEqual(a.obsNames, b.obsNames);
  assert.deepEqual(a.varNames, b.varNames);
  assertTables(a.obs, b.obs, "obs");
  assertTables(a.var, b.var, "var");
  assert.deepEqual(matrix(a.X), matrix(b.X), "X");
  assert.deepEqual([...a.layers.keys()].sort(), [...b.layers.keys()].sort());
  for (const [name, layer] of a.layers) assert.deepEqual(matrix(layer), matrix(b.layers.get(name)), name);
  assert.deepEqual(a.raw?.varNames, b.raw?.varNames);
  assert.deepEqual(matrix(a.raw?.X), matrix(b.raw?.X), "raw");
  for (const group of ["obsm", "varm", "obsp", "varp", "uns"] as const)
    assertMappings(a[group], b[group], group);
}

function assertMappings(a: LazyMapping, b: LazyMapping, where: string): void {
  assert.deepEqual([...a.keys()].sort(), [...b.keys()].sort(), where);
  for (const key of a.keys()) assert.deepEqual(plain(a.get(key)!), plain(b.get(key)!), `${where}/${key}`);
}

function assertTables(a: ColumnTable, b: ColumnTable, where: string): void {
  assert.deepEqual(a.columnNames(), b.columnNames(), where);
  const [first, second] = [columnsOf(a, where), columnsOf(b, where)];
  for (const [name, column] of first) assert.deepEqual(column, second.get(name), `${where}/${name}`);
}

function matrix(matrix: RowMatrix | undefined): unknown {
  if (!matrix) return undefined;
  const { shape, format, dtype } = matrix;
  const blocks = [...matrix.blocks({ rows: 3 })].map(({ indptr, indices, data }) => [indptr, indices, data]);
  return { shape, format, dtype, blocks };
}

function plain(element: Element): unknown {
  if (typeof element !== "object" || element === null) return element;
  if (isMatrix(element)) return matrix(element);
  if (isTable(element)) return [element.index, [...columnsOf(element.table, "")]];
  if (element instanceof Records) return [element.shape, [...element.fields]];
  if (Object.getPrototypeOf(element) !== Object.prototype || "data" in element) return element;
  return Object.fromEntries(
    Object.entries(element as Record<string, Element>).map(([key, value]) => [key, plain(value)]),
  );
}
