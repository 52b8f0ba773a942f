import { NEW_CELLS, PREDICTION } from "./prediction.js";
import { names, type Options, type Resolved, type Setting, whole } from "./setting.js";

/** Rows from 0, or names of cells. */
const cellsOfFile: Setting<(number | string)[], (number | string)[] | undefined> = {
  value: "CELLS",
  help: "cells to explain, by their names or their rows from 0, with commas between them; default: none, but types",
  default: undefined,
  parse: (given) => given.split(",").map((cell) => cell.trim()),
  fault: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((cell) => (typeof cell === "string" ? cell !== "" : Number.isInteger(cell) && cell >= 0))
      ? undefined
      : "rows from 0, or names of cells",
};

// True types and 8-bit integers have no part in it.
const { cellType, ...newCells } = NEW_CELLS;
const { int8, ...prediction } = PREDICTION;

/** Options of the explanation of labels. */
export const EXPLANATION = {
  cells: cellsOfFile,
  types: names({
    value: "NAMES",
    help: "predicted types to explain, with commas between them; default: all that cells are labelled with",
  }),
  cellsPerType: whole({
    default: 50,
    help: "cells that a type's genes are averaged over, at most; spread over those labelled with it",
    unit: "cells",
  }),
  top: whole({ default: 10, help: "genes shown of each type or cell", unit: "genes" }),
  ...prediction,
  ...newCells,
} as const;

/** What a user may give to `explain`. @interface */
export type ExplanationOptions = Options<typeof EXPLANATION>;
/** The same after checks, with defaults. */
export type ExplanationSettings = Resolved<typeof EXPLANATION>;
