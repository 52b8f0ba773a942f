import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CLASSES, PYTHON, VOCABULARY } from "./fullSize.js";
import { type Measurement, measure, medianOf, round } from "./measure.js";
import { realCells } from "./realCells.js";

const OURS = fileURLToPath(new URL("./inferOurs.js", import.meta.url));
const AGREEMENT = fileURLToPath(new URL("./inferAgreement.js", import.meta.url));
const PEER = "bench/peers/torch_infer.py";
const MAX_SEQ_LEN = 1501;

/** What one process is asked to predict. */
export interface InferWork {
  layers: number;
  /** Gene columns of the data. */
  genes: number;
  lengths: number[];
  batchSize: number;
  threads: number;
  int8?: boolean;
}

/**
 * Cells a second of prediction by the full-size model, ours in float32 and in 8-bit integers against PyTorch in
 * evaluation mode, turn by turn; both get the same cells, which are as long as real ones.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      layers: { type: "string", default: "12" },
      /** Cells a turn. */
      cells: { type: "string", default: "16" },
      turns: { type: "string", default: "3" },
      "batch-size": { type: "string", default: "8" },
      threads: { type: "string", default: "2" },
      /** Epochs of the small model by which int8 is held against float32; 0 leaves that out. */
      epochs: { type: "string", default: "12" },
    },
  });
  const [layers, cells, turns] = [Number(values.layers), Number(values.cells), Number(values.turns)];
  const [batchSize, threads] = [Number(values["batch-size"]), Number(values.threads)];
  const { genes, lengths } = await realCells(cells * turns, MAX_SEQ_LEN);
  const work = { layers, genes, batchSize, threads, classes: CLASSES, vocabulary: VOCABULARY };
  const run = (program: string, script: string, of: number[], int8 = false) =>
    measure(program, [script, JSON.stringify({ ...work, lengths: of, int8 })]);
  const ours = (of: number[], int8: boolean) => run(process.execPath, OURS, of, int8);

  const measured: Record<"float32" | "int8" | "torch", Measurement[]> = { float32: [], int8: [], torch: [] };
  for (let turn = 0; turn < turns; turn++) {
    const own = lengths.slice(turn * cells, (turn + 1) * cells);
    measured.float32.push(await ours(own, false));
    measured.int8.push(await ours(own, true));
    measured.torch.push(await run(PYTHON, PEER, own));
    for (const [who, runs] of Object.entries(measured))
      console.error(`${who}: ${round(cells / (runs[turn].report.seconds as number))} cells/s`);
  }
  const [float32, int8, torch] = [measured.float32, measured.int8, measured.torch].map((runs) =>
    summary(runs, cells),
  );
  return {
    bench: "infer",
    ...{ layers, cells, turns, batchSize, threads, load: loadavg().map(round) },
    ...{ float32, int8, torch },
    speedup: { float32: ratio(float32, torch), int8: ratio(int8, torch) },
    target: { float32: 1.1, int8: 2.5, agreement: 0.995 },
    memoryRatio: round(float32.peakMiB / torch.peakMiB),
    agreement: await agreement(values.epochs, values.threads),
  };
}

interface Summary {
  cellsPerSecond: number;
  /** The same by the processor's time, which other programs on the machine change less. */
  cellsPerCpuSecond: number;
  peakMiB: number;
}

function summary(runs: Measurement[], cells: number): Summary {
  const middle = (value: (run: Measurement) => number) => round(medianOf(runs.map(value)));
  return {
    cellsPerSecond: middle(({ report }) => cells / (report.seconds as number)),
    cellsPerCpuSecond: middle(({ report }) => cells / (report.cpu as number)),
    peakMiB: middle(({ report }) => report.peakMiB as number),
  };
}

function ratio(ours: Summary, torch: Summary) {
  return {
    wall: round(ours.cellsPerSecond / torch.cellsPerSecond),
    cpu: round(ours.cellsPerCpuSecond / torch.cellsPerCpuSecond),
  };
}

/** How int8 changes the labels of a model that was trained for it: random weights have nothing to disagree on. */
async function agreement(epochs: string, threads: string): Promise<object | undefined> {
  if (epochs === "0") return undefined;
  const options = ["--epochs", epochs, "--threads", threads];
  return (await measure(process.execPath, [AGREEMENT, ...options])).report;
}
