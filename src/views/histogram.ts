import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { fittedPlot } from "./fittedPlot.js";
import { shownName } from "./names.js";
import type { HistogramInput } from "./types.js";

const BINS = 40;

/**
 * Distributions side by side, for instance genes per cell and counts per cell.
 *
 * @throws when there is none
 * @example
 * await histogramView([{ label: "genes per cell", values: ready.quality.nGenesByCounts, limits: { min: 200 } }]);
 */
export function histogramView(distributions: readonly HistogramInput[], title?: string): Promise<MimeBundle> {
  return shownLater(async () => {
    return fittedPlot(
      { ...(title && { title: shownName(title) }), spacing: 36, hconcat: distributions.map(histogram) },
      distributions.map(describe).join("\n"),
    );
  });
}

interface Bin {
  from: number;
  to: number;
  cells: number;
}

/** Counted here rather than by Vega, so that the notebook holds 40 numbers instead of one a cell. */
function binned({ label, values, log }: HistogramInput): Bin[] {
  const all = Float64Array.from(values).sort();
  if (all.length === 0) throw new Error(`The histogram of ${label} has no values.`);
  if (log && all[0] <= 0)
    throw new Error(`The histogram of ${label} holds ${all[0]}; a logarithmic axis needs values above 0.`);
  const forth = log ? Math.log10 : (value: number) => value;
  const back = log ? (value: number) => 10 ** value : (value: number) => value;
  const [low, high] = [forth(all[0]), forth(all[all.length - 1])];
  const width = (high - low) / BINS || 1;
  const bins = Array.from({ length: BINS }, (_, b) => ({
    from: back(low + b * width),
    to: back(low + (b + 1) * width),
    cells: 0,
  }));
  for (const value of all) bins[Math.min(BINS - 1, Math.floor((forth(value) - low) / width))].cells++;
  return bins;
}

function histogram(input: HistogramInput): Record<string, unknown> {
  const scale = input.log ? { type: "log", nice: false } : { type: "linear", nice: false, zero: false };
  const limits = [input.limits?.min, input.limits?.max].filter(
    (limit): limit is number => limit !== undefined,
  );
  return {
    width: 260,
    height: 180,
    layer: [
      {
        data: { values: binned(input) },
        mark: { type: "rect", color: "#0072b2", stroke: "white", strokeWidth: 0.5, tooltip: true },
        encoding: {
          x: {
            field: "from",
            type: "quantitative",
            title: shownName(input.label),
            scale,
            axis: { grid: false },
          },
          x2: { field: "to" },
          y: { field: "cells", type: "quantitative", title: shownName(input.of ?? "cells") },
          y2: { datum: 0 },
        },
      },
      ...(limits.length > 0 ? [limitRules(limits, scale)] : []),
    ],
  };
}

function limitRules(limits: number[], scale: object): Record<string, unknown> {
  return {
    data: { values: limits.map((limit) => ({ limit })) },
    mark: { type: "rule", strokeDash: [4, 3], color: "#d55e00", strokeWidth: 1.5 },
    encoding: { x: { field: "limit", type: "quantitative", scale } },
  };
}

function describe({ label, values, of = "cells" }: HistogramInput): string {
  const all = Float64Array.from(values).sort();
  const middle = (all[(all.length - 1) >> 1] + all[all.length >> 1]) / 2;
  return `${label}: median ${middle}, from ${all[0]} to ${all[all.length - 1]} (${all.length} ${of})`;
}
