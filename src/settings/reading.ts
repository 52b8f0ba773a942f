import { text, toggle } from "./setting.js";

/** Options of the reading of a file of cells. */
export const READING = {
  transpose: toggle({ help: "a table (CSV, TSV) of genes × cells, in place of cells × genes" }),
  genome: text({ value: "NAME", help: "genome whose genes are read, of a 10x .h5 file that holds several" }),
} as const;
