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
  /** Int32: those of the matrix's columns that are genes; absent where all are. */
  columns?: Int32Array;
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
  const candidate = requireCandidate(adata, all, wanted);
  const { label } = candidate;
  const contents = look(adata, candidate);
  const needed = kindName(purpose);
  const held =
    contents.kind === purpose ? needed : `${kindName(contents.kind)}, where ${needed} were expected`;
  return finish(adata, candidate, contents, `Took ${label} as asked; it holds ${held}.`);
}

function requireCandidate(adata: AnnData, all: Candidate[], wanted: MatrixName): Candidate {
  const label = labelOf(wanted);
  const candidate = all.find((each) => each.label === label);
  if (candidate) return candidate;
  throw new CellkernelError(
    "option",
    `${adata.path} has no ${label}. Its matrices are: ${all.map((each) => each.label).join(", ") || "none"}.`,
    { option: "matrix", path: adata.path },
  );
}

function finish(
  adata: AnnData,
  { label, ...chosen }: Candidate,
  contents: Contents,
  reason: string,
): ChosenMatrix {
  const columns = columnsOfGenes(chosen.var);
  const { base } = contents;
  const said = [
    reason,
    ...(chosen.name === "X" ? adata.remarks : []),
    ...(base === undefined
      ? []
      : [`They are logarithms to the base ${base} and were turned to natural ones.`]),
    ...(columns === undefined
      ? []
      : [
          `${chosen.varNames.length - columns.length} features that are no genes (var column feature_types) were left out.`,
        ]),
  ];
  return {
    ...{ ...chosen, contents, reason: said.join(" "), columns },
    ...matrixAgain(adata, { name: chosen.name, base, columns }),
    ...(columns && {
      var: takeTableRows(chosen.var, columns),
      varNames: Array.from(columns, (column) => chosen.varNames[column]),
    }),
  };
}

/** How a chosen matrix is read. */
export interface MatrixReading {
  name: MatrixName;
  /** Base of logarithms that are turned to natural ones; absent where nothing is turned. */
  base?: number;
  /** Int32: the columns that are genes; absent where all are. */
  columns?: Int32Array;
}

/**
 * The matrix that `chooseMatrix` chose, of the same data or of a part of the cells: with checks of the values, and without.
 * @throws where there is no such matrix
 */
export function matrixAgain(
  adata: AnnData,
  { name, base, columns }: MatrixReading,
): Pick<ChosenMatrix, "matrix" | "stored"> {
  const { label, matrix, varNames } = requireCandidate(adata, candidates(adata), name);
  const names = { name: `${label} of ${adata.path}`, obsNames: adata.obsNames, varNames };
  const map = columns && new Int32Array(varNames.length).fill(-1);
  columns?.forEach((column, i) => {
    map![column] = i;
  });
  const read = (given: RowMatrix) => {
    const natural = base === undefined ? given : new ScaledMatrix(given, Math.log(base));
    return map ? new MappedColumns(natural, map, columns!.length) : natural;
  };
  return { matrix: read(checkedMatrix(matrix, names)), stored: read(matrix) };
}

/** The columns that `var["feature_types"]`, as scanpy names it, says are no antibodies or other things than genes. */
function columnsOfGenes(genes: ColumnTable): Int32Array | undefined {
  if (!genes.columnNames().includes("feature_types")) return undefined;
  return expressionColumns(Array.from(genes.column("feature_types") as unknown as Iterable<unknown>, String));
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
