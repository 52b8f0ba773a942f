import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { follow } from "./measure.js";

const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const SIZE = { embsize: 256, d_hid: 256, nheads: 4, nlayers: 4 };
const mpi = resolve(".venv-mpi/bin");

/**
 * Milliseconds of a training step by one process and by several (MPI), one thread each: simulated cells, 4 layers of 256,
 * 500 variable genes, 32 cells a step.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { ranks: { type: "string", default: "2" }, cells: { type: "string", default: "800" } },
  });
  if (!existsSync(mpi)) throw new Error("MPICH is missing: npm run setup:mpi");
  const scratch = mkdtempSync(join(tmpdir(), "ranks-"));
  const [cells, prepared] = [join(scratch, "cells.h5ad"), join(scratch, "prepared")];
  const cellkernel = (...more: string[]) => follow(process.execPath, [main, ...more]);
  await cellkernel("simulate", cells, "--cells", values.cells, "--types", "8", "--seed", "1");
  const [model, small] = [join(scratch, "model"), "notebooks/models/small"];
  mkdirSync(model);
  const size = { ...JSON.parse(readFileSync(join(small, "args.json"), "utf8")), ...SIZE };
  writeFileSync(join(model, "args.json"), JSON.stringify(size));
  copyFileSync(join(small, "vocab.json"), join(model, "vocab.json"));
  const by = ["--cell-type", "cell_type", "--model", model, "--hvg", "500"];
  await cellkernel("preprocess", cells, ...by, "--out", prepared);

  const step = async (ranks: number) => {
    const out = join(scratch, `run-${ranks}`);
    const training = [main, "finetune", prepared, "--out", out, "--epochs", "2", "--threads", "1"];
    if (ranks === 1) await follow(process.execPath, training);
    else await follow(join(mpi, "mpiexec"), ["-n", `${ranks}`, process.execPath, ...training]);
    const milliseconds = stepTimes(join(out, "training/log.jsonl"));
    console.error(`${ranks}: ${milliseconds} ms a step`);
    return milliseconds;
  };
  const [one, several] = [await step(1), await step(Number(values.ranks))];
  rmSync(scratch, { recursive: true });
  return {
    bench: "ranks",
    cells: Number(values.cells),
    ranks: Number(values.ranks),
    one,
    several,
    ratio: one / several,
  };
}

/** The median of the second epoch's steps, milliseconds. */
function stepTimes(log: string): number {
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { time: string; kind: string; epoch?: number });
  const times = events
    .filter(({ kind, epoch }) => kind === "step" && epoch === 2)
    .map(({ time }) => Date.parse(time));
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  return gaps.sort((a, b) => a - b)[gaps.length >> 1];
}
