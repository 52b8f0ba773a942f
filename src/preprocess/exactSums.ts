import type { StateArrays } from "./state.js";

/** Where a value is split above its point: sums of squares of large counts pass 2^53. */
const HIGH = 2 ** 26;
/** Added and taken away again, these round what is below 1 to whole multiples of 2^-26 and of 2^-52. */
const [TO_26, TO_52] = [1.5 * HIGH, 1.5];
/** The same for multiples of 2^-78 and of 2^-104, of numbers below `TINY`. */
const [TO_78, TO_104] = [1.5 / HIGH, 1.5 / HIGH ** 2];
const TINY = 1 / HIGH;

/**
 * Sums, each in several parts that are added without rounding, so that they are the same to the bit in whatever order the
 * values come and by whatever shards.
 *
 * Source: values split before they are added, as in Demmel and Nguyen, Fast reproducible floating-point summation,
 * ARITH (2013).
 */
class SplitSums {
  /** Float64 [places × width]: the parts of each sum, the least first. */
  readonly parts: Float64Array;

  constructor(
    protected readonly places: number,
    private readonly width: number,
  ) {
    this.parts = new Float64Array(places * width);
  }

  /** Float64 [count]: the sums of places `start`, `start + step`, … */
  totals(start = 0, count = this.places, step = 1): Float64Array {
    const { parts, width } = this;
    const totals = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const at = width * (start + i * step);
      for (let part = 0; part < width; part++) totals[i] += parts[at + part];
    }
    return totals;
  }

  /** Float64 [places × width]: the parts of some sums. */
  take(places: ArrayLike<number>): Float64Array {
    const { parts, width } = this;
    return Float64Array.from(
      { length: places.length * width },
      (_, i) => parts[places[Math.floor(i / width)] * width + (i % width)],
    );
  }

  /**
   * Adds the sums of other values.
   * @param count how many places
   * @param from first place of theirs
   * @param to first place of ours
   */
  merge(parts: Float64Array, count = this.places, from = 0, to = 0): void {
    const { width } = this;
    for (let i = 0; i < width * count; i++) this.parts[width * to + i] += parts[width * from + i];
  }
}

/** Sums of whole numbers, up to 2^79. */
export class WholeSums extends SplitSums {
  constructor(places: number) {
    super(places, 2);
  }

  add(place: number, value: number): void {
    const at = 2 * place;
    const high = value < HIGH ? 0 : Math.floor(value / HIGH) * HIGH;
    this.parts[at] += value - high;
    this.parts[at + 1] += high;
  }
}

/** Sums of what numbers below `TINY` have below 2^-52. */
class FineSums extends SplitSums {
  constructor(places: number) {
    super(places, 2);
  }

  add(place: number, value: number): void {
    const upper = value + TO_78 - TO_78;
    this.parts[2 * place] += value - upper + TO_104 - TO_104;
    this.parts[2 * place + 1] += upper;
  }
}

/**
 * Sums of numbers, up to 2^27 of them a place. What a number has below 2^-52 is rounded, for each by itself; of one below 2^-26
 * what it has below 2^-104: squares of values that add up to 1 in a cell are as small.
 */
export class ExactSums extends SplitSums {
  /** Absent where no number is so small. */
  private fine?: FineSums;

  constructor(places: number) {
    super(places, 4);
  }

  add(place: number, value: number): void {
    const { parts } = this;
    const at = 4 * place;
    if (value < TINY && value > -TINY) {
      this.addTiny(place, value);
      return;
    }
    const whole = Math.floor(value);
    const high = whole < HIGH ? 0 : Math.floor(whole / HIGH) * HIGH;
    const fraction = value - whole;
    const upper = fraction + TO_26 - TO_26;
    parts[at] += fraction - upper + TO_52 - TO_52;
    parts[at + 1] += upper;
    parts[at + 2] += whole - high;
    parts[at + 3] += high;
  }

  private addTiny(place: number, value: number): void {
    if (value === 0) return;
    const coarse = value + TO_52 - TO_52;
    this.parts[4 * place] += coarse;
    this.fine ??= new FineSums(this.places);
    this.fine.add(place, value - coarse);
  }

  override totals(start = 0, count = this.places, step = 1): Float64Array {
    const totals = super.totals(start, count, step);
    const fine = this.fine?.totals(start, count, step);
    return fine ? totals.map((total, i) => total + fine[i]) : totals;
  }

  /** What was added up, under a name. */
  state(name: string): StateArrays {
    return { [name]: this.parts, ...(this.fine && { [`${name}Fine`]: this.fine.parts }) };
  }

  /** Adds what others added up, see `state` and `merge`. */
  mergeState(state: StateArrays, name: string, count = this.places, from = 0, to = 0): void {
    this.merge(state[name] as Float64Array, count, from, to);
    const fine = state[`${name}Fine`] as Float64Array | undefined;
    if (fine === undefined) return;
    this.fine ??= new FineSums(this.places);
    this.fine.merge(fine, count, from, to);
  }
}
