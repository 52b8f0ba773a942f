import type { ColumnTable } from "arquero";
import type { AnnData } from "../anndata/anndata.js";
import type { RowMatrix } from "../anndata/matrix.js";
import { ValueRange } from "../preprocess/log1p.js";

/** What a matrix seems to hold, by its values. */
export type Content =
  | "counts"
  | "logged values"
  | "values neither counted nor logged"
  | "scaled values"
  | "nothing";

/** The matrix that a preparation works on. */
export interface MatrixChoice {
  /** "X", "raw" or the layer's name. */
  name: string;
  matrix: RowMatrix;
  var: ColumnTable;
  varNames: string[];
  content: Content;
  /** Why this one. */
  why: string;
}

/** Rows that are looked at, at the beginning and in the middle. */
const SAMPLE = 200;

/**
 * Finds the matrix to work on: the one that is named, else the first that holds counts among the layer "counts",
 * X, the other layers and raw, else the first with logged values.
 *
 * @throws where the named one does not exist, or none holds expression
 */
export function chooseMatrix(cells: AnnData, name?: string): MatrixChoice {
  const all = candidates(cells);
  const list = () => all.map((one) => `${one.name} (${contentOf(one.matrix)})`).join(", ") || "none";
  if (name !== undefined) {
    const found = all.find((one) => one.name === name || `layers/${one.name}` === name);
    if (found === undefined)
      throw new Error(`${cells.path} has no matrix "${name}". Its matrices are: ${list()}.`);
    return { ...found, content: contentOf(found.matrix), why: "it was asked for" };
  }
  const contents = all.map((one) => contentOf(one.matrix));
  for (const content of ["counts", "logged values", "values neither counted nor logged"] as const) {
    const at = contents.indexOf(content);
    if (at < 0) continue;
    const others = all
      .filter((_, i) => i !== at)
      .map((one) => `${one.name} holds ${contents[all.indexOf(one)]}`);
    const why = `it holds ${content}${others.length > 0 ? `; ${others.join("; ")}` : ""}`;
    return { ...all[at], content, why };
  }
  throw new Error(
    `${cells.path} has no matrix of counts or logged values. Its matrices are: ${list()}. Add the counts as X, as raw or as a layer.`,
  );
}

function candidates(cells: AnnData): Pick<MatrixChoice, "name" | "matrix" | "var" | "varNames">[] {
  const layers = [...cells.layers].map(([name, matrix]) => ({ name, matrix }));
  const counts = layers.filter(({ name }) => name === "counts");
  const rest = layers.filter(({ name }) => name !== "counts");
  const X = cells.X === undefined ? [] : [{ name: "X", matrix: cells.X }];
  const own = [...counts, ...X, ...rest].map((one) => ({ ...one, var: cells.var, varNames: cells.varNames }));
  const { raw } = cells;
  return raw === undefined
    ? own
    : [...own, { name: "raw", matrix: raw.X, var: raw.var, varNames: raw.varNames }];
}

/** Looks at some rows. */
export function contentOf(matrix: RowMatrix): Content {
  const [rows] = matrix.shape;
  const range = new ValueRange();
  for (const start of [0, Math.floor(rows / 2)])
    for (const block of matrix.blocks({ start, end: Math.min(rows, start + SAMPLE) })) range.add(block);
  if (range.min < 0) return "scaled values";
  if (range.max === 0) return "nothing";
  if (range.integers) return "counts";
  return range.logged ? "logged values" : "values neither counted nor logged";
}
