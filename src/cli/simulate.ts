import { type SimulatedFile, simulate } from "../protocol/simulate.js";
import { command, number, text, UsageError } from "./command.js";
import { progressLine } from "./progressLine.js";

/** `cellkernel simulate FILE --cells N` */
export const simulateCommand = command({
  summary: "writes an .h5ad file of simulated counts, for tests of scale and for teaching",
  positionals: "FILE",
  required: 1,
  options: {
    cells: { value: "N", help: "number of cells (needed)" },
    genes: { value: "N", help: "number of genes, with real names (2000)" },
    types: { value: "N", help: "cell types, each rarer than the one before (8)" },
    batches: { value: "N", help: "batches (2)" },
    markers: { value: "N", help: "genes that each type expresses more than the others (50)" },
    "library-size": { value: "N", help: "median counts a cell (4000)" },
    vocab: { value: "FILE", help: "vocab.json to take gene names from; default: the whole-human one" },
    seed: { value: "N", help: "seed (0)" },
  },
  async run(call) {
    const cells = number(call, "cells");
    if (cells === undefined) throw new UsageError("--cells N is needed.");
    return simulate(call.positionals[0], {
      cells,
      genes: number(call, "genes"),
      types: number(call, "types"),
      batches: number(call, "batches"),
      markers: number(call, "markers"),
      librarySize: number(call, "library-size"),
      vocabulary: text(call, "vocab"),
      seed: number(call, "seed"),
      signal: call.signal,
      onProgress: (progress) => call.progress(progressLine(progress)),
    });
  },
  text: ({ path, cells, genes, nonZeros }: SimulatedFile) =>
    `${path}: ${cells} simulated cells × ${genes} genes, ${nonZeros} counts above zero (${((100 * nonZeros) / (cells * genes)).toFixed(1)} %)`,
});
