import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Prepared } from "../src/index.js";
import { demoCells, scores, splitOf, TRAINING } from "./demoCells.js";
import { PYTHON } from "./fullSize.js";
import { meanInterval } from "./interval.js";
import { measure, medianOf, round } from "./measure.js";

const OURS = fileURLToPath(new URL("./publishedOurs.js", import.meta.url));
const PEER = "bench/peers/torch_finetune.py";
const FOLDER = "output/bench/published";
/** The difference's interval has to lie above this, … */
const LEAST = -0.02;
/** … and says nothing where half of it is wider than this. */
const WIDEST = 0.03;

/** What a process of either side is asked to train. */
export interface PublishedWork {
  seed: number;
  threads: number;
  /** Folder of the weights to start from. */
  start: string;
}

interface Trained {
  seconds: number;
  cpu: number;
  peakMiB: number;
  bestEpoch: number;
  /** [test cells]: predicted class. */
  labels: number[];
}

/**
 * The demo's fine-tuning by us and by the published model in PyTorch, pairwise: same tokens, split, architecture, initial
 * weights, optimiser, schedule, batch size and epochs; each side has its own random streams for dropout, the order of
 * the cells and the genes drawn of long ones. Weighted F1 of the test cells: the mean of the differences and its 95 % interval.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { seeds: { type: "string", default: "10" }, threads: { type: "string", default: "1" } },
  });
  const [seeds, threads] = [Number(values.seeds), Number(values.threads)];
  const ready = await demoCells();
  const folders = Array.from({ length: seeds }, (_, seed) => join(FOLDER, `seed-${seed}`));
  const cells = join(FOLDER, "cells.json");
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(cells, JSON.stringify(peerCells(ready)));
  const peer = (what: string, asked: object) => {
    const work = join(FOLDER, "work.json");
    writeFileSync(work, JSON.stringify({ ...asked, cells, threads }));
    return measure(PYTHON, [PEER, what, work]);
  };
  await peer("start", { folders });
  const sides = { ours: [] as Trained[], torch: [] as Trained[] };
  const differences: number[] = [];
  const f1 = { ours: [] as number[], torch: [] as number[] };
  for (const [seed, start] of folders.entries()) {
    const work: PublishedWork = { seed, threads, start };
    const split = splitOf(ready, seed);
    // Each side goes first half of the times.
    const turns = [
      ["ours", () => measure(process.execPath, [OURS, JSON.stringify(work)])],
      ["torch", () => peer("train", { ...work, ...TRAINING, split: lists(split) })],
    ] as const;
    for (const [side, run] of seed % 2 === 0 ? turns : turns.toReversed()) {
      const trained = (await run()).report as unknown as Trained;
      sides[side].push(trained);
      f1[side].push(scores(ready, split.test, trained.labels).weighted.f1);
    }
    differences.push(f1.ours[seed] - f1.torch[seed]);
    console.error(
      `seed ${seed}: weighted F1 ${f1.ours[seed].toFixed(3)} and PyTorch's ${f1.torch[seed].toFixed(3)}; ` +
        `${sides.ours[seed].cpu.toFixed(1)} s and ${sides.torch[seed].cpu.toFixed(1)} s of processor time`,
    );
  }
  const difference = meanInterval(differences);
  const verdict =
    difference.halfWidth > WIDEST ? "inconclusive" : difference.low > LEAST ? "passed" : "failed";
  if (verdict === "failed") process.exitCode = 1;
  const median = (side: Trained[], what: "seconds" | "cpu" | "peakMiB" | "bestEpoch") =>
    round(medianOf(side.map((one) => one[what])));
  const summary = (side: keyof typeof sides) => ({
    weightedF1: meanInterval(f1[side]),
    seconds: median(sides[side], "seconds"),
    cpu: median(sides[side], "cpu"),
    peakMiB: median(sides[side], "peakMiB"),
    bestEpoch: median(sides[side], "bestEpoch"),
  });
  return {
    ...{ bench: "published", seeds, threads, ours: summary("ours"), torch: summary("torch") },
    ...{ difference, verdict, target: { low: `> ${LEAST}`, halfWidth: `<= ${WIDEST}` } },
  };
}

/** The tokens and labels; genes by their column. */
function peerCells({ tokens, labels, model }: Prepared) {
  return {
    args: model!.args,
    geneNames: tokens.genes,
    classes: labels!.classes.length,
    indptr: [...tokens.indptr],
    genes: [...tokens.gene],
    bins: [...tokens.bin],
    labels: [...labels!.codes],
  };
}

function lists(split: ReturnType<typeof splitOf>) {
  return { train: [...split.train], validation: [...split.validation], test: [...split.test] };
}
