import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Lora } from "../src/model/lora.js";
import { CLASSES, PYTHON, VOCABULARY } from "./fullSize.js";
import { type Measurement, measure, medianOf, round } from "./measure.js";
import { realCells } from "./realCells.js";

const OURS = fileURLToPath(new URL("./trainOurs.js", import.meta.url));
const PEER = "bench/peers/torch_train.py";
const MAX_SEQ_LEN = 1501;

/** What one process is asked to train on. */
export interface TrainWork {
  layers: number;
  /** Gene columns of the data. */
  genes: number;
  /** Tokens of each cell, in the order in which they come. */
  lengths: number[];
  batchSize: number;
  /** Tokens a cell of the first step, which is not timed. */
  warmUp: number;
  /** Which of the batches. */
  from: number;
  to: number;
  threads: number;
  /** With adapters, all but them and the class decoder being frozen. */
  lora?: Lora;
  /** Prefix of a trace of every node's time. */
  profile?: string;
}

interface Case {
  batchSize: number;
  warmUp: number;
  steps: number;
  genes: number;
  lengths: number[];
  /** Whether PyTorch also runs with bfloat16 autocast. */
  bfloat16: boolean;
  target: object;
}

/**
 * Training steps of the full-size model, ours against PyTorch, turn by turn, each in a process of its own.
 * Case a: 8 cells of 600 tokens. Case b: a stream of batches of 4 cells as long as real ones; PyTorch takes
 * them as they come and pads to the longest, ours are bucketed by length.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      case: { type: "string", default: "ab" },
      layers: { type: "string", default: "12" },
      /** Steps in all: 4 in case a and 8 in case b when absent. */
      steps: { type: "string" },
      turns: { type: "string", default: "2" },
      threads: { type: "string", default: "2" },
      /** Prefix of traces of our processes, for onnxruntime's profile format. */
      profile: { type: "string" },
    },
  });
  const found: Record<string, object> = {};
  for (const name of values.case) {
    const steps = values.steps === undefined ? undefined : Number(values.steps);
    const { layers, turns, threads, profile } = values;
    const options = { layers: Number(layers), turns: Number(turns), threads: Number(threads), profile };
    found[name] = await runCase(await caseOf(name, steps), options);
  }
  return { bench: "train", cases: found };
}

async function caseOf(name: string, steps?: number): Promise<Case> {
  if (name === "a") {
    const [batchSize, tokens, count] = [8, 600, steps ?? 4];
    const { genes } = await realCells(0, tokens);
    const lengths = new Array<number>(count * batchSize).fill(tokens);
    const target = { speedup: 2.5, speedupOverBfloat16: 1.5, memoryRatio: 0.35 };
    return { batchSize, warmUp: tokens, steps: count, genes, lengths, bfloat16: true, target };
  }
  if (name === "b") {
    const [batchSize, count] = [4, steps ?? 8];
    const cells = await realCells(count * batchSize, MAX_SEQ_LEN);
    const target = { speedup: 3.5, memoryRatio: 0.35 };
    return { batchSize, warmUp: 64, steps: count, ...cells, bfloat16: false, target };
  }
  throw new Error(`there is no case "${name}": they are a and b`);
}

async function runCase(
  { batchSize, warmUp, steps, genes, lengths, bfloat16, target }: Case,
  { turns, ...options }: { layers: number; turns: number; threads: number; profile?: string },
): Promise<object> {
  const work = { ...options, batchSize, warmUp, genes, lengths, classes: CLASSES, vocabulary: VOCABULARY };
  const sides = { ours: [] as Measurement[], torch: [] as Measurement[], bfloat16: [] as Measurement[] };
  for (let turn = 0; turn < turns; turn++) {
    const [from, to] = [Math.floor((turn * steps) / turns), Math.floor(((turn + 1) * steps) / turns)];
    const run = async (side: keyof typeof sides, program: string, script: string) => {
      const given = { ...work, from, to, bfloat16: side === "bfloat16" };
      sides[side].push(await measure(program, [script, JSON.stringify(given)]));
      console.error(`${side}: ${JSON.stringify(summary(sides[side]))}`);
    };
    await run("ours", process.execPath, OURS);
    await run("torch", PYTHON, PEER);
    if (bfloat16) await run("bfloat16", PYTHON, PEER);
  }
  const [ours, torch] = [summary(sides.ours), summary(sides.torch)];
  const autocast = bfloat16 ? summary(sides.bfloat16) : undefined;
  return {
    ...{
      layers: options.layers,
      batchSize,
      steps,
      turns,
      threads: options.threads,
      load: loadavg().map(round),
    },
    ...{ ours, torch, bfloat16: autocast },
    speedup: ratio(torch, ours),
    speedupOverBfloat16: autocast && ratio(autocast, ours),
    memoryRatio: round(ours.peakMiB / torch.peakMiB),
    target,
  };
}

interface Summary {
  /** Seconds a step, the median, and of all steps together. */
  median: number;
  total: number;
  /** The same by the processor's time, which other programs on the machine change less. */
  medianCpu: number;
  totalCpu: number;
  peakMiB: number;
}

function summary(runs: Measurement[]): Summary {
  const steps = runs.flatMap(({ report }) => report.steps as { seconds: number; cpu: number }[]);
  const [wall, cpu] = [steps.map((step) => step.seconds), steps.map((step) => step.cpu)];
  const sum = (values: number[]) => round(values.reduce((a, b) => a + b, 0));
  return {
    ...{ median: round(medianOf(wall)), total: sum(wall) },
    ...{ medianCpu: round(medianOf(cpu)), totalCpu: sum(cpu) },
    peakMiB: round(Math.max(...runs.map(({ report }) => report.peakMiB as number))),
  };
}

/** How often the one's time goes into the other's, over all steps: batches of unlike lengths have no common median. */
function ratio(theirs: Summary, ours: Summary) {
  return { wall: round(theirs.total / ours.total), cpu: round(theirs.totalCpu / ours.totalCpu) };
}
