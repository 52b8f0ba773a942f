import type { AnnData } from "../../anndata/anndata.js";
import { Categorical, type Value } from "../../anndata/columns.js";
import type { CellColumn } from "../../preprocess/labels.js";
import { CellkernelError } from "../../support/error.js";
import type { EmbeddingPanel } from "../../views/types.js";

/** What R keeps for an integer that is missing, and what of it comes along where a file was written from R. */
const MISSING_IN_R = -(2 ** 31);

/** Texts of a column that are no categories any more, but names. */
const MOST_CATEGORIES = 1000;

/** A column of few values as a colouring. */
export function columnPanel({ column, names, codes }: CellColumn): EmbeddingPanel {
  return { title: column, categories: names, codes };
}

/**
 * A column of `obs` as a colouring: numbers by their size, all else by category.
 * @param rows Int32 [cells]
 * @throws where nearly each cell has a text of its own
 */
export function obsPanel(adata: AnnData, title: string, rows: Int32Array): EmbeddingPanel {
  const column = adata.obs.column(title)! as unknown as { at(row: number): Value };
  const values = Array.from(rows, (row) => column.at(row));
  if (!(column instanceof Categorical)) {
    const numbers = values.map(numberOf);
    if (numbers.some((value) => value !== undefined) && !numbers.includes(null))
      return { title, values: Float64Array.from(numbers, (value) => value ?? Number.NaN) };
  }
  const texts = values.map((value) => (isMissing(value) ? undefined : String(value)));
  const order =
    column instanceof Categorical ? column.categories.map(String) : [...new Set(texts)].filter(given).sort();
  const present = new Set(texts);
  const categories = order.filter((name) => present.has(name));
  if (categories.length > MOST_CATEGORIES)
    throw new CellkernelError(
      "column",
      `obs column "${title}" of ${adata.path} holds ${categories.length} different texts: these are names, not groups to colour cells by`,
      { column: title, path: adata.path },
    );
  const codeOf = new Map(categories.map((name, code) => [name, code]));
  return { title, categories, codes: Int32Array.from(texts, (text) => codeOf.get(text ?? "") ?? -1) };
}

/** The value as a number; undefined where it is missing, null where it is something else. */
function numberOf(value: Value): number | undefined | null {
  if (isMissing(value)) return undefined;
  if (typeof value !== "number" && typeof value !== "bigint") return null;
  return Number(value) === MISSING_IN_R ? undefined : Number(value);
}

function isMissing(value: Value): boolean {
  return value === null || value === undefined || value === "" || Number.isNaN(value);
}

function given(text: string | undefined): text is string {
  return text !== undefined;
}
