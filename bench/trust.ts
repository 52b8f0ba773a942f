import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyLogisticRegression, nearestNeighbours } from "../src/evaluate/baselines.js";
import { largest } from "../src/evaluate/calibration.js";
import { coordinates } from "../src/evaluate/subspace.js";
import { unlikeScores } from "../src/evaluate/unlike.js";
import { evaluate, finetune, openModel, preprocess, readH5ad, simulate } from "../src/index.js";
import { consensus, NEIGHBOURS } from "../src/protocol/opinion.js";
import type { Run } from "../src/protocol/run.js";
import type { Prepared } from "../src/store/prepared.js";
import type { CellSplit } from "../src/train/split.js";
import { stratifiedSplit } from "../src/train/split.js";
import { demoCells, FOLDS, splitOf, TRAINING } from "./demoCells.js";
import { measure } from "./measure.js";
import { type Figures, figuresOf, means, type Said, type Truth } from "./trustFigures.js";

/** A Python with celltypist 1.7, which needs a scikit-learn before 1.8. */
const { PYTHON } = process.env;
/** Of seed 3: by those of 1 and 2 the score of unlike cells was chosen. */
const SIMULATED = { cells: 900, genes: 600, types: 8, markers: 8, librarySize: 500, seed: 3 };

/** Cells of which some were learnt from. */
interface Case {
  ready: Prepared;
  split: CellSplit;
  unseen: Int32Array;
}

/**
 * How far labels can be believed, of the demo's small model from a random start and of simple methods on the same cells, all by
 * the same rules: on the demo's data, means over 5 folds; on simulated data, means over 8 types, each left out of the training.
 */
export async function bench(): Promise<object> {
  const scratch = mkdtempSync(join(tmpdir(), "bench-trust-"));
  try {
    const model = await openModel("notebooks/models/small");
    const demo = await demoCells(model);
    const path = join(scratch, "simulated.h5ad");
    await simulate(path, SIMULATED);
    const cells = await readH5ad(path);
    const simulated = await preprocess(cells, { cellType: "cell_type", nHvg: 0, model });
    cells.close();
    return {
      demoFolds: await compared("demo, fold", demo, "raw", foldsOf(demo), scratch),
      simulatedLeftOut: await compared(
        "simulated, without type",
        simulated,
        "X",
        leftOut(simulated),
        scratch,
      ),
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Each of the demo's folds for testing. */
function foldsOf(ready: Prepared): Case[] {
  return Array.from({ length: FOLDS }, (_, fold) => {
    return { ready, split: splitOf(ready, fold), unseen: new Int32Array(0) };
  });
}

/** Each type in turn unknown to the training. */
function leftOut(ready: Prepared): Case[] {
  const { codes, classes } = ready.labels!;
  return classes.map((_, left) => {
    const known = codes.map((code) => (code === left ? -1 : code > left ? code - 1 : code));
    const labels = { ...ready.labels!, classes: classes.filter((_, code) => code !== left), codes: known };
    const unseen = Int32Array.from(codes.keys()).filter((cell) => codes[cell] === left);
    return { ready: { ...ready, labels }, split: stratifiedSplit(known), unseen };
  });
}

async function compared(name: string, whole: Prepared, matrix: string, cases: Case[], scratch: string) {
  const peers = await celltypist(whole, matrix, cases, scratch);
  const folds: Map<string, Figures>[] = [];
  for (const [i, { ready, split, unseen }] of cases.entries()) {
    console.error(`${name} ${i + 1} of ${cases.length}`);
    const { codes, classes } = ready.labels!;
    const truth: Truth = { codes, classes: classes.length, ...split, unseen };
    const run = await finetune(ready, { ...TRAINING, split });
    const said = [...(await ours(run, ready)), ...(peers ? [peerSaid(peers[i], classes)] : [])];
    folds.push(new Map(said.map((one) => [one.method, figuresOf(one, truth)])));
    console.error(Object.fromEntries(folds[i]));
  }
  return means(folds);
}

/** The model, the simple methods that the run keeps, and the consensus of the three. */
async function ours(run: Run, ready: Prepared): Promise<Said[]> {
  const { labelled, opinions, embeddings } = (await evaluate(run, { subset: "all" })).parts;
  const classes = run.classes.length;
  const cells = Int32Array.from(ready.rows.keys());
  const opinion = run.parts.reference!.opinion!;
  const columns = opinion.cells.length / opinion.labels.length;
  const rows = coordinates({ ...opinion, genes: run.genes, components: columns }, ready.tokens, cells);
  const known = { features: opinion.cells, labels: opinion.labels, columns, classes };
  const logistic = applyLogisticRegression(opinion.weights, rows, known);
  const neighbours = nearestNeighbours(known, rows, { k: NEIGHBOURS });
  const kept = run.parts.reference!.unlike!;
  const unlike = unlikeScores(embeddings, run.args.embsize, kept, kept.threshold);
  return [
    {
      ...{ method: "small scGPT, random start", codes: labelled.codes, unlike },
      scores: Float64Array.from(labelled.scores),
    },
    {
      ...{ method: "the same, unlike cells left open", codes: labelled.codes, unlike },
      ...{ scores: Float64Array.from(labelled.scores), open: (cell: number) => unlike[cell] > 1 },
    },
    { method: "logistic regression", codes: logistic.labels, scores: logistic.probabilities },
    {
      method: `${NEIGHBOURS} nearest neighbours`,
      codes: neighbours.labels,
      scores: neighbours.probabilities,
    },
    {
      method: "consensus of the three",
      codes: labelled.codes.map(
        (code, cell) => consensus(code, opinions!.logistic[cell], opinions!.neighbours[cell]).label,
      ),
    },
  ];
}

interface PeerSplit {
  classes: string[];
  probabilities: number[];
}

/** What CellTypist says, having learnt from the same cells; undefined where no Python with it is named. */
async function celltypist(
  { source, labels, rows }: Prepared,
  matrix: string,
  cases: Case[],
  scratch: string,
): Promise<PeerSplit[] | undefined> {
  if (PYTHON === undefined) return undefined;
  if (rows.some((row, cell) => row !== cell)) throw new Error("Cells of the file were left out.");
  const task = join(scratch, "task.json");
  const train = cases.map(({ split }) => [...split.train]);
  const names = Array.from(labels!.codes, (code) => labels!.classes[code]);
  writeFileSync(task, JSON.stringify({ path: source.path, matrix, labels: names, train }));
  const { report } = await measure(PYTHON, ["bench/peers/celltypist_labels.py", task]);
  console.error(`CellTypist: ${Number(report.seconds).toFixed(1)} s`);
  return report.splits as PeerSplit[];
}

function peerSaid({ classes: own, probabilities }: PeerSplit, classes: readonly string[]): Said {
  const width = classes.length;
  const cells = probabilities.length / width;
  const scores = new Float64Array(cells * width);
  own.forEach((name, from) => {
    const to = classes.indexOf(name);
    for (let cell = 0; cell < cells; cell++) scores[cell * width + to] = probabilities[cell * width + from];
  });
  const codes = Int32Array.from({ length: cells }, (_, cell) => largest(scores, cell * width, width));
  return { method: "CellTypist", codes, scores };
}
