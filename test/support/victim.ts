// Reads one hostile file after another in a process of its own, which may be killed: a line of JSON in for each,
// `{"reader": …, "path": …}`, and a line out.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { digestCells, digestWeights } from "./digest.js";

/** What is read, and what is said of it: the same for the same values. */
const READERS: Record<string, (path: string) => Promise<unknown>> = {
  checkpoint: async (path) =>
    digestWeights((await import("../../src/checkpoint/folder.js")).readWeights(path)),
  cells: async (path) =>
    digestCells(await (await import("../../src/anndata/formats/readCells.js")).readCells(path)),
  inspect: async (path) => (await import("../../src/protocol/inspect.js")).inspect(path),
  model: async (path) => (await (await import("../../src/protocol/model.js")).openModel(path)).describe(),
  options: async (path) => (await import("../../src/protocol/trainArgs.js")).readTrainArgs(path),
  run: async (path) => (await (await import("../../src/protocol/run.js")).loadRun(path)).name,
  prepared: async (path) =>
    (await import("../../src/store/preparedFolder.js")).loadPrepared(path).cellNames.length,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { reader, path } = JSON.parse(line);
  forgetPeak();
  const started = performance.now();
  let result: object;
  try {
    result = { value: await READERS[reader](path) };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    result = { error: { name, message, code } };
  }
  console.log(JSON.stringify({ ms: performance.now() - started, megabytes: peak(), ...result }));
}

/** Linux measures the peak anew from here on; elsewhere it is that of the process. */
function forgetPeak(): void {
  if (existsSync("/proc/self/clear_refs")) writeFileSync("/proc/self/clear_refs", "5");
}

function peak(): number {
  if (!existsSync("/proc/self/status")) return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
}
