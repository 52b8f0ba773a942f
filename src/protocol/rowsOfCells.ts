import type { AnnData } from "../anndata/anndata.js";
import { CellkernelError } from "../support/error.js";

/**
 * Rows of cells that a user named: by rows from 0, or by names; digits that are no cell's name are a row.
 * @throws where there is no such row or name, or several cells have it
 */
export function rowsOfCells(adata: AnnData, wanted: readonly (number | string)[]): number[] {
  const { nObs, obsNames, path } = adata;
  const names = wanted.filter((cell) => typeof cell === "string");
  const rows = new Map<string, number[]>(names.map((name) => [name, []]));
  // One pass: a file may have millions of names.
  if (names.length > 0) for (let row = 0; row < nObs; row++) rows.get(obsNames[row])?.push(row);
  return wanted.map((cell) => {
    const found = typeof cell === "string" ? rows.get(cell)! : [];
    if (found.length === 1) return found[0];
    if (found.length > 1)
      throw new CellkernelError(
        "names",
        `${found.length} cells of ${path} are called ${JSON.stringify(cell)}: name the one that is meant by its row (${found.slice(0, 3).join(", ")}, …)`,
        { path, cell },
      );
    const row = typeof cell === "number" ? cell : /^\d+$/.test(cell) ? Number(cell) : Number.NaN;
    if (row < nObs) return row;
    throw new CellkernelError(
      "option",
      Number.isNaN(row)
        ? `${path} has no cell ${JSON.stringify(cell)}; its cells are called like ${JSON.stringify(obsNames[0])} (--cells takes names, or rows from 0)`
        : `${path} has no row ${row}: its ${nObs} cells are rows 0 to ${nObs - 1} (--cells)`,
      { option: "cells", path, cell },
    );
  });
}
