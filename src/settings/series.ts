import { type Options, whole, wholes } from "./setting.js";

/** Options of several trainings of the same cells in a row. */
export const SERIES = {
  folds: whole({
    least: 2,
    help: "cross-validation: so many trainings, each of which leaves other cells out as its test, so that every cell is a test cell once",
    unit: "trainings",
  }),
  seeds: wholes({
    value: "N,N,…",
    help: "a training (with folds, a training of every fold) with each of these seeds; default: seed alone",
  }),
} as const;

/** What a user may give to `crossValidate` beside the options of every training. @interface */
export type SeriesOptions = Options<typeof SERIES>;
