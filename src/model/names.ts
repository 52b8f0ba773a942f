// Names of the graphs' inputs and outputs that belong to a slot: one of these, then the slot's input.

/** Its derivative; the sum of several batches' so far, as an input and as an output. */
export const GRADIENT = "grad.";
export const SUM = "sum.";
export const NEW_SUM = "sum'.";
/** Adam's moments. */
export const M = "m.";
export const V = "v.";
/** Weight (or statistic) and moments after the step. */
export const NEW = "new.";
export const NEW_M = "newm.";
export const NEW_V = "newv.";
/** The weight in float16. */
export const HALF = "half.";

/** Stands for a slot where all parameters are one piece. */
export const ALL = "all";
