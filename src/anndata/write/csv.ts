import { writeFileAtomically } from "../../support/atomic.js";
import { csvLine } from "../../support/csv.js";
import type { AnnData } from "../anndata.js";
import type { Column, Value } from "../columns.js";
import { columnsOf } from "../table.js";

/** Rows that are written at a time. */
const ROWS = 10_000;

/**
 * Writes the cells' table, `obs`, with further columns as comma-separated values that pandas reads: names in the column
 * `cell_id`, missing values as nothing. The file has its name when it is whole.
 * @param added take the place of columns of their names
 */
export function writeObsCsv(adata: AnnData, path: string, added: ReadonlyMap<string, Column>): void {
  const columns = new Map([...columnsOf(adata.obs, "obs"), ...added]);
  const index = columns.has("cell_id") ? "" : "cell_id";
  const lines = function* () {
    yield Buffer.from(`${csvLine([index, ...columns.keys()])}\n`);
    for (let start = 0; start < adata.nObs; start += ROWS) {
      let text = "";
      for (let row = start; row < Math.min(start + ROWS, adata.nObs); row++) {
        const values = [...columns.values()].map((column) => csvValue(column.at(row) as Value));
        text += `${csvLine([adata.obsNames[row], ...values])}\n`;
      }
      yield Buffer.from(text);
    }
  };
  writeFileAtomically(path, lines());
}

/** A value as pandas reads it; missing ones are nothing. */
export function csvValue(value: Value): string {
  if (value === null || Number.isNaN(value)) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}
