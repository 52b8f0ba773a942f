import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CellkernelError } from "../../support/error.js";

/** Names of the matrix, the cells and the features: Cell Ranger's and STARsolo's, kallisto's, alevin's. */
const MATRIX = /(matrix|cells_x_genes(\.(total|cell|nucleus))?|quants_mat)\.mtx(\.gz)?$/;
/** Names of the matrices that each have a part of the counts: STARsolo's for velocyto, kallisto's. */
const PARTS = /(spliced|unspliced|(?<=cells_x_genes\.)(mature|nascent)|ambiguous)\.mtx(\.gz)?$/;
export const BARCODES = /(barcodes\.(tsv|txt)|quants_mat_rows\.txt)(\.gz)?$/;
export const FEATURES = /((features|genes)\.(tsv|txt)|quants_mat_cols\.txt)(\.gz)?$/;
/** kallisto's names of the genes whose ids are the features. */
export const SYMBOLS = /cells_x_genes\.genes\.names\.txt(\.gz)?$/;

/** The file of all counts, where there is one, and those of parts of them. */
export function matrixPaths(folder: string, prefix?: string): { whole?: string; parts: Map<string, string> } {
  const names = matching(folder, PARTS, prefix);
  const parts = new Map(names.map((name) => [PARTS.exec(name)![1], join(folder, name)]));
  if (parts.size === 0) return { whole: find(folder, MATRIX, "matrix.mtx", prefix), parts };
  if (parts.size < names.length) throw several(folder, "one part of the counts", names);
  // kallisto adds sums of some parts on demand.
  const wholes = matching(folder, MATRIX, prefix);
  const whole = wholes.length === 1 ? wholes[0] : wholes.find((name) => /\.total\./.test(name));
  return { whole: whole && join(folder, whole), parts };
}

/** Whether a folder holds one matrix, or one in parts. */
export function isOneMatrix(folder: string): boolean {
  const all = readdirSync(folder).filter((name) => /\.mtx(\.gz)?$/.test(name));
  const parts = all.flatMap((name) => PARTS.exec(name)?.[1] ?? []);
  return parts.length === 0
    ? all.length === 1
    : new Set(parts).size === parts.length && all.every((name) => PARTS.test(name) || MATRIX.test(name));
}

/** Names in a folder; with a prefix, nothing may stand between it and the name. */
function matching(folder: string, pattern: RegExp, prefix?: string): string[] {
  const names = readdirSync(folder);
  if (prefix === undefined) return names.filter((name) => pattern.test(name));
  return names.filter((name) => name.startsWith(prefix) && name.slice(prefix.length).search(pattern) === 0);
}

/** The one file in a folder whose name fits. @throws where there is none, or several */
export function find(folder: string, pattern: RegExp, what: string, prefix?: string): string {
  const found = matching(folder, pattern, prefix);
  if (found.length === 1) return join(folder, found[0]);
  if (found.length === 0)
    throw new CellkernelError(
      "path",
      `${folder} has no ${prefix ?? ""}${what} or ${prefix ?? ""}${what}.gz.`,
      { path: folder },
    );
  throw several(folder, what, found);
}

function several(folder: string, what: string, files: string[]): CellkernelError {
  return new CellkernelError(
    "path",
    `${folder} has several files that could be ${what}: ${files.join(", ")}. Keep one of them there.`,
    { path: folder, files },
  );
}
