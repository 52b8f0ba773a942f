import { Random } from "../support/random.js";
import type { TokenStore } from "../tokenize/tokens.js";

/** Passes over the cells by which the subspace is found. */
const PASSES = 4;

/**
 * Coordinates of cells in the subspace of the largest principal components of some of them: of their binned values,
 * centred. The axes are any of that subspace, so that distances and whatever depends on them are those by the components.
 * All are divided by one number, by which the axes' mean variance over the fitted cells is 1.
 * Method: orthogonal (subspace) iteration, Golub & Van Loan, Matrix Computations, 8.2.4.
 *
 * @param fitted cells by which the components are found; their coordinates come first
 * @param others cells that have no part in that
 * @param components at most as many as genes, and fewer than fitted cells
 * @returns Float64 [fitted + others × components], row by row
 */
export async function principalSubspace(
  store: TokenStore,
  fitted: Int32Array,
  others: Int32Array,
  components: number,
  { seed = 0, between = async () => {} }: { seed?: number; between?: () => Promise<void> } = {},
): Promise<Float64Array> {
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
  for (let pass = 0; pass < PASSES; pass++) {
    await between();
    const rows = project(store, fitted, axes, components, means);
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
  const rows = project(store, Int32Array.from([...fitted, ...others]), axes, components, means);
  let variance = 0;
  for (let at = 0; at < fitted.length * components; at++) variance += rows[at] ** 2;
  const scale = Math.sqrt(variance / (fitted.length * components)) || 1;
  return rows.map((value) => value / scale);
}

/** Centred cells in the axes, [cells × components]. */
function project(
  { indptr, gene, bin }: TokenStore,
  cells: Int32Array,
  axes: Float64Array,
  components: number,
  means: Float64Array,
): Float64Array {
  const centre = new Float64Array(components);
  for (let at = 0; at < axes.length; at++)
    centre[at % components] += means[Math.floor(at / components)] * axes[at];
  const rows = new Float64Array(cells.length * components);
  for (let i = 0; i < cells.length; i++) {
    const to = i * components;
    for (let at = indptr[cells[i]]; at < indptr[cells[i] + 1]; at++) {
      const [from, value] = [gene[at] * components, bin[at]];
      for (let k = 0; k < components; k++) rows[to + k] += value * axes[from + k];
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
