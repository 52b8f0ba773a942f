import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { takeCells } from "../src/anndata/edit/subset.js";
import { logisticRegression, nearestNeighbours } from "../src/evaluate/baselines.js";
import { coordinates, principalSubspace } from "../src/evaluate/subspace.js";
import { finetune, openModel, type Prepared, preprocess, readH5ad, simulate } from "../src/index.js";
import { Random } from "../src/support/random.js";
import type { CellSplit } from "../src/train/split.js";
import { predicted } from "./demoCells.js";
import { meanInterval } from "./interval.js";

const FOLDER = "output/bench";
/** Few weak markers and shallow cells: a type is not told apart at a glance. */
const SIMULATED = { cells: 5000, genes: 1000, types: 6, batches: 1, markers: 12, librarySize: 1000 };
const RARE = "simulated type 6";
/** Cells of each part, and how many of them are of the rare type: 0.5 % where the model learns. */
const PARTS = {
  train: { cells: 1600, rare: 8 },
  validation: { cells: 400, rare: 2 },
  test: { cells: 600, rare: 200 },
};
const TRAINING = { epochs: 10, lr: 1e-3, batchSize: 16, maxSeqLen: 128 };
const WAYS = {
  neither: {},
  "class weights": { classWeighted: true },
  oversampling: { oversample: 1 },
  both: { classWeighted: true, oversample: 0.5 },
};
const COMPONENTS = 50;

/** What a method makes of the rare type. */
interface Found {
  /** Share of its cells that are called so. */
  recall: number;
  /** Share of the other cells that are called so. */
  falseShare: number;
  /** Share of the other cells that are called rightly. */
  othersAccuracy: number;
}

/**
 * A type at 0.5 % of the cells that are learnt from, simulated: how many of 200 others of it are found, by the demo's small model
 * with and without what is meant to help, and by the methods of `evaluate`'s second opinion.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { seeds: { type: "string", default: "5" } } });
  const seeds = Number(values.seeds);
  const found = new Map<string, Found[]>();
  for (let seed = 0; seed < seeds; seed++) {
    const { ready, split } = await rareCells(seed);
    const note = (method: string, codes: ArrayLike<number>) => {
      const one = figures(ready, split.test, codes);
      found.set(method, [...(found.get(method) ?? []), one]);
      console.error(`seed ${seed}, ${method}: ${JSON.stringify(one)}`);
    };
    for (const [way, options] of Object.entries(WAYS)) {
      const run = await finetune(ready, { ...TRAINING, ...options, seed, split });
      note(`small scGPT, ${way}`, await predicted(run, ready, split.test));
    }
    const learnt = Int32Array.from([...split.train, ...split.validation]);
    const subspace = await principalSubspace(ready.tokens, learnt, COMPONENTS);
    const known = {
      features: coordinates(subspace, ready.tokens, learnt),
      labels: learnt.map((cell) => ready.labels!.codes[cell]),
      columns: COMPONENTS,
      classes: ready.labels!.classes.length,
    };
    const unknown = coordinates(subspace, ready.tokens, split.test);
    note("logistic regression", logisticRegression(known, unknown).labels);
    note("15 nearest neighbours", nearestNeighbours(known, unknown).labels);
  }
  const methods = [...found].map(([method, all]) => {
    const interval = (what: keyof Found) => meanInterval(all.map((one) => one[what]));
    return [
      method,
      {
        recall: interval("recall"),
        falseShare: interval("falseShare").mean,
        othersAccuracy: interval("othersAccuracy").mean,
      },
    ];
  });
  return { bench: "rare", seeds, parts: PARTS, ...Object.fromEntries(methods) };
}

/** Simulated cells, of which the parts have as many of the rare type as they are to have. */
async function rareCells(seed: number): Promise<{ ready: Prepared; split: CellSplit }> {
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}/rare-${seed}.h5ad`;
  await simulate(path, { ...SIMULATED, seed });
  const all = await readH5ad(path);
  const types = all.obs.array("cell_type") as string[];
  const order = new Random(seed).shuffle(Int32Array.from(types.keys()));
  const [rare, others] = [true, false].map((is) =>
    [...order].filter((cell) => (types[cell] === RARE) === is),
  );
  const taken = Object.entries(PARTS).map(
    ([part, { cells, rare: n }]) => [part, [...rare.splice(0, n), ...others.splice(0, cells - n)]] as const,
  );
  const rows = Int32Array.from(taken.flatMap(([, cells]) => cells)).sort();
  const ready = await preprocess(takeCells(all, rows), {
    cellType: "cell_type",
    nHvg: 0,
    model: await openModel("notebooks/models/small"),
  });
  all.close();
  const place = new Map(Array.from(rows, (row, cell) => [row, cell]));
  const split = Object.fromEntries(
    taken.map(([part, cells]) => [part, Int32Array.from(cells, (row) => place.get(row)!).sort()]),
  ) as unknown as CellSplit;
  return { ready, split };
}

function figures({ labels }: Prepared, test: Int32Array, codes: ArrayLike<number>): Found {
  const rare = labels!.classes.indexOf(RARE);
  const count = (of: (truth: number, code: number) => boolean) =>
    test.reduce((sum, cell, i) => sum + (of(labels!.codes[cell], codes[i]) ? 1 : 0), 0);
  const own = count((truth) => truth === rare);
  const others = test.length - own;
  return {
    recall: count((truth, code) => truth === rare && code === rare) / own,
    falseShare: count((truth, code) => truth !== rare && code === rare) / others,
    othersAccuracy: count((truth, code) => truth !== rare && code === truth) / others,
  };
}
