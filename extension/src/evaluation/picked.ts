import type { DecodedAssigned, ReliabilityData } from "../../../src/views/contract.js";

/** What a selection is among the evaluated cells. */
export interface Picked {
  /** How many of them are selected. */
  cells: number;
  /** How many of these were labelled rightly. */
  right: number;
  /** Entries of the matrix that hold one: [true · classes + predicted]. */
  entries: ReadonlySet<number>;
  /** Classes all of whose cells are selected: the true ones, and those that were taken for it. */
  truth: ReadonlySet<number>;
  predicted: ReadonlySet<number>;
  /** Mean probability of their labels. */
  promised: number;
  /** How often their labels are right, by intervals of the probability. */
  bins: ReliabilityData["bins"];
}

/**
 * @param selected rows of the table that the evaluated cells are of
 * @param classes number of classes
 * @param intervals of the labels' probability, equally wide, whose upper end belongs to each
 */
export function pickedOf(
  { rows, truth, predicted, probabilities }: DecodedAssigned,
  selected: Uint32Array,
  classes: number,
  intervals: number,
): Picked {
  const wanted = new Set(selected);
  const entries = new Set<number>();
  /** Cells of each class, less those that are selected. */
  const left = { truth: new Int32Array(classes), predicted: new Int32Array(classes) };
  const some = { truth: new Set<number>(), predicted: new Set<number>() };
  const bins = Array.from({ length: intervals }, (_, i) => ({
    ...{ from: i / intervals, to: (i + 1) / intervals, cells: 0, confidence: 0, accuracy: 0 },
  }));
  let [cells, right, promised] = [0, 0, 0];
  rows.forEach((row, cell) => {
    const [t, p] = [truth[cell], predicted[cell]];
    if (!wanted.has(row)) {
      left.truth[t]++;
      left.predicted[p]++;
      return;
    }
    cells++;
    if (t === p) right++;
    entries.add(t * classes + p);
    some.truth.add(t);
    some.predicted.add(p);
    promised += probabilities[cell];
    const bin = bins[Math.min(bins.length - 1, Math.max(0, Math.ceil(probabilities[cell] * intervals) - 1))];
    bin.cells++;
    bin.confidence += probabilities[cell];
    bin.accuracy += t === p ? 1 : 0;
  });
  const whole = (side: "truth" | "predicted") =>
    new Set([...some[side]].filter((of) => left[side][of] === 0));
  const shares = bins
    .filter((bin) => bin.cells > 0)
    .map((bin) => ({ ...bin, confidence: bin.confidence / bin.cells, accuracy: bin.accuracy / bin.cells }));
  return {
    ...{ cells, right, promised: promised / cells, bins: shares },
    ...{ entries, truth: whole("truth"), predicted: whole("predicted") },
  };
}
