import { Random } from "../support/random.js";

/** Stream of the drawing among those of a seed. */
const STREAM = 0x05a3;

/**
 * The cells of an epoch, as many as there are, with rare classes more often: a class of n cells comes up in proportion to
 * n^(1 − power). With power 1 all classes come up equally often, with 0 as often as they are. Cells of a class come up
 * equally often but for one, those at random that come up once more.
 *
 * @param cells to learn from
 * @param labels class of each cell of the store
 */
export function oversampled(
  cells: Int32Array,
  labels: ArrayLike<number>,
  power: number,
  seed: number,
  epoch: number,
): Int32Array {
  const classes = new Map<number, number[]>();
  for (const cell of cells) {
    const known = classes.get(labels[cell]);
    if (known) known.push(cell);
    else classes.set(labels[cell], [cell]);
  }
  const parts = [...classes].sort(([a], [b]) => a - b);
  const shares = parts.map(([, own]) => own.length ** (1 - power));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const drawn: number[] = [];
  let due = 0;
  for (const [i, [code, own]] of parts.entries()) {
    // Rounded by what is due so far, so that all together are as many as there are cells.
    due += (shares[i] / total) * cells.length;
    const wanted = Math.round(due) - drawn.length;
    const order = new Random(seed, epoch, code, STREAM).shuffle(own.slice());
    for (let k = 0; k < wanted; k++) drawn.push(order[k % order.length]);
  }
  return Int32Array.from(drawn);
}
