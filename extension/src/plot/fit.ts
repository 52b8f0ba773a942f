/** How much narrower and wider than its specification a plot's panels are drawn, and how wide it is as a whole, in CSS pixels. */
const [LEAST, MOST] = [0.75, 2.2];
const WIDEST = 1000;
/** A row of dots that lie farther apart is no row any more. */
const APART = 1.5;

type Spec = Record<string, unknown>;

/** What a plot is to be fitted into; lengths in CSS pixels. */
export interface Place {
  /** Width that there is. */
  room: number;
  /** Width of the plot as its specification has it. */
  whole: number;
  /** Its panels' share of that, without axes and legends, which are as wide in any plot. */
  panels: number;
}

/** By how much a plot's panels are widened or narrowed so that it fills its place. What is still too wide is shrunk as a picture. */
export function widening({ room, whole, panels }: Place): number {
  if (!(panels > 0) || !(whole > 0)) return 1;
  const around = Math.max(0, whole - panels);
  return Math.min(MOST, Math.max(LEAST, (Math.min(room, WIDEST) - around) / panels));
}

/** A Vega-Lite specification with wider panels. */
export function widened(spec: Spec, by: number): Spec {
  if (Array.isArray(spec.hconcat))
    return { ...spec, hconcat: spec.hconcat.map((panel) => widened(panel, by)) };
  const { width } = spec;
  if (typeof width === "number") return { ...spec, width: Math.round(width * by) };
  const { step } = (width ?? {}) as { step?: unknown };
  return typeof step === "number" ? { ...spec, width: { step: step * Math.min(APART, by) } } : spec;
}
