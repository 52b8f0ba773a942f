import { seed } from "./common.js";
import { type Options, real, text, whole } from "./setting.js";

/** Options of the simulation of counts. */
export const SIMULATION = {
  cells: whole({ help: "number of cells (needed)" }),
  genes: whole({ default: 2000, help: "number of genes, with real names" }),
  types: whole({ default: 8, help: "cell types, each rarer than the one before" }),
  batches: whole({ default: 2, help: "batches" }),
  markers: whole({ least: 0, default: 50, help: "genes that each type expresses more than the others" }),
  librarySize: real({ default: 4000, help: "median counts a cell", unit: "counts" }),
  vocabulary: text({
    flag: "vocab",
    value: "FILE",
    help: "vocab.json to take gene names from; default: the whole-human one",
  }),
  seed,
} as const;

/** What a user may give to `simulate`. @interface */
export type SimulationOptions = Options<typeof SIMULATION>;
