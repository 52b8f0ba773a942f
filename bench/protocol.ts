import { existsSync, mkdirSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { takeCells } from "../src/anndata/edit/subset.js";
import { type FinetuneOptions, type PreprocessOptions, readH5ad, simulate, writeH5ad } from "../src/index.js";
import { Random } from "../src/support/random.js";
import { FILE, TRAINING } from "./demoCells.js";
import { follow, round } from "./measure.js";
import { treeMemory } from "./processTree.js";

const OURS = fileURLToPath(new URL("./protocolOurs.js", import.meta.url));
const FOLDER = "output/bench/protocol";
/** Milliseconds between two looks at the memory. */
const LOOK = 250;

/** What one run is made of. */
export interface ProtocolWork {
  /** Cells to train on and evaluate, and new ones to label. */
  file: string;
  fresh: string;
  out: string;
  cellType: string;
  preparation: PreprocessOptions;
  training: FinetuneOptions;
}

interface Case extends Omit<ProtocolWork, "file" | "fresh" | "out"> {
  /** Makes the file that both are taken from. */
  source: () => Promise<string>;
  /** Cells kept as new ones. */
  fresh: number;
}

const SIMULATED = { cells: 24_000, genes: 2000, types: 10, batches: 4, seed: 1 };
const CASES: Record<string, Case> = {
  demo: {
    source: async () => FILE,
    fresh: 100,
    cellType: "bulk_labels",
    preparation: { nHvg: 0 },
    training: TRAINING,
  },
  simulated: {
    source: async () => {
      const path = `${FOLDER}/simulated.h5ad`;
      if (!existsSync(path)) await simulate(path, SIMULATED);
      return path;
    },
    fresh: 4000,
    cellType: "cell_type",
    preparation: { batch: "batch", nHvg: 500 },
    training: { epochs: 3, lr: 1e-3, batchSize: 32, maxSeqLen: 257 },
  },
};

/** A stage of the run: seconds by the clock and of the processors, and the most memory of all its processes. */
interface Stage {
  stage: string;
  seconds: number;
  cpu: number;
  peakMB: number;
}

/**
 * The whole protocol, from file to labels: the demo's cells, and 20,000 simulated ones of 10 types in 4 batches. Time and memory
 * by stage, and the figures of the test cells beside those of simple methods.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { case: { type: "string", default: Object.keys(CASES).join(",") } },
  });
  const found: Record<string, object> = {};
  for (const name of values.case.split(",")) {
    if (!(name in CASES))
      throw new Error(`there is no case "${name}": they are ${Object.keys(CASES).join(", ")}`);
    found[name] = await runCase(name, CASES[name]);
  }
  return { bench: "protocol", load: loadavg().map(round), cases: found };
}

async function runCase(name: string, { source, fresh, ...work }: Case): Promise<object> {
  mkdirSync(FOLDER, { recursive: true });
  const out = `${FOLDER}/${name}`;
  const files = await parted(await source(), fresh, out);
  const stages: (Stage & { began: number; used: number })[] = [];
  let last: Record<string, unknown> = {};
  let timer: NodeJS.Timeout | undefined;
  let look = () => {};
  const onLine = (line: string) => {
    const said = JSON.parse(line);
    if (said.stage === undefined) {
      last = said;
      return;
    }
    look();
    const [now, used] = [performance.now(), (said.cpu.user + said.cpu.system) / 1e6];
    const before = stages.at(-1);
    if (before) {
      before.seconds = round((now - before.began) / 1000);
      before.cpu = round(used - before.used);
      console.error(`${name}, ${before.stage}: ${before.seconds} s, ${before.peakMB} MB`);
    }
    stages.push({ stage: said.stage, seconds: 0, cpu: 0, peakMB: 0, began: now, used });
  };
  const onStart = (pid: number) => {
    look = () => {
      const stage = stages.at(-1);
      if (stage) stage.peakMB = Math.max(stage.peakMB, Math.round(treeMemory(pid) / 1e6));
    };
    timer = setInterval(look, LOOK);
  };
  try {
    await follow(process.execPath, [OURS, JSON.stringify({ ...work, ...files, out })], { onLine, onStart });
  } finally {
    clearInterval(timer);
  }
  const own = stages.slice(0, -1).map(({ stage, seconds, cpu, peakMB }) => ({ stage, seconds, cpu, peakMB }));
  const total = (what: "seconds" | "cpu") => round(own.reduce((sum, one) => sum + one[what], 0));
  return {
    ...{ stages: own, seconds: total("seconds"), cpu: total("cpu") },
    peakMB: Math.max(...own.map(({ peakMB }) => peakMB)),
    ...last,
  };
}

/** Cells drawn at random are kept in a file of new ones, all others in the run's. */
async function parted(path: string, fresh: number, out: string): Promise<{ file: string; fresh: string }> {
  mkdirSync(out, { recursive: true });
  const cells = await readH5ad(path);
  const order = new Random(0).shuffle(Int32Array.from({ length: cells.nObs }, (_, cell) => cell));
  const files = { file: `${out}/cells.h5ad`, fresh: `${out}/new.h5ad` };
  await writeH5ad(takeCells(cells, order.slice(fresh).sort()), files.file);
  await writeH5ad(takeCells(cells, order.slice(0, fresh).sort()), files.fresh);
  cells.close();
  return files;
}
