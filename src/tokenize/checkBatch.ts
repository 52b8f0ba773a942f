import { CellkernelError } from "../support/error.js";
import type { Batch } from "./batches.js";

/**
 * Refuses a batch that a model cannot take: arrays of another size than its cells and length, a gene row that the
 * table does not have, a value that is not a finite number.
 * @param rows of the gene table
 * @throws where there is one, with the cell and the position in it
 */
export function checkBatch({ cells, length, genes, values }: Batch, rows: number): void {
  const tokens = cells.length * length;
  if (genes.length !== tokens || values.length !== tokens)
    throw new CellkernelError(
      "other-preparation",
      `A batch of ${cells.length} cells × ${length} tokens has ${genes.length} genes and ${values.length} values.`,
    );
  const fault = (i: number, what: string) => {
    const [cell, position] = [cells[Math.floor(i / length)], i % length];
    return new CellkernelError("other-preparation", `cell ${cell}, position ${position}${what}`, {
      cell,
      position,
    });
  };
  for (let i = 0; i < tokens; i++) {
    if (!(genes[i] >= 0 && genes[i] < rows))
      throw fault(i, `: gene row ${genes[i]} is not in the table of ${rows} rows (0 … ${rows - 1}).`);
    if (!Number.isFinite(values[i]))
      throw fault(i, ` (gene row ${genes[i]}): the value is ${values[i]}; it must be a finite number.`);
  }
}

/**
 * Refuses labels that are not one a cell, or not among the classes.
 * @param what what the labels are of, for the message: "class" or "batch"
 */
export function checkLabels(
  { cells }: Pick<Batch, "cells">,
  labels: Int32Array,
  classes: number,
  what: string,
): void {
  if (labels.length !== cells.length)
    throw new CellkernelError(
      "other-preparation",
      `A batch of ${cells.length} cells has ${labels.length} ${what} labels; it needs one a cell.`,
    );
  labels.forEach((label, i) => {
    if (!(label >= 0 && label < classes))
      throw new CellkernelError(
        "other-preparation",
        `cell ${cells[i]}: the ${what} label is ${label}; with ${classes} of them it must be 0 … ${classes - 1}.`,
        { cell: cells[i], label },
      );
  });
}
