import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { fittedPlot } from "./fittedPlot.js";
import { shownName } from "./names.js";
import type { HvgInput } from "./types.js";

/** Above this many genes the ones that were not chosen are thinned out, evenly, to keep the notebook small. */
const DRAWN = 4000;
const NAMED = 8;

/**
 * How variable each gene is at its mean expression; the chosen genes coloured, the most variable named.
 *
 * @example
 * const { means, spreadNorm, highlyVariable } = highlyVariableGenes(counts, { flavor: "seurat_v3", nTopGenes: 2000 });
 * const measure = "standardised variance";
 * await hvgView({ genes: sample.varNames, means, dispersions: spreadNorm, chosen: highlyVariable, measure });
 */
export function hvgView(input: HvgInput): Promise<MimeBundle> {
  return shownLater(async () => {
    const { genes, means, dispersions, chosen } = input;
    for (const [name, values] of Object.entries({ means, dispersions, chosen })) {
      if (values.length !== genes.length)
        throw new Error(`${values.length} ${name} for ${genes.length} genes.`);
    }
    const all = genes
      .map((gene, g) => ({
        gene: shownName(gene),
        mean: means[g],
        measure: dispersions[g],
        chosen: Boolean(chosen[g]),
      }))
      .filter(({ mean, measure }) => Number.isFinite(mean) && Number.isFinite(measure));
    const picked = all.filter((point) => point.chosen).sort((a, b) => b.measure - a.measure);
    const rest = all.filter((point) => !point.chosen);
    const every = Math.max(1, Math.ceil(rest.length / DRAWN));
    const log = all.every(({ mean }) => mean > 0) && picked.length > 0 && spread(all) > 100;
    const groups = {
      domain: [`chosen (${picked.length})`, `not chosen (${genes.length - picked.length})`],
      range: ["#d55e00", "#c4c4c4"],
    };
    const values = [...rest.filter((_, i) => i % every === 0), ...picked].map(
      ({ chosen: one, ...point }) => ({
        ...point,
        group: groups.domain[one ? 0 : 1],
      }),
    );
    const x = {
      field: "mean",
      type: "quantitative",
      title: shownName(input.mean ?? "mean expression"),
      scale: { type: log ? "log" : "linear", nice: false, padding: 6 },
      axis: { grid: false },
    };
    const y = {
      field: "measure",
      type: "quantitative",
      title: shownName(input.measure),
      scale: { zero: false },
    };
    return fittedPlot(
      {
        title: "Highly variable genes",
        width: 420,
        height: 280,
        layer: [
          {
            data: { values },
            mark: { type: "circle", size: 14, opacity: 0.75, tooltip: true },
            encoding: {
              x,
              y,
              color: { field: "group", type: "nominal", scale: groups, legend: { title: null } },
              tooltip: [{ field: "gene" }],
            },
          },
          {
            data: { values: apart(picked, log) },
            mark: { type: "text", align: "left", dx: 5, fontSize: 10, color: "#222" },
            encoding: { x, y, text: { field: "gene" } },
          },
        ],
      },
      `${picked.length} of ${genes.length} genes chosen; most variable: ${picked
        .slice(0, NAMED)
        .map(({ gene }) => gene)
        .join(", ")}`,
    );
  });
}

/** The most variable genes whose names would not be written over each other. */
function apart<T extends { mean: number; measure: number }>(picked: T[], log: boolean): T[] {
  const across = log ? ({ mean }: T) => Math.log(mean) : ({ mean }: T) => mean;
  const range = (of: (point: T) => number) => {
    const values = picked.map(of);
    return values.reduce((a, b) => Math.max(a, b), 0) - values.reduce((a, b) => Math.min(a, b), 0) || 1;
  };
  const [width, height] = [range(across), range(({ measure }) => measure)];
  const named: T[] = [];
  for (const point of picked.slice(0, 4 * NAMED)) {
    const clear = named.every(
      (other) =>
        Math.abs(across(point) - across(other)) > 0.2 * width ||
        Math.abs(point.measure - other.measure) > 0.05 * height,
    );
    if (clear && named.length < NAMED) named.push(point);
  }
  return named;
}

function spread(points: { mean: number }[]): number {
  const means = points.map(({ mean }) => mean);
  return means.reduce((a, b) => Math.max(a, b)) / means.reduce((a, b) => Math.min(a, b));
}
