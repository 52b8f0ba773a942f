import { CellkernelError } from "../support/error.js";

/**
 * How far an embedding's neighbourhoods are true ones: 1 when every cell's k nearest on the plane are also near in
 * the original space; lower the further intruders come from there. Venna & Kaski 2001, as scikit-learn computes it.
 * Compares each cell with each: for some thousand cells.
 *
 * @param original [cells × columns], row by row.
 * @param embedding [cells × dims], row by row.
 * @throws when `k` is not below half of the cells.
 * @example
 * const cells = Float64Array.of(0, 0, 1, 0, 5, 5, 6, 5, 9, 1, 9, 3); // 6 cells of 2 values
 * trustworthiness(cells, 2, cells, 2, 2); // → 1
 */
export function trustworthiness(
  original: ArrayLike<number>,
  columns: number,
  embedding: ArrayLike<number>,
  dims: number,
  k: number,
): number {
  const cells = original.length / columns;
  if (k >= cells / 2)
    throw new CellkernelError(
      "option",
      `${k} neighbours of ${cells} cells: expected fewer than half of the cells.`,
    );
  let penalty = 0;
  const ranks = new Uint32Array(cells);
  for (let i = 0; i < cells; i++) {
    // The cell itself comes first in both orders, whatever its duplicates.
    byDistance(original, columns, cells, i).forEach((neighbour, rank) => {
      ranks[neighbour] = rank;
    });
    const near = byDistance(embedding, dims, cells, i);
    for (let n = 1; n <= k; n++) penalty += Math.max(0, ranks[near[n]] - k);
  }
  return 1 - (penalty * 2) / (cells * k * (2 * cells - 3 * k - 1));
}

function byDistance(points: ArrayLike<number>, columns: number, cells: number, from: number): Uint32Array {
  const squared = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < columns; j++)
      squared[i] += (points[i * columns + j] - points[from * columns + j]) ** 2;
  }
  squared[from] = -1;
  return Uint32Array.from(squared.keys()).sort((a, b) => squared[a] - squared[b]);
}
