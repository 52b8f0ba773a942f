/**
 * Names of layers, best first, among layers that hold the like. Counts by their usual names; what is not known; the
 * spliced part of the counts, as velocyto, scVelo and kallisto call it; parts that are no measure of expression.
 */
const LAYERS = {
  counts: /^(raw|umi)?[._-]?counts?([._-]?raw)?$|^raw$|^umis?$/i,
  logged: /log|^data$|^normali[sz]ed/i,
  spliced: /^(spliced|mature)$/i,
  parts: /^(unspliced|nascent|ambiguous|spanning|intron(ic)?|ambient|M[su])$/i,
};

/** 0 for X; then layers of the best names, `raw`, other layers. */
export function rankOf(name: "X" | "raw" | { layer: string }, purpose: "counts" | "logged"): number {
  if (name === "X") return 0;
  if (name === "raw") return 2;
  const is = (kind: keyof typeof LAYERS) => LAYERS[kind].test(name.layer);
  if (is(purpose)) return 1;
  return is("parts") ? 5 : is("spliced") ? 4 : 3;
}
