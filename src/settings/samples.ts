import { READING } from "./reading.js";
import { choice, text } from "./setting.js";

/** Options of the reading of several files of cells as one. */
export const SAMPLES = {
  ...READING,
  sampleColumn: text({
    value: "COLUMN",
    help: "obs column that says which of several files a cell is of; default: batch",
  }),
  join: choice(["inner", "outer"], {
    value: "HOW",
    default: "inner",
    help: "genes and obs columns of several files: inner (those that all have) or outer (those that any has)",
  }),
} as const;
