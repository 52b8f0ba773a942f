import type { AnnData } from "../../src/anndata/anndata.js";
import { Categorical } from "../../src/anndata/columns.js";
import type { DenseArray } from "../../src/index.js";

/** The cells' names and all that is in obs and obsm, in plain values that are compared to the bit: NaN is itself. */
export function contentsOf(cells: AnnData): Record<string, unknown> {
  const found: Record<string, unknown> = { names: [...cells.obsNames] };
  for (const name of cells.obs.columnNames()) {
    const column = cells.obs.column(name) as unknown;
    found[`obs/${name}`] =
      column instanceof Categorical
        ? [column.categories, [...column.codes]]
        : Array.from(column as Iterable<unknown>);
  }
  for (const name of cells.obsm.keys()) {
    const { data, shape } = cells.obsm.get(name) as DenseArray;
    const { buffer, byteOffset, byteLength } = data as Float32Array;
    found[`obsm/${name}`] = [shape, Buffer.from(buffer, byteOffset, byteLength).toString("hex")];
  }
  return found;
}
