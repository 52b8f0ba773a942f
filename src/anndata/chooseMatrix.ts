import type { ColumnTable } from "arquero";
import { CellkernelError } from "../support/error.js";
import type { AnnData } from "./anndata.js";
import { checkedMatrix } from "./checkMatrix.js";
import { type Contents, describeContents, type Kind, kindName, sampleContents } from "./contents.js";
import { expressionColumns } from "./expression.js";
import { takeTableRows } from "./join.js";
import { ScaledMatrix } from "./matrices/scaled.js";
import { MappedColumns } from "./matrices/subset.js";
import type { RowMatrix } from "./matrix.js";
import { rankOf } from "./matrixRank.js";
import type { ScaleHint } from "./scale.js";

/** Which matrix a user asks for. */
export type MatrixName = "X" | "raw" | { layer: string };

/** A matrix chosen for a purpose, with the names of its columns. */
export interface ChosenMatrix {
  /** Reads with checks: NaN, infinite and negative values are errors that name the cell and the gene. */
  matrix: RowMatrix;
  /** The same without the checks of values, for another reading after one with them. */
  stored: RowMatrix;
  /** Which matrix it is. */
  name: MatrixName;
  /** [rows] names of the cells. */
  obsNames: readonly string[];
  /** A row a column of the matrix. */
  var: ColumnTable;
  /** [columns] names of the genes. */
  varNames: string[];
  /** What the matrix seems to hold. */
  contents: Contents;
  /** A sentence that says what was chosen and why. */
  reason: string;
}

interface Candidate extends Omit<ChosenMatrix, "reason" | "contents" | "stored"> {
  label: string;
}

/** What serves each purpose, best first; scaled and empty matrices serve none. Of 0 and 1 nothing follows but presence. */
const SERVES: Record<"counts" | "logged", Kind[]> = {
  counts: ["counts", "logged", "corrected", "normalised", "binary"],
  logged: ["logged", "counts", "corrected", "normalised", "binary"],
};

/**
 * Chooses the matrix to work on. Without `wanted` it is the first that holds what the purpose needs: of several `X`,
 * then a layer of a usual name ("counts"), `raw`, the layer of the largest values, parts of the counts ("spliced") last;
 * what each holds is told from a sample. Values logged to another base come as natural logarithms.
 * Columns that are no genes are left out.
 *
 * @throws when the wanted matrix is not there, or when none can serve
 * @example
 * const { name, reason } = chooseMatrix(cells, undefined, "logged");
 * name; // → "raw"
 */
export function chooseMatrix(
  adata: AnnData,
  wanted: MatrixName | undefined,
  purpose: "counts" | "logged",
): ChosenMatrix {
  const all = candidates(adata);
  if (wanted !== undefined) return chosenByUser(adata, all, wanted, purpose);
  const looked = all.map((candidate) => ({ candidate, contents: look(adata, candidate) }));
  const rank = ({ candidate }: (typeof looked)[number]) => rankOf(candidate.name, purpose);
  for (const kind of SERVES[purpose]) {
    const [found] = looked
      .filter(({ contents }) => contents.kind === kind)
      .sort((a, b) => rank(a) - rank(b) || b.contents.mean - a.contents.mean);
    if (!found) continue;
    const others = looked
      .filter((other) => other !== found)
      .map(({ candidate, contents }) => `${candidate.label} holds ${kindName(contents.kind)}`);
    const beside = others.length > 0 ? ` (${others.join("; ")})` : "";
    const reason = `Chose ${found.candidate.label}, which holds ${kindName(kind)}${beside}.`;
    return finish(adata, found.candidate, found.contents, reason);
  }
  const seen = looked.map(({ candidate, contents }) => `${candidate.label} holds ${kindName(contents.kind)}`);
  throw new CellkernelError(
    "matrix",
    `${adata.path} has no matrix of counts or log-normalised values: ${seen.join("; ") || "it has none at all"}. ` +
      "Save the counts in X, in raw or in a layer.",
    { path: adata.path },
  );
}

function chosenByUser(
  adata: AnnData,
  all: Candidate[],
  wanted: MatrixName,
  purpose: "counts" | "logged",
): ChosenMatrix {
  const label = labelOf(wanted);
  const candidate = all.find((each) => each.label === label);
  if (!candidate) {
    throw new CellkernelError(
      "option",
      `${adata.path} has no ${label}. Its matrices are: ${all.map((each) => each.label).join(", ") || "none"}.`,
      { option: "matrix", path: adata.path },
    );
  }
  const contents = look(adata, candidate);
  const needed = kindName(purpose);
  const held =
    contents.kind === purpose ? needed : `${kindName(contents.kind)}, where ${needed} were expected`;
  return finish(adata, candidate, contents, `Took ${label} as asked; it holds ${held}.`);
}

function finish(
  adata: AnnData,
  { label, ...chosen }: Candidate,
  contents: Contents,
  reason: string,
): ChosenMatrix {
  const names = { name: `${label} of ${adata.path}`, obsNames: adata.obsNames, varNames: chosen.varNames };
  const checked = checkedMatrix(chosen.matrix, names);
  const said = chosen.name === "X" ? [reason, ...adata.remarks].join(" ") : reason;
  return onlyGenes(natural({ ...chosen, matrix: checked, stored: chosen.matrix, contents, reason: said }));
}

/** Logarithms to another base become natural ones. */
function natural(chosen: ChosenMatrix): ChosenMatrix {
  const { base } = chosen.contents;
  if (base === undefined) return chosen;
  const turned = (matrix: RowMatrix) => new ScaledMatrix(matrix, Math.log(base));
  return {
    ...{ ...chosen, matrix: turned(chosen.matrix), stored: turned(chosen.stored) },
    reason: `${chosen.reason} They are logarithms to the base ${base} and were turned to natural ones.`,
  };
}

/** Leaves out the columns that `var["feature_types"]`, as scanpy names it, says are antibodies or other things than genes. */
function onlyGenes(chosen: ChosenMatrix): ChosenMatrix {
  const types = chosen.var.columnNames().includes("feature_types")
    ? Array.from(chosen.var.column("feature_types") as unknown as Iterable<unknown>, String)
    : [];
  const columns = expressionColumns(types);
  if (columns === undefined) return chosen;
  const map = new Int32Array(types.length).fill(-1);
  columns.forEach((column, i) => {
    map[column] = i;
  });
  const cut = (matrix: RowMatrix) => new MappedColumns(matrix, map, columns.length);
  return {
    ...{ ...chosen, matrix: cut(chosen.matrix), stored: cut(chosen.stored) },
    var: takeTableRows(chosen.var, columns),
    varNames: Array.from(columns, (column) => chosen.varNames[column]),
    reason: `${chosen.reason} ${types.length - columns.length} features that are no genes (var column feature_types) were left out.`,
  };
}

/** `uns["log1p"]`, which scanpy leaves, is of X and of what became `raw`. */
function look(adata: AnnData, { matrix, name }: Candidate): Contents {
  return sampleContents(matrix, typeof name === "string" ? scaleHint(adata) : undefined);
}

function scaleHint({ uns }: AnnData): ScaleHint {
  if (!uns.has("log1p")) return { logged: false };
  const said = uns.get("log1p");
  const base = typeof said === "object" && said !== null && "base" in said ? said.base : undefined;
  return { logged: true, base: typeof base === "number" && base > 1 ? base : undefined };
}

function candidates(adata: AnnData): Candidate[] {
  const { X, raw, layers, obsNames, varNames } = adata;
  const list: Candidate[] = [];
  const add = (name: MatrixName, matrix: RowMatrix) =>
    list.push({ label: labelOf(name), name, matrix, obsNames, var: adata.var, varNames });
  if (X) add("X", X);
  for (const [layer, matrix] of layers) add({ layer }, matrix);
  if (raw)
    list.push({ label: "raw.X", name: "raw", matrix: raw.X, obsNames, var: raw.var, varNames: raw.varNames });
  return list;
}

function labelOf(name: MatrixName): string {
  return typeof name === "string" ? (name === "raw" ? "raw.X" : name) : `layer "${name.layer}"`;
}

/** One line about each matrix of the data, for people. */
export function describeMatrices(adata: AnnData): Map<string, string> {
  return new Map(candidates(adata).map((one) => [one.label, describeContents(one.matrix, look(adata, one))]));
}
