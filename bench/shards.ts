import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { finetune, openModel, planShards, preprocess, readH5ad, simulate } from "../src/index.js";
import type { NamedArray } from "../src/store/arrays.js";
import { PartWriter, type PlannedArray } from "../src/store/part.js";
import { PartReader } from "../src/store/partReader.js";
import { readPlan } from "../src/store/plan.js";
import { fullSizeArgs } from "./fullSize.js";
import { follow, measure, medianOf, round } from "./measure.js";

const CELLKERNEL = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const SHARD = fileURLToPath(new URL("./shardsOurs.js", import.meta.url));
/** Genes of a cell as many as real ones have, or few, where time is not what is asked for. */
const REAL = { genes: 3000, types: 4, markers: 50, librarySize: 1500, seed: 1 };
const SMALL = { genes: 60, types: 4, markers: 8, librarySize: 60, seed: 1 };
/** Rows of a shard whose memory is looked at. */
const ROWS = 5000;

/**
 * Work by shards beside the same at once: cells a second on two cores, what a shard costs beside its cells, how fast parts are merged, and
 * a shard's memory in a file of 100,000 rows and of a million.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      /** Of the model whose cells a second are measured. */
      layers: { type: "string", default: "12" },
      cells: { type: "string", default: "600" },
      shards: { type: "string", default: "8" },
      /** Cells that are merged. */
      merged: { type: "string", default: "400000" },
      /** Rows of the larger file. */
      rows: { type: "string", default: "1000000" },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "bench-shards-"));
  try {
    const throughput = await speed(
      join(folder, "speed"),
      Number(values.layers),
      Number(values.cells),
      Number(values.shards),
    );
    console.error(JSON.stringify(throughput));
    const merge = await merging(join(folder, "merge"), Number(values.merged));
    console.error(JSON.stringify(merge));
    const memory = await memoryOf(join(folder, "merge"), [100_000, Number(values.rows)]);
    return {
      bench: "shards",
      ...{ ...throughput, merge, memory, load: loadavg().map(round) },
      target: { ratio: 0.95, overheadSeconds: 1, megabytesPerSecond: 100, memoryRatio: 1 },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A run of random weights, on genes that the simulated files of that kind have. */
async function runIn(folder: string, layers: number, cells: typeof REAL): Promise<string> {
  const [file, model, run] = ["train.h5ad", "model", "run"].map((name) => join(folder, name));
  mkdirSync(model, { recursive: true });
  await simulate(file, { ...cells, cells: 80 });
  const adata = await readH5ad(file);
  const genes = ["<pad>", "<cls>", "<eoc>", ...adata.varNames];
  writeFileSync(join(model, "args.json"), JSON.stringify(fullSizeArgs(layers)));
  writeFileSync(
    join(model, "vocab.json"),
    JSON.stringify(Object.fromEntries(genes.map((gene, id) => [gene, id]))),
  );
  const ready = await preprocess(adata, { cellType: "cell_type", nHvg: 0, model: await openModel(model) });
  adata.close();
  await finetune(ready, { doTrain: false, device: "cpu", saveDir: run });
  return run;
}

/** Seconds of a command, from its start to its end. */
async function seconds(...args: string[]): Promise<number> {
  const start = performance.now();
  await follow(process.execPath, [CELLKERNEL, ...args]);
  return (performance.now() - start) / 1000;
}

async function speed(folder: string, layers: number, cells: number, shards: number): Promise<object> {
  const run = await runIn(folder, layers, REAL);
  const at = (name: string) => join(folder, name);
  await simulate(at("cells.h5ad"), { ...REAL, cells });
  const whole = await seconds("annotate", run, at("cells.h5ad"), "--out", at("whole.h5ad"));
  console.error(`all at once: ${round(cells / whole)} cells/s`);
  await planShards(run, at("cells.h5ad"), { shards, out: at("plan.json") });
  const waiting = Array.from({ length: shards }, (_, shard) => String(shard));
  const one = (plan: string, shard: string) =>
    seconds(
      "annotate",
      "--plan",
      at(plan),
      "--shard",
      shard,
      "--out",
      at(plan.replace(".json", "")),
      "--threads",
      "1",
    );
  const start = performance.now();
  const lane = async () => {
    for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift())
      await one("plan.json", shard);
  };
  await Promise.all([lane(), lane()]);
  const sharded = (performance.now() - start) / 1000;
  console.error(`by shards: ${round(cells / sharded)} cells/s`);
  const merge = await seconds("merge", at("plan.json"), at("plan"), "--out", at("merged.h5ad"));
  // A cell takes next to nothing.
  await planShards(run, at("cells.h5ad"), { shards: cells, out: at("single.json") });
  const alone: number[] = [];
  for (const shard of ["1", "2", "3"]) alone.push(await one("single.json", shard));
  return {
    ...{ layers, cells, shards },
    cellsPerSecond: { whole: round(cells / whole), shards: round(cells / sharded) },
    ratio: round(whole / sharded),
    overheadSeconds: round(medianOf(alone)),
    mergeSeconds: round(merge),
  };
}

/** Parts of that many cells, whose numbers are those of a few again and again, merged. */
async function merging(folder: string, cells: number): Promise<object> {
  const run = await runIn(folder, 1, SMALL);
  const at = (name: string) => join(folder, name);
  const parts = await partsOf(at, run, cells);
  const bytes = parts.reduce((sum, path) => sum + statSync(path).size, 0);
  const took = await seconds("merge", at("many.json"), at("many"), "--out", at("merged.h5ad"));
  return { cells, megabytes: round(bytes / 1e6), megabytesPerSecond: round(bytes / 1e6 / took) };
}

async function partsOf(at: (name: string) => string, run: string, cells: number): Promise<string[]> {
  await simulate(at("few.h5ad"), { ...SMALL, cells: 100 });
  await planShards(run, at("few.h5ad"), { shards: 1, out: at("few.json") });
  await measure(process.execPath, [SHARD, at("few.json"), "0", at("few")]);
  const few = PartReader.open(join(at("few"), "part.00000.annotate.safetensors"));
  await simulate(at("many.h5ad"), { ...SMALL, cells });
  await planShards(run, at("many.h5ad"), { shards: 8, out: at("many.json") });
  const plan = readPlan(at("many.json"));
  const written = plan.shards.map(([start, end], shard) => {
    const rows = end - start;
    const forms = few.names.map((name) => {
      const [, ...width] = few.shape(name);
      return [name, { type: few.type(name), shape: [rows, ...width] }] as [string, PlannedArray];
    });
    const writer = new PartWriter(at("many"), plan, shard, "annotate", Object.fromEntries(forms));
    for (const name of few.names) {
      const [own] = few.shape(name);
      for (let left = rows; left > 0; left -= own)
        writer.append(name, few.read(name, 0, Math.min(own, left)) as NamedArray);
    }
    return writer.commit(few.meta());
  });
  few.close();
  return written;
}

/** Peak memory of a shard of as many rows, in files of so many. */
async function memoryOf(folder: string, sizes: number[]): Promise<object> {
  const peaks: number[] = [];
  for (const cells of sizes) {
    const path = join(folder, `${cells}.h5ad`);
    await simulate(path, { ...SMALL, cells });
    const plan = join(folder, `${cells}.json`);
    await planShards(join(folder, "run"), path, { shards: cells / ROWS, out: plan });
    const { report } = await measure(process.execPath, [SHARD, plan, "7", join(folder, String(cells))]);
    peaks.push(report.peakMiB as number);
    console.error(`${cells} rows: ${round(report.peakMiB as number)} MiB`);
    rmSync(path);
  }
  return { rowsOfShard: ROWS, sizes, peakMiB: peaks.map(round), memoryRatio: round(peaks[1] / peaks[0]) };
}
