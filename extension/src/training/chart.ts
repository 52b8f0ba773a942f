import { svg } from "../svg.js";
import type { Chart, Point } from "./chartData.js";

export const HEIGHT = 220;
const LEFT = 46;
const RIGHT = 12;
const TOP = 30;
const BOTTOM = 36;

/**
 * Draws a chart.
 * @param width in CSS pixels
 * @param pointer where the pointer is, in CSS pixels from the left; null when it is elsewhere
 */
export function chartSvg(chart: Chart, width: number, pointer: number | null): SVGSVGElement {
  const values = chart.curves.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite);
  const low = chart.percent ? 0 : Math.min(...values, Number.POSITIVE_INFINITY);
  const high = Math.max(...values, Number.NEGATIVE_INFINITY);
  const ticks = niceTicks(values.length > 0 ? low : 0, values.length > 0 ? high : 1, 5);
  const yRange: [number, number] = [ticks[0], ticks[ticks.length - 1]];
  const x = scale(chart.xRange, [LEFT, width - RIGHT]);
  const y = scale(yRange, [HEIGHT - BOTTOM, TOP]);
  const shown = (value: number) =>
    chart.percent ? `${Math.round(100 * value)} %` : String(Number(value.toPrecision(3)));

  const grid = ticks.flatMap((tick) => {
    const at = y(tick).toFixed(1);
    return [
      svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }),
      svg("text", { x: LEFT - 6, y: at, dy: 4, "text-anchor": "end" }, shown(tick)),
    ];
  });
  const [from, to] = chart.xRange;
  const steps = niceTicks(from, to, 6).filter((tick) => Number.isInteger(tick) && tick >= from && tick <= to);
  const below = steps.map((tick) =>
    svg(
      "text",
      { x: x(tick).toFixed(1), y: HEIGHT - BOTTOM + 15, "text-anchor": "middle" },
      tick.toLocaleString("en"),
    ),
  );
  const curves = chart.curves.flatMap(({ name, points, dots }) => {
    const drawn = points.filter((point) => Number.isFinite(point.y));
    const path = drawn
      .map((point, i) => `${i ? "L" : "M"}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`)
      .join("");
    const circles = (dots ? drawn : []).map((point) =>
      svg("circle", { class: name, cx: x(point.x).toFixed(1), cy: y(point.y).toFixed(1), r: 3.5 }),
    );
    return [svg("path", { class: name, d: path }), ...circles];
  });
  let keyAt = width - RIGHT;
  const named = chart.curves.filter(({ label }) => label);
  const key = [...named].reverse().map(({ name, label }) => {
    const text = svg("text", { class: `key-${name}`, x: keyAt, y: 16, "text-anchor": "end" }, label);
    keyAt -= 7 * label.length + 14;
    return text;
  });
  return svg(
    "svg",
    {
      class: "cellkernel-chart",
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      height: HEIGHT,
      role: "img",
      "aria-label": chart.said,
    },
    svg("text", { class: "heading", x: LEFT, y: 16 }, chart.title),
    ...grid,
    ...below,
    ...(chart.mark ? mark(chart.mark, x, (from + to) / 2) : []),
    ...curves,
    ...(pointer === null ? key : underPointer(chart, x, pointer, width, shown)),
    svg(
      "text",
      { class: "axis", x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" },
      chart.xLabel,
    ),
  );
}

/** The values at the pointer, in place of the key. */
function underPointer(
  { curves, xLabel }: Chart,
  x: (value: number) => number,
  pointer: number,
  width: number,
  shown: (value: number) => string,
): SVGElement[] {
  const all = curves.flatMap(({ points }) => points);
  if (all.length === 0) return [];
  const nearest = (points: Point[]) =>
    points.reduce((best, point) =>
      Math.abs(x(point.x) - pointer) < Math.abs(x(best.x) - pointer) ? point : best,
    );
  const at = nearest(all);
  const line = x(at.x).toFixed(1);
  const values = curves.flatMap(({ name, label, points }) => {
    // A validation stands for its own step only.
    const here = label && points.length > 0 ? nearest(points) : undefined;
    const value = here && Math.abs(x(here.x) - x(at.x)) < 4 && Number.isFinite(here.y);
    return value ? [svg("tspan", { class: `key-${name}`, dx: 10 }, `${label} ${shown(here.y)}`)] : [];
  });
  return [
    svg("line", { class: "pointer", x1: line, x2: line, y1: TOP, y2: HEIGHT - BOTTOM }),
    svg(
      "text",
      { class: "values", x: width - RIGHT, y: 16, "text-anchor": "end" },
      `${xLabel} ${at.x.toLocaleString("en")}`,
      ...values,
    ),
  ];
}

/** The line and its word, which stands where there is more room. */
function mark(at: NonNullable<Chart["mark"]>, x: (value: number) => number, middle: number): SVGElement[] {
  const left = at.x > middle;
  const line = x(at.x);
  const side = { x: line + (left ? -5 : 5), "text-anchor": left ? "end" : "start" };
  return [
    svg("line", { class: "mark", x1: line, x2: line, y1: TOP, y2: HEIGHT - BOTTOM }),
    svg("text", { class: "mark", y: TOP + 10, ...side }, at.label),
  ];
}

function scale([from, to]: [number, number], [start, end]: [number, number]): (value: number) => number {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Round numbers from at or below `low` to at or above `high`, in steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
