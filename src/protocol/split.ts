import { Random } from "../support/random.js";

/** Which cells are learnt from, choose the checkpoint, and are only reported on. Indices, ascending. */
export interface CellSplit {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
}

/** The published code's seed of the split; it is not the seed of the training. */
export const SPLIT_SEED = 42;

/**
 * 80 % of each class for training, 10 % for validation, 10 % for the test, at random. A class of three cells or
 * more has at least one in each part; of two cells one is trained on and one tested, of one cell it is trained on.
 * @param codes [cells] class of each; negative ones (no label) go nowhere
 */
export function stratifiedSplit(codes: ArrayLike<number>, seed = SPLIT_SEED): CellSplit {
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  for (const [code, cells] of cellsByClass(codes)) {
    new Random(seed, code).shuffle(cells);
    const tenth = Math.round(cells.length / 10);
    const test = cells.length >= 2 ? Math.max(1, tenth) : 0;
    const validation = cells.length >= 3 ? Math.max(1, tenth) : 0;
    parts.test.push(...cells.slice(0, test));
    parts.validation.push(...cells.slice(test, test + validation));
    parts.train.push(...cells.slice(test + validation));
  }
  return ascending(parts);
}

/** The published protocol's split: 10 % of all cells for validation, at random whatever the class; no test cells. */
export function publishedSplit(codes: ArrayLike<number>, seed = SPLIT_SEED): CellSplit {
  const cells = [...cellsByClass(codes).values()].flat().sort((a, b) => a - b);
  new Random(seed).shuffle(cells);
  const validation = Math.ceil(cells.length / 10);
  return ascending({ train: cells.slice(validation), validation: cells.slice(0, validation), test: [] });
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
