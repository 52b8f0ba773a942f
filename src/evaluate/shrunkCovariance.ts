/**
 * Covariance of rows whose mean is nothing, shrunk towards a multiple of the identity, so that it can be inverted however few
 * rows there are: scikit-learn's `ledoit_wolf(rows, assume_centered=True)`.
 * Source: Ledoit & Wolf, J. Multivariate Anal. 88, 365–411, 2004.
 *
 * @param rows [rows × columns], centred
 * @returns the covariance, Float64 [columns × columns], and the share of the identity in it, 0 … 1
 */
export function shrunkCovariance(
  rows: Float64Array,
  columns: number,
): { covariance: Float64Array; shrinkage: number } {
  const count = rows.length / columns;
  const covariance = new Float64Array(columns * columns);
  let fourth = 0;
  for (let at = 0; at < rows.length; at += columns) {
    let squares = 0;
    for (let j = 0; j < columns; j++) {
      const value = rows[at + j];
      squares += value * value;
      for (let k = 0; k <= j; k++) covariance[j * columns + k] += (value * rows[at + k]) / count;
    }
    fourth += squares * squares;
  }
  let [trace, squares] = [0, 0];
  for (let j = 0; j < columns; j++) {
    trace += covariance[j * columns + j];
    for (let k = 0; k <= j; k++) {
      const value = covariance[j * columns + k];
      covariance[k * columns + j] = value;
      squares += (k < j ? 2 : 1) * value * value;
    }
  }
  const mean = trace / columns;
  const spread = squares - columns * mean * mean;
  const noise = Math.min((fourth / count - squares) / count, spread);
  const shrinkage = noise > 0 ? noise / spread : 0;
  for (let at = 0; at < covariance.length; at++)
    covariance[at] = (1 - shrinkage) * covariance[at] + (at % (columns + 1) === 0 ? shrinkage * mean : 0);
  return { covariance, shrinkage };
}
