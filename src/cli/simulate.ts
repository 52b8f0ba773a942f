import { type SimulatedFile, simulate } from "../protocol/simulate.js";
import { flags, fromFlags } from "../settings/flags.js";
import { SIMULATION } from "../settings/simulation.js";
import { command, UsageError } from "./command.js";
import { progressLine } from "./progressLine.js";

/** `cellkernel simulate FILE --cells N` */
export const simulateCommand = command({
  summary: "writes an .h5ad file of simulated counts, for tests of scale and for teaching",
  positionals: "FILE",
  required: 1,
  options: flags(SIMULATION),
  async run(call) {
    const { cells, ...options } = fromFlags(SIMULATION, call.values);
    if (cells === undefined) throw new UsageError("--cells N is needed.");
    return simulate(call.positionals[0], {
      ...options,
      cells,
      signal: call.signal,
      onProgress: (progress) => call.progress(progressLine(progress)),
    });
  },
  text: ({ path, cells, genes, nonZeros }: SimulatedFile) =>
    `${path}: ${cells} simulated cells × ${genes} genes, ${nonZeros} counts above zero (${((100 * nonZeros) / (cells * genes)).toFixed(1)} %)`,
});
