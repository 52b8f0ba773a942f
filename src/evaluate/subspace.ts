import { Random } from "../support/random.js";
import type { TokenStore } from "../tokenize/tokens.js";

/** Passes over the cells by which the subspace is found. */
const PASSES = 4;

/** Axes of the largest variance of some cells' binned values. */
export interface Subspace {
  /** Names of the genes that make them. */
  genes: readonly string[];
  components: number;
  /** Float32 [genes]: mean of the fitted cells. */
  means: Float32Array;
  /** Float32 [genes × components]: orthogonal columns of one length, by which the fitted cells' mean variance on them is 1. */
  axes: Float32Array;
}

/**
 * The subspace of the largest principal components of some cells' binned values, centred. The axes are any of that
 * subspace, so that distances and whatever depends on them are those by the components.
 * Method: orthogonal (subspace) iteration, Golub & Van Loan, Matrix Computations, 8.2.4.
 *
 * @param components at most as many as genes, and fewer than fitted cells
 */
export async function principalSubspace(
  store: TokenStore,
  fitted: Int32Array,
  components: number,
  { seed = 0, between = async () => {} }: { seed?: number; between?: () => Promise<void> } = {},
): Promise<Subspace> {
  const genes = store.genes.length;
  const means = new Float64Array(genes);
  const { indptr, gene, bin } = store;
  for (const cell of fitted)
    for (let at = indptr[cell]; at < indptr[cell + 1]; at++) means[gene[at]] += bin[at] / fitted.length;
  const random = new Random(seed);
  let axes = orthonormal(
    Float64Array.from({ length: genes * components }, () => random.uniform() - 0.5),
    components,
  );
  const own = Int32Array.from({ length: genes }, (_, i) => i);
  for (let pass = 0; pass < PASSES; pass++) {
    await between();
    const rows = project(store, fitted, own, { axes, means, components });
    const next = new Float64Array(genes * components);
    // The rows sum to nothing, so that the means have no part in this product.
    for (let i = 0; i < fitted.length; i++) {
      const from = i * components;
      for (let at = indptr[fitted[i]]; at < indptr[fitted[i] + 1]; at++) {
        const [to, value] = [gene[at] * components, bin[at]];
        for (let k = 0; k < components; k++) next[to + k] += value * rows[from + k];
      }
    }
    axes = orthonormal(next, components);
  }
  const rows = project(store, fitted, own, { axes, means, components });
  const variance = rows.reduce((sum, value) => sum + value * value, 0) / rows.length;
  const scale = Math.sqrt(variance) || 1;
  return {
    ...{ genes: store.genes, components, means: Float32Array.from(means) },
    axes: Float32Array.from(axes, (value) => value / scale),
  };
}

/**
 * Coordinates of cells in a subspace. Of genes that a store lacks each cell has the mean.
 * @param store whose genes are the subspace's, or some of them
 * @returns Float64 [cells × components], row by row
 */
export function coordinates(subspace: Subspace, store: TokenStore, cells: Int32Array): Float64Array {
  const place = new Map(subspace.genes.map((name, i) => [name, i]));
  return project(
    store,
    cells,
    Int32Array.from(store.genes, (name) => place.get(name) ?? -1),
    subspace,
  );
}

/**
 * Centred cells in axes, [cells × components].
 * @param place Int32 [genes of the store]: row of each in the axes, −1 for none
 */
function project(
  { indptr, gene, bin }: TokenStore,
  cells: Int32Array,
  place: Int32Array,
  {
    axes,
    means,
    components,
  }: { axes: Float64Array | Float32Array; means: Float64Array | Float32Array; components: number },
): Float64Array {
  const centre = new Float64Array(components);
  for (const row of place)
    if (row >= 0) for (let k = 0; k < components; k++) centre[k] += means[row] * axes[row * components + k];
  const rows = new Float64Array(cells.length * components);
  for (let i = 0; i < cells.length; i++) {
    const to = i * components;
    for (let at = indptr[cells[i]]; at < indptr[cells[i] + 1]; at++) {
      const [row, value] = [place[gene[at]], bin[at]];
      if (row < 0) continue;
      for (let k = 0; k < components; k++) rows[to + k] += value * axes[row * components + k];
    }
    for (let k = 0; k < components; k++) rows[to + k] -= centre[k];
  }
  return rows;
}

/** Makes columns orthonormal by Gram and Schmidt, twice for the sake of rounding; one that depends on those before becomes 0. */
function orthonormal(columns: Float64Array, count: number): Float64Array {
  const rows = columns.length / count;
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += columns[r * count + a] * columns[r * count + b];
    return sum;
  };
  for (let k = 0; k < count; k++) {
    const before = Math.sqrt(product(k, k));
    for (let time = 0; time < 2; time++)
      for (let j = 0; j < k; j++) {
        const along = product(j, k);
        for (let r = 0; r < rows; r++) columns[r * count + k] -= along * columns[r * count + j];
      }
    const length = Math.sqrt(product(k, k));
    const by = length > 1e-10 * before ? 1 / length : 0;
    for (let r = 0; r < rows; r++) columns[r * count + k] *= by;
  }
  return columns;
}
