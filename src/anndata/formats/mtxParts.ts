import { dirname } from "node:path";
import { CellkernelError } from "../../support/error.js";
import { parseMatrixMarket, type Triplets } from "./matrixMarket.js";

/** The parts as STARsolo wrote them side by side before it wrote a file each, and as alevin-fry stacks them. */
const STATES = ["spliced", "unspliced", "ambiguous"];

/** A matrix of a file, or a part of it. */
export interface Matrix extends Omit<Triplets, "further"> {
  path: string;
}

/** All counts, and parts of them by their names. */
export async function readMatrices(paths: {
  whole?: string;
  parts: Map<string, string>;
}): Promise<{ whole: Matrix; parts: Map<string, Matrix>; remarks: string[] }> {
  const parts = new Map<string, Matrix>();
  for (const [name, path] of paths.parts) parts.set(name, { path, ...(await parseMatrixMarket(path)) });
  if (paths.whole !== undefined) {
    const whole = { path: paths.whole, ...(await parseMatrixMarket(paths.whole)) };
    if (whole.further.length === 0) return { whole, parts, remarks: [] };
    [whole.value, ...whole.further].forEach((value, i) => {
      parts.set(STATES[i], { ...whole, value });
    });
  }
  const whole = sumOf([...parts.values()]);
  return { whole, parts, remarks: [summed(dirname(whole.path), [...parts.keys()])] };
}

/** What is said of a matrix of which the file only has parts. */
function summed(path: string, parts: readonly string[]): string {
  return `X is the sum of the layers ${parts.join(", ")}, for ${path} holds no counts as a whole.`;
}

/**
 * alevin-fry's features: each gene, then each with "-U" (unspliced), then each with "-A" (ambiguous).
 *
 * @returns how many genes there are, or undefined where features are otherwise
 */
export function stackedGenes(names: readonly string[]): number | undefined {
  const genes = names.length / 3;
  const stacked = names.every(
    (name, i) => i < genes || name === names[i % genes] + (i < 2 * genes ? "-U" : "-A"),
  );
  return genes >= 1 && stacked ? genes : undefined;
}

/** The parts of a matrix whose features are stacked so, as matrices of all genes, and their sum. */
export function unstacked(
  matrix: Matrix,
  axis: "row" | "column",
  genes: number,
): { whole: Matrix; parts: Map<string, Matrix>; remarks: string[] } {
  const parts = STATES.map((_, state): Matrix => {
    const mine = Int32Array.from(matrix[axis].keys()).filter(
      (i) => Math.floor(matrix[axis][i] / genes) === state,
    );
    const { row, column, value } = matrix;
    const picked = {
      row: mine.map((i) => row[i]),
      column: mine.map((i) => column[i]),
      value: Float32Array.from(mine, (i) => value[i]),
    };
    return { ...matrix, ...picked, [axis]: picked[axis].map((gene) => gene % genes) };
  });
  return {
    whole: sumOf(parts),
    parts: new Map(parts.map((part, i) => [STATES[i], part])),
    remarks: [summed(dirname(matrix.path), STATES)],
  };
}

/** Entries of one place are added when the matrix is read. */
function sumOf(parts: Matrix[]): Matrix {
  const [first, ...others] = parts;
  const { path, rows, columns } = first;
  const other = others.find((part) => part.rows !== rows || part.columns !== columns);
  if (other)
    throw new CellkernelError(
      "format",
      `${other.path} is ${other.rows} × ${other.columns}, but ${path} is ${rows} × ${columns}; they should be parts of one.`,
      { path: other.path },
    );
  const joined = <T extends Int32Array | Float64Array>(
    whole: T,
    pick: (part: Matrix) => ArrayLike<number>,
  ) => {
    let at = 0;
    for (const part of parts) {
      whole.set(pick(part), at);
      at += part.row.length;
    }
    return whole;
  };
  const entries = parts.reduce((sum, part) => sum + part.row.length, 0);
  return {
    ...{ path, rows, columns },
    row: joined(new Int32Array(entries), ({ row }) => row),
    column: joined(new Int32Array(entries), ({ column }) => column),
    value: joined(new Float64Array(entries), ({ value }) => value),
  };
}
