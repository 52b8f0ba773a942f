import { Random } from "../support/random.js";

/** Which cells are learnt from, choose the checkpoint, and are only reported on. Indices, ascending. */
export interface CellSplit {
  /** Learnt from. */
  train: Int32Array;
  /** They choose the checkpoint. */
  validation: Int32Array;
  /** Only reported on. */
  test: Int32Array;
}

/** The published code's share of the cells for the validation. */
const SHARE = 0.1;

/** The published code's seed of the split; it is not the seed of the training. */
export const SPLIT_SEED = 42;

/**
 * 80 % of each class for training, 10 % for validation, 10 % for the test, at random. A class of three cells or
 * more has at least one in each part; of two cells one is trained on and one tested, of one cell it is trained on.
 * @param codes [cells] class of each; negative ones (no label) go nowhere
 * @param share of the validation, and of the test, instead of a tenth
 */
export function stratifiedSplit(codes: ArrayLike<number>, seed = SPLIT_SEED, share = SHARE): CellSplit {
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  for (const [code, cells] of cellsByClass(codes)) {
    new Random(seed, code).shuffle(cells);
    const part = Math.round(cells.length * share);
    const test = cells.length >= 2 ? Math.max(1, part) : 0;
    const validation = cells.length >= 3 ? Math.max(1, part) : 0;
    parts.test.push(...cells.slice(0, test));
    parts.validation.push(...cells.slice(test, test + validation));
    parts.train.push(...cells.slice(test + validation));
  }
  return ascending(parts);
}

/** The published protocol's split: 10 % of all cells for validation, at random whatever the class; no test cells. */
export function publishedSplit(codes: ArrayLike<number>, seed = SPLIT_SEED, share = SHARE): CellSplit {
  const cells = [...cellsByClass(codes).values()].flat().sort((a, b) => a - b);
  new Random(seed).shuffle(cells);
  const validation = Math.ceil(cells.length * share);
  return ascending({ train: cells.slice(validation), validation: cells.slice(0, validation), test: [] });
}

/**
 * A split in which all cells of a group (a donor, say) are in the same part: groups go to the test, then to the
 * validation, at random, until each has as good as its share of the cells (a tenth); at least one group is in each part.
 * @param groups [cells] group of each; negative ones go nowhere
 * @param how "published" has no test cells
 */
export function groupedSplit(
  codes: ArrayLike<number>,
  groups: ArrayLike<number>,
  how: "stratified" | "published" = "stratified",
  seed = SPLIT_SEED,
  share = SHARE,
): CellSplit {
  const together = cellsByClass(Array.from(groups, (group, cell) => (codes[cell] < 0 ? -1 : group)));
  const order = new Random(seed).shuffle([...together.keys()].sort((a, b) => a - b));
  const total = [...together.values()].reduce((sum, cells) => sum + cells.length, 0);
  const wanted = how === "published" ? (["validation"] as const) : (["test", "validation"] as const);
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  const size = (group: number) => together.get(group)!.length;
  for (const [i, part] of wanted.entries()) {
    const spare = () => order.length > wanted.length - i;
    const give = (group: number) => {
      parts[part].push(...together.get(group)!);
      order.splice(order.indexOf(group), 1);
    };
    for (const group of [...order])
      if (spare() && parts[part].length + size(group) <= total * share) give(group);
    // Where every group is larger than that, the smallest.
    if (parts[part].length === 0 && spare()) give(order.reduce((a, b) => (size(b) < size(a) ? b : a)));
  }
  for (const group of order) parts.train.push(...together.get(group)!);
  return ascending(parts);
}

/**
 * Splits for cross-validation: each cell is in the test of one of them; a tenth of the others is their validation.
 * @param groups [cells] group of each, whose cells then stay together; without, each class is spread evenly
 * @param share of the validation instead of a tenth
 */
export function crossValidation(
  codes: ArrayLike<number>,
  folds: number,
  groups?: ArrayLike<number>,
  seed = SPLIT_SEED,
  share = SHARE,
): CellSplit[] {
  const tests = Array.from({ length: folds }, (): number[] => []);
  const known = Array.from(codes, (code, cell) => (groups && groups[cell] < 0 ? -1 : code));
  if (groups) {
    const together = cellsByClass(Array.from(known, (code, cell) => (code < 0 ? -1 : groups[cell])));
    const shuffled = new Random(seed).shuffle([...together.values()]);
    // Largest first, each to the fold with the fewest cells so far.
    for (const cells of shuffled.sort((a, b) => b.length - a.length))
      tests.reduce((a, b) => (b.length < a.length ? b : a)).push(...cells);
  } else {
    let next = 0;
    for (const [code, cells] of cellsByClass(known))
      for (const cell of new Random(seed, code).shuffle(cells)) tests[next++ % folds].push(cell);
  }
  return tests.map((test) => {
    const out = new Set(test);
    const rest = known.map((code, cell) => (out.has(cell) ? -1 : code));
    const inner = groups
      ? groupedSplit(rest, groups, "published", seed, share)
      : stratifiedSplit(rest, seed, share);
    return ascending({
      train: [...inner.train, ...inner.test],
      validation: [...inner.validation],
      test,
    });
  });
}

/** How many groups have cells among `some` and among `others`, of how many that have any among `some`. */
export function straddling(
  groups: ArrayLike<number>,
  some: ArrayLike<number>,
  others: ArrayLike<number>,
): { straddle: number; of: number } {
  const present = (cells: ArrayLike<number>) =>
    new Set(Array.from(cells, (cell) => groups[cell]).filter((group) => group >= 0));
  const there = present(others);
  const here = [...present(some)];
  return { straddle: here.filter((group) => there.has(group)).length, of: here.length };
}

function cellsByClass(codes: ArrayLike<number>): Map<number, number[]> {
  const classes = new Map<number, number[]>();
  for (let cell = 0; cell < codes.length; cell++) {
    if (codes[cell] < 0) continue;
    const cells = classes.get(codes[cell]);
    if (cells) cells.push(cell);
    else classes.set(codes[cell], [cell]);
  }
  return classes;
}

function ascending({ train, validation, test }: Record<keyof CellSplit, number[]>): CellSplit {
  return {
    train: Int32Array.from(train).sort(),
    validation: Int32Array.from(validation).sort(),
    test: Int32Array.from(test).sort(),
  };
}
