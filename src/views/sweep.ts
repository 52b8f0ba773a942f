import { shownName, shownNames } from "./names.js";
import { PALETTE } from "./palette.js";

/** Settings that are drawn: the best. */
const MOST = 30;
/** Pixels a setting takes, and a panel's width. */
const STEP = 28;
const WIDTH = 260;

/** How the trainings of each setting did. */
export interface SweepInput {
  title?: string;
  /** A panel each, 0 … 1; settings stand in the order of the first one's means. */
  measures: readonly string[];
  settings: readonly {
    name: string;
    /** [measure][training]. */
    values: readonly (readonly number[])[];
  }[];
}

/** The trainings of a sweep as dots, a row a setting, with the mean of each as a line: a Vega-Lite specification. */
export function sweepSpec({ title, measures, settings }: SweepInput): Record<string, unknown> {
  const names = shownNames(settings.map(({ name }) => name));
  const best = settings
    .map(({ values }, i) => ({ name: names[i], values, mean: meanOf(values[0]) }))
    .sort((a, b) => b.mean - a.mean)
    .slice(0, MOST);
  const cut =
    settings.length > best.length ? `the best ${best.length} of ${settings.length} settings` : undefined;
  const trainings = Math.max(...best.map(({ values }) => values[0].length));
  const subtitle = [
    `dots: trainings, ${trainings} of each setting; lines: means`,
    ...(cut ? [cut] : []),
  ].join(" · ");
  const y = {
    field: "setting",
    type: "nominal",
    title: null,
    sort: best.map(({ name }) => name),
    scale: { paddingInner: 0 },
  };
  return {
    title: { text: shownName(title ?? "Settings"), subtitle },
    spacing: 24,
    hconcat: measures.map((measure, m) => {
      const x = {
        field: "value",
        type: "quantitative",
        title: shownName(measure),
        scale: { zero: false, nice: true, padding: 8 },
        axis: { tickCount: 5 },
      };
      const side = {
        ...y,
        axis:
          m === 0
            ? { labelLimit: 240, ticks: false, domain: false, grid: true }
            : { labels: false, ticks: false, domain: false, grid: true },
      };
      return {
        ...{ width: WIDTH, height: STEP * best.length },
        layer: [
          {
            data: { values: best.map(({ name, values }) => ({ setting: name, value: meanOf(values[m]) })) },
            mark: { type: "tick", thickness: 2.5, size: STEP * 0.6, color: "#222" },
            encoding: { x, y: side },
          },
          {
            data: {
              values: best.flatMap(({ name, values }) =>
                values[m].map((value) => ({ setting: name, value })),
              ),
            },
            mark: { type: "point", filled: true, size: 46, color: PALETTE[0], opacity: 0.6 },
            encoding: { x, y: side },
          },
        ],
      };
    }),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
