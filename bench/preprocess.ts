import { existsSync, mkdirSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { simulate } from "../src/protocol/simulate.js";
import { type Measurement, measure, medianOf, round } from "./measure.js";

const FOLDER = "output/bench";
const VOCABULARY = "notebooks/models/small/vocab.json";
const PYTHON = ".venv-peers/bin/python";
const PEER = "bench/peers/preprocess.py";
const OURS = fileURLToPath(new URL("./preprocessOurs.js", import.meta.url));
const HVG = 5000;
/** Least counts of a gene, as in the published tutorials. */
const MIN_COUNTS = 3;

/**
 * From a file of simulated counts to tokens (read, filter, normalise, log1p, seurat_v3, bins), ours against scanpy and
 * the published binning, turn by turn. `seconds` leave the loading of either program out, `wall` has it; `cpu` is the
 * processor time of the same work, which says more where other programs run beside.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      cells: { type: "string", default: "20000" },
      genes: { type: "string", default: "20000" },
      runs: { type: "string", default: "3" },
      /** GiB of address space that the peer gets; 0 for no limit. */
      "peer-memory": { type: "string", default: "0" },
    },
  });
  const [cells, genes, runs] = [Number(values.cells), Number(values.genes), Number(values.runs)];
  const path = await simulatedFile(cells, genes);
  const shared = [path, VOCABULARY, String(HVG), String(MIN_COUNTS)];
  const ours: Measurement[] = [];
  const peer: Measurement[] = [];
  let peerFailed: string | undefined;
  for (let run = 0; run < runs; run++) {
    ours.push(await measure(process.execPath, [OURS, ...shared]));
    progress("ours", ours);
    if (peerFailed !== undefined) continue;
    try {
      peer.push(await measure(PYTHON, [PEER, ...shared, values["peer-memory"]]));
      progress("scanpy + numpy", peer);
    } catch (error) {
      peerFailed = (error as Error).message.split("\n").slice(-1)[0];
      console.error(`scanpy + numpy failed: ${peerFailed}`);
    }
  }
  return {
    bench: "preprocess",
    cells,
    genes,
    runs,
    ours: summary(ours),
    peer: peer.length > 0 ? { ...summary(peer), stages: peer.at(-1)?.report.stages } : undefined,
    peerFailed,
    peerMemoryGiB: Number(values["peer-memory"]) || undefined,
    ...(peer.length > 0 ? comparison(ours, peer) : {}),
  };
}

async function simulatedFile(cells: number, genes: number): Promise<string> {
  const path = `${FOLDER}/simulated-${cells}x${genes}.h5ad`;
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  console.error(`simulating ${path}`);
  const partial = `${FOLDER}/partial-${process.pid}.h5ad`;
  await simulate(partial, { cells, genes });
  renameSync(partial, path);
  return path;
}

function summary(runs: Measurement[]) {
  const middle = (value: (run: Measurement) => number) => round(medianOf(runs.map(value)));
  return {
    seconds: middle(({ report }) => report.seconds as number),
    cpu: middle(({ report }) => report.cpu as number),
    wall: middle(({ wall }) => wall),
    peakMiB: middle(({ report }) => report.peakMiB as number),
  };
}

function comparison(ours: Measurement[], peer: Measurement[]) {
  const [a, b] = [summary(ours), summary(peer)];
  const ourGenes = new Set(ours[0].report.genes as string[]);
  const peerGenes = peer[0].report.genes as string[];
  return {
    speedup: round(b.seconds / a.seconds),
    cpuRatio: round(b.cpu / a.cpu),
    wallSpeedup: round(b.wall / a.wall),
    memoryRatio: round(a.peakMiB / b.peakMiB),
    target: { speedup: 4, memoryRatio: 0.5 },
    sameGenes: peerGenes.filter((gene) => ourGenes.has(gene)).length,
    tokens: { ours: ours[0].report.tokens, peer: peer[0].report.tokens },
  };
}

function progress(who: string, runs: Measurement[]): void {
  const { wall, report } = runs[runs.length - 1];
  console.error(
    `${who}: ${round(report.seconds as number)} s (${round(wall)} s with loading), ${Math.round(report.peakMiB as number)} MiB`,
  );
}
