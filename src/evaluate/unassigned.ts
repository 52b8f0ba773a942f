/** The probability from which a label is given. */
export interface LabelThreshold {
  /** Labels of a smaller probability are left open; above 1 where no cell is right often enough. */
  probability: number;
  /** Share of right labels among those given, on the cells by which it was chosen; NaN where none is. */
  precision: number;
  /** Share of the cells that get a label. */
  assigned: number;
  /** Whether the wanted precision was reached. */
  reached: boolean;
}

/**
 * The lowest probability from which on labels are right as often as wanted; where they never are, the one with the
 * largest precision.
 *
 * @param right [cells] whether each was labelled rightly, of cells that were not trained on
 * @param confidence [cells] probability of the label
 * @param precision wanted share of right labels among those given, 0 … 1
 */
export function labelThreshold(
  right: readonly boolean[],
  confidence: ArrayLike<number>,
  precision: number,
): LabelThreshold {
  const order = [...right.keys()].sort((a, b) => confidence[b] - confidence[a]);
  let best: LabelThreshold = { probability: 1, precision: Number.NaN, assigned: 0, reached: false };
  let hits = 0;
  order.forEach((cell, place) => {
    if (right[cell]) hits++;
    const given = place + 1;
    // Cells of equal probability are labelled together or not at all.
    if (given < order.length && confidence[order[given]] === confidence[cell]) return;
    const share = hits / given;
    const reached = share >= precision;
    if (reached || (!best.reached && !(share < best.precision)))
      best = {
        ...{ probability: confidence[cell], precision: share, reached },
        assigned: given / order.length,
      };
  });
  return best;
}
