// Reads one hostile file after another in a process of its own, which may be killed: a line of JSON in for each,
// `{"reader": …, "path": …}`, and a line out.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { readCells } from "../../src/anndata/formats/readCells.js";
import { loadLibrary } from "../../src/anndata/hdf5/library.js";
import { readWeights } from "../../src/checkpoint/folder.js";
import { inspect } from "../../src/protocol/inspect.js";
import { openModel } from "../../src/protocol/model.js";
import { readTrainArgs } from "../../src/protocol/trainArgs.js";
import { digestCells, digestWeights } from "./digest.js";

/** What is read, and what is said of it: the same for the same values. */
const READERS: Record<string, (path: string) => unknown> = {
  checkpoint: (path) => digestWeights(readWeights(path)),
  cells: async (path) => digestCells(await readCells(path)),
  inspect,
  model: async (path) => (await openModel(path)).describe(),
  options: readTrainArgs,
};

// Takes a second, once, which is no file's.
await loadLibrary();
for await (const line of createInterface({ input: process.stdin })) {
  const { reader, path } = JSON.parse(line);
  forgetPeak();
  const before = process.cpuUsage();
  let result: object;
  try {
    result = { value: await READERS[reader](path) };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    result = { error: { name, message, code } };
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ ms: (user + system) / 1000, megabytes: peak(), ...result }));
}

/** Linux measures the peak anew from here on; elsewhere it is that of the process. */
function forgetPeak(): void {
  if (existsSync("/proc/self/clear_refs")) writeFileSync("/proc/self/clear_refs", "5");
}

function peak(): number {
  if (!existsSync("/proc/self/status")) return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
}
