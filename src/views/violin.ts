import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { density } from "./density.js";
import { fittedPlot } from "./fittedPlot.js";
import { shownName, shownNames } from "./names.js";
import { categoryColors } from "./palette.js";
import type { ViolinInput } from "./types.js";

/** Points of a violin's outline, and violins beside each other at most: of more groups, the largest. */
const POINTS = 64;
const MOST_GROUPS = 30;

const HEIGHT = 200;
/** Pixels a violin takes, and a panel at least. */
const STEP = 42;
const LEAST_WIDTH = 150;
/** Characters of a name that fit under a violin. */
const SHORT = 6;

/**
 * Distributions as violins, one panel a figure and one violin a group: outlines as seaborn's (each as wide as the others, ended
 * at the least and the largest value), with the quartiles as a bar and the median as a dot.
 *
 * @example
 * const distributions = [{ label: "genes per cell", values: ready.quality.nGenesByCounts }];
 * await violinView({ distributions, groups: ready.labels!.classes, codes: ready.labels!.codes });
 */
export function violinView(input: ViolinInput): Promise<MimeBundle> {
  return shownLater(async () => {
    const { title, distributions, codes } = input;
    const cells = distributions[0]?.values.length ?? 0;
    for (const { label, values } of distributions)
      if (values.length !== cells || (codes && codes.length !== cells))
        throw new Error(
          `The violins of ${label} have ${values.length} values and ${codes?.length ?? cells} codes for ${cells} cells.`,
        );
    const groups = groupsOf(input);
    const panels = distributions.map(({ label, values }) => ({
      label: shownName(label),
      violins: groups.flatMap(({ name, code, color }, place) => {
        const own = Float64Array.from(values).filter(
          (value, i) => Number.isFinite(value) && (code === undefined || codes![i] === code),
        );
        return own.length === 0 ? [] : [{ name, color, place, ...summary(own.sort()) }];
      }),
    }));
    const total = codes ? (input.groups?.length ?? 0) : 0;
    const note = total > groups.length ? `the ${groups.length} largest of ${total} groups` : undefined;
    return fittedPlot(
      {
        ...(title && { title: { text: shownName(title), ...(note && { subtitle: note }) } }),
        spacing: 36,
        hconcat: panels.map((panel) => violinPanel(panel.label, panel.violins, groups.length)),
      },
      panels
        .flatMap(({ label, violins }) => violins.map((one) => describe(label, one, groups.length > 1)))
        .join("\n"),
    );
  });
}

interface Violin {
  name: string;
  color: string;
  /** Counted from 0, from the left. */
  place: number;
  outline: { value: number; from: number; to: number }[];
  quartiles: [number, number, number];
  cells: number;
}

/** The groups that are shown: all, or the largest; in their order. */
function groupsOf({ groups, codes }: ViolinInput): { name: string; code?: number; color: string }[] {
  if (!groups || !codes) return [{ name: "", color: "#0072b2" }];
  const sizes = new Array<number>(groups.length).fill(0);
  for (let i = 0; i < codes.length; i++) if (codes[i] >= 0) sizes[codes[i]]++;
  const [names, colors] = [shownNames(groups), categoryColors(sizes)];
  return [...groups.keys()]
    .filter((code) => sizes[code] > 0)
    .sort((a, b) => sizes[b] - sizes[a] || a - b)
    .slice(0, MOST_GROUPS)
    .sort((a, b) => a - b)
    .map((code) => ({ name: names[code], code, color: colors[code] }));
}

function summary(sorted: Float64Array): Pick<Violin, "outline" | "quartiles" | "cells"> {
  const { at, density: shape } = density(sorted, POINTS);
  const largest = Math.max(...shape);
  const round = (value: number) => Number(value.toPrecision(5));
  return {
    outline: at.map((value, i) => {
      const half = round((0.42 * shape[i]) / largest);
      return { value: round(value), from: -half, to: half };
    }),
    quartiles: [0.25, 0.5, 0.75].map((share) => round(quantile(sorted, share))) as Violin["quartiles"],
    cells: sorted.length,
  };
}

/** numpy's, linear between the two nearest. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (place - below) * (above - sorted[below]);
}

function violinPanel(label: string, violins: Violin[], groups: number): Record<string, unknown> {
  const x = { type: "quantitative", axis: null, scale: { domain: [-0.5, groups - 0.5], nice: false } };
  const y = { type: "quantitative", title: label, scale: { zero: false }, axis: { tickCount: 6 } };
  const color = { field: "color", type: "nominal", scale: null, legend: null };
  const whole = violins.map(({ name, color, place, quartiles: [low, median, high], cells }) => ({
    ...{ name, color, place, low, median, high, cells },
  }));
  const tooltip = [
    ...(groups > 1 ? [{ field: "name", type: "nominal", title: "group" }] : []),
    { field: "cells", type: "quantitative", title: "cells" },
    { field: "median", type: "quantitative", title: "median" },
    { field: "low", type: "quantitative", title: "lower quartile" },
    { field: "high", type: "quantitative", title: "upper quartile" },
  ];
  const slanted = violins.some(({ name }) => name.length > SHORT);
  return {
    width: Math.max(LEAST_WIDTH, STEP * groups),
    height: HEIGHT,
    layer: [
      {
        data: {
          values: violins.flatMap(({ outline, color, place }) =>
            outline.map(({ value, from, to }) => ({
              value,
              from: place + from,
              to: place + to,
              color,
              place,
            })),
          ),
        },
        // The stroke is what is seen of a tail that has next to no cells.
        mark: { type: "area", orient: "horizontal", fillOpacity: 0.75, strokeWidth: 1 },
        encoding: {
          y: { ...y, field: "value" },
          x: { ...x, field: "from" },
          x2: { field: "to" },
          fill: color,
          stroke: color,
          detail: { field: "place", type: "ordinal" },
        },
      },
      {
        data: { values: whole },
        layer: [
          {
            mark: { type: "rule", strokeWidth: 4, color: "#333" },
            encoding: {
              x: { ...x, field: "place" },
              y: { ...y, field: "low" },
              y2: { field: "high" },
              tooltip,
            },
          },
          {
            mark: {
              type: "point",
              filled: true,
              size: 26,
              color: "white",
              opacity: 1,
              stroke: "#333",
              strokeWidth: 1,
            },
            encoding: { x: { ...x, field: "place" }, y: { ...y, field: "median" }, tooltip },
          },
          // An axis would have numbers; names in its expression would be code.
          {
            mark: {
              type: "text",
              ...{ baseline: "middle", color: "#444", fontSize: 10, limit: 180 },
              ...(slanted ? { angle: -40, align: "right", dx: -2, dy: 6 } : { align: "center", dy: 8 }),
            },
            encoding: {
              x: { ...x, field: "place" },
              y: { value: HEIGHT },
              text: { field: "name", type: "nominal" },
            },
          },
        ],
      },
    ],
  };
}

function describe(
  label: string,
  { name, quartiles: [low, median, high], cells }: Violin,
  named: boolean,
): string {
  return `${label}${named ? `, ${name}` : ""}: median ${median}, quartiles ${low} to ${high} (${cells} cells)`;
}
