import { CellkernelError } from "../../support/error.js";
import { Random } from "../../support/random.js";
import { type AnnData, obsColumn } from "../anndata.js";
import type { Value } from "../columns.js";
import { takeCells } from "./subset.js";

/**
 * A view with at most `most` cells of each value of an `obs` column, chosen at random without
 * replacement; the same seed chooses the same cells. Cells whose value is missing are left out.
 *
 * @throws where there is no such column, or `most` is no whole number from 1 on
 * @example
 * downsample(cells, "bulk_labels", 20).nObs; // → 180
 */
export function downsample(adata: AnnData, column: string, most: number, seed = 0): AnnData {
  if (!Number.isInteger(most) || most < 1) {
    throw new CellkernelError(
      "option",
      `Down-sampling keeps a whole number of cells of each class, 1 or more; got ${most}.`,
      { option: "most" },
    );
  }
  const cells = new Map<Value, number[]>();
  for (const [cell, value] of [...(obsColumn(adata, column) as Iterable<Value>)].entries()) {
    if (value === null || Number.isNaN(value)) continue;
    if (!cells.has(value)) cells.set(value, []);
    cells.get(value)?.push(cell);
  }
  const random = new Random(seed);
  const kept = [...cells.values()].flatMap((members) =>
    members.length <= most ? members : random.shuffle(members).slice(0, most),
  );
  return takeCells(adata, Int32Array.from(kept).sort());
}
