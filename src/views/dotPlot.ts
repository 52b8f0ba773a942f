import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { fittedPlot } from "./fittedPlot.js";
import { MOST_CATEGORIES, shownName, shownNames } from "./names.js";
import type { DotPlotInput } from "./types.js";
import type { Theme } from "./vega.js";

/** Step of rows and columns, and the diameter of a dot where all cells express the gene, in CSS pixels. */
const STEP = 22;
const LARGEST = 18;

/** Colours from no expression to the most, away from the ground; and the rings. */
const LOOK = {
  light: { ramp: ["#fff5f0", "#fcbba1", "#fb6a4a", "#cb181d", "#67000d"], ring: "#222", rim: "#999" },
  dark: { ramp: ["#35282b", "#7a2f35", "#c8443c", "#f5845c", "#ffdcb8"], ring: "#fff", rim: "#777" },
};

/**
 * A dot plot, as scanpy's: a row a group of cells, a column a gene; a dot's area says how many of the group's cells express
 * the gene, its colour how much the group does on average.
 *
 * @throws where shares or means are not groups × genes
 * @example
 * const [shares, means] = [[[0.9, 0.1], [0.2, 0.8]], [[2.1, 0.1], [0.3, 1.9]]];
 * await dotPlotView({ genes: ["CD79A", "CD3D"], groups: ["B", "T"], shares, means });
 */
export function dotPlotView(input: DotPlotInput): Promise<MimeBundle> {
  return shownLater(async () => fittedPlot(dotPlotSpec(input), describe(input)));
}

/** The same as a Vega-Lite specification, without the common look. */
export function dotPlotSpec(
  { title, genes, groups, shares, means, marked }: DotPlotInput,
  theme: Theme = "light",
): Record<string, unknown> {
  const look = LOOK[theme];
  for (const [name, values] of Object.entries({ shares, means }))
    if (values.length !== groups.length || values.some((row) => row.length !== genes.length))
      throw new Error(`The ${name} of a dot plot are not ${groups.length} groups × ${genes.length} genes.`);
  const rows = shownNames(groups.slice(0, MOST_CATEGORIES));
  const columns = shownNames(genes.slice(0, MOST_CATEGORIES));
  const values = rows.flatMap((group, r) =>
    columns.map((gene, c) => ({
      ...{ group, gene, share: shares[r][c], mean: means[r][c] },
      marked: marked?.dots[r][c] ?? false,
    })),
  );
  const axis = { domain: false, ticks: false, title: null, grid: true };
  return {
    title: {
      text: shownName(title ?? "Expression by group"),
      ...(marked && { subtitle: `ringed: ${shownName(marked.what)}` }),
    },
    width: { step: STEP },
    height: { step: STEP },
    data: { values },
    mark: { type: "circle", opacity: 1, tooltip: true },
    encoding: {
      x: {
        field: "gene",
        type: "nominal",
        scale: { domain: columns },
        axis: { ...axis, orient: "bottom", labelAngle: -90, labelFontStyle: "italic" },
      },
      y: { field: "group", type: "nominal", scale: { domain: rows }, axis: { ...axis, labelLimit: 260 } },
      size: {
        field: "share",
        type: "quantitative",
        scale: { domain: [0, 1], range: [0, (Math.PI * LARGEST ** 2) / 4] },
        legend: {
          title: "cells expressing",
          format: ".0%",
          values: [0.2, 0.4, 0.6, 0.8, 1],
          symbolFillColor: "#888",
        },
      },
      color: {
        field: "mean",
        type: "quantitative",
        scale: { domainMin: 0, range: look.ramp },
        legend: { title: "mean expression", gradientLength: 90 },
      },
      stroke: { condition: { test: "datum.marked", value: look.ring }, value: look.rim },
      strokeWidth: { condition: { test: "datum.marked", value: 1.75 }, value: 0.5 },
      tooltip: [
        { field: "group", title: "group" },
        { field: "gene" },
        { field: "share", title: "cells expressing", format: ".1%" },
        { field: "mean", title: "mean expression", format: ".3f" },
      ],
    },
  };
}

/** The gene that each group expresses most, in words. */
function describe({ genes, groups, means }: DotPlotInput): string {
  const most = groups.slice(0, 5).map((group, g) => {
    const first = means[g].reduce((best, mean, i) => (mean > means[g][best] ? i : best), 0);
    return `${group} most ${genes[first]}`;
  });
  return `Dot plot of ${genes.length} genes in ${groups.length} groups; ${most.join(", ")}${groups.length > 5 ? ", …" : ""}`;
}
