/**
 * What was done to counts, as far as the values of some cells show it: `logged` (to some base, after normalisation or
 * without), `normalised` (divided cell by cell), `corrected` (fractions that are neither, as the removal of ambient RNA
 * and the sharing of reads among genes leave them).
 */
export type Scale = { kind: "logged"; base: number } | { kind: "normalised" } | { kind: "corrected" };

/** What a file says of itself: `uns["log1p"]`. */
export interface ScaleHint {
  logged: boolean;
  base?: number;
}

/** Whether a value is a whole number but for what single precision and a way there and back make of it. */
export function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= Math.min(1e-3, 1e-6 * value);
}

/** No logarithm of anything measured is larger. */
const MOST_LOGGED = 30;
const BASES = [Math.E, 2, 10];
/** Cells have one total where so much of them differ from the median by no more than this share. */
const MOST_CELLS = 0.9;
const SAME = 0.005;
/** Multiples of a cell's smallest value up to this one are looked at, and how far from whole they may be. */
const MOST_MULTIPLE = 30;
const NEAR = 0.02;
/** Fractional counts that a few reads shared between genes leave: most are whole. */
const MOSTLY_WHOLE = 0.5;
/** What values that are logged stand for adds up to some hundreds at least, and to the like in all cells. */
const LEAST_TOTAL = 500;
const MOST_SPREAD = 1;

/**
 * Tells what values are that are not whole and not negative. Normalised cells have one total, of the values or, where
 * they were logged, of what they are the logarithm of. Where genes were dropped since, it is told by the values still
 * being multiples of the cell's smallest, a count of one. Failing both, the totals of what logged values would stand
 * for do not differ by orders of magnitude between cells.
 *
 * @param cells values above zero of each of some cells, all of a cell's
 */
export function scaleOf(cells: readonly ArrayLike<number>[], hint: ScaleHint = { logged: false }): Scale {
  const full = cells.filter((cell) => cell.length > 0).map((cell) => Float64Array.from(cell));
  const values = full.reduce((sum, cell) => sum + cell.length, 0);
  const whole = full.reduce((sum, cell) => sum + cell.filter(isWhole).length, 0);
  const max = full.reduce((most, cell) => cell.reduce((a, b) => Math.max(a, b), most), 0);
  if (whole > MOSTLY_WHOLE * values)
    return max <= MOST_LOGGED && areLog2OfCounts(full) ? { kind: "logged", base: 2 } : { kind: "corrected" };
  const bases = max > MOST_LOGGED ? [] : hint.base ? [hint.base, ...BASES] : BASES;
  const undone = bases.map((base) => ({ base, cells: full.map((cell) => cell.map((x) => base ** x - 1)) }));
  // One cell's total is equal to nothing.
  if (full.length > 1) {
    const found = undone.find((one) => sameTotals(one.cells));
    if (found) return { kind: "logged", base: found.base };
    if (sameTotals(full)) return { kind: "normalised" };
  }
  const multiples = undone.find((one) => areMultiples(one.cells));
  if (multiples) return { kind: "logged", base: multiples.base };
  if (areMultiples(full)) return { kind: "normalised" };
  if (bases.length === 0) return { kind: "corrected" };
  const base = hint.base ?? Math.E;
  if (hint.logged) return { kind: "logged", base };
  // Logged, but without one size a cell: of transcripts per million, or of corrected counts, and with genes dropped.
  const { mean, spread } = ofTotals(undone[0].cells);
  return spread <= MOST_SPREAD && mean >= LEAST_TOTAL ? { kind: "logged", base } : { kind: "corrected" };
}

function total(cell: Float64Array): number {
  return cell.reduce((sum, value) => sum + value, 0);
}

function median(values: Float64Array): number {
  return values.sort()[values.length >> 1];
}

function sameTotals(cells: Float64Array[]): boolean {
  const totals = Float64Array.from(cells, total);
  const middle = median(totals.slice());
  const same = totals.filter((value) => Math.abs(value - middle) <= SAME * middle).length;
  return same >= MOST_CELLS * totals.length;
}

/** Of a count of one, and of three, the logarithm of one more to the base 2 is whole; of the others it is not, but back it is. */
function areLog2OfCounts(cells: Float64Array[]): boolean {
  const back = cells.flatMap((cell) =>
    Array.from(
      cell.filter((x) => !isWhole(x)),
      (x) => 2 ** x - 1,
    ),
  );
  const near = back.filter((value) => Math.abs(value - Math.round(value)) <= NEAR).length;
  return back.length > 0 && near >= MOST_CELLS * back.length;
}

/** Whether most cells hold multiples of their smallest value; cells of hardly any multiple are not asked. */
function areMultiples(cells: Float64Array[]): boolean {
  let asked = 0;
  let multiples = 0;
  for (const cell of cells) {
    const smallest = cell.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const ratios = cell
      .map((value) => value / smallest)
      .filter((ratio) => ratio > 1 + NEAR && ratio <= MOST_MULTIPLE);
    if (ratios.length < 5) continue;
    asked++;
    const near = ratios.filter((ratio) => Math.abs(ratio - Math.round(ratio)) <= NEAR).length;
    if (near >= MOST_CELLS * ratios.length) multiples++;
  }
  return asked > 0 && multiples >= asked / 2;
}

/** Mean of the cells' totals, and their standard deviation over it. */
function ofTotals(cells: Float64Array[]): { mean: number; spread: number } {
  const totals = cells.map(total);
  const mean = totals.reduce((sum, value) => sum + value, 0) / totals.length;
  const variance = totals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / totals.length;
  return { mean, spread: Math.sqrt(variance) / mean };
}
