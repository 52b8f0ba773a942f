import type { ColumnTable } from "arquero";
import { CellkernelError } from "../support/error.js";
import type { AnnData } from "./anndata.js";
import { checkedMatrix } from "./checkMatrix.js";
import { type Contents, describeContents, type Kind, kindName, sampleContents } from "./contents.js";
import type { RowMatrix } from "./matrix.js";

/** Which matrix a user asks for. */
export type MatrixName = "X" | "raw" | { layer: string };

/** A matrix chosen for a purpose, with the names of its columns. */
export interface ChosenMatrix {
  /** Reads with checks: NaN, infinite and negative values are errors that name the cell and the gene. */
  matrix: RowMatrix;
  /** The same without the checks of values, for another reading after one with them. */
  stored: RowMatrix;
  name: MatrixName;
  var: ColumnTable;
  varNames: string[];
  /** What the matrix seems to hold. */
  contents: Contents;
  /** A sentence that says what was chosen and why. */
  reason: string;
}

interface Candidate extends Omit<ChosenMatrix, "reason" | "contents" | "stored"> {
  label: string;
}

/** What serves each purpose, best first; scaled and empty matrices serve none. */
const SERVES: Record<"counts" | "logged", Kind[]> = {
  counts: ["counts", "logged", "normalised"],
  logged: ["logged", "counts", "normalised"],
};

/**
 * Chooses the matrix to work on. Without `wanted` it is the first that holds what the purpose needs,
 * of `X`, the layers (one named "counts" before the others) and `raw`; what each holds is told from a
 * sample. Fails when the wanted matrix is not there, or when none can serve.
 */
export function chooseMatrix(
  adata: AnnData,
  wanted: MatrixName | undefined,
  purpose: "counts" | "logged",
): ChosenMatrix {
  const all = candidates(adata);
  if (wanted !== undefined) return chosenByUser(adata, all, wanted, purpose);
  const looked = all.map((candidate) => ({ candidate, contents: sampleContents(candidate.matrix) }));
  for (const kind of SERVES[purpose]) {
    const found = looked.find(({ contents }) => contents.kind === kind);
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
  const contents = sampleContents(candidate.matrix);
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
  return { ...chosen, matrix: checkedMatrix(chosen.matrix, names), stored: chosen.matrix, contents, reason };
}

function candidates(adata: AnnData): Candidate[] {
  const { X, raw, layers, varNames } = adata;
  const list: Candidate[] = [];
  const add = (name: MatrixName, matrix: RowMatrix) =>
    list.push({ label: labelOf(name), name, matrix, var: adata.var, varNames });
  if (X) add("X", X);
  const named = [...layers].sort(([a], [b]) => Number(b === "counts") - Number(a === "counts"));
  for (const [layer, matrix] of named) add({ layer }, matrix);
  if (raw) list.push({ label: "raw.X", name: "raw", matrix: raw.X, var: raw.var, varNames: raw.varNames });
  return list;
}

function labelOf(name: MatrixName): string {
  return typeof name === "string" ? (name === "raw" ? "raw.X" : name) : `layer "${name.layer}"`;
}

/** One line about each matrix of the data, for people. */
export function describeMatrices(adata: AnnData): Map<string, string> {
  return new Map(
    candidates(adata).map(({ label, matrix }) => [label, describeContents(matrix, sampleContents(matrix))]),
  );
}
