import type { Series } from "../store/runParts.js";
import type { TableInput } from "../views/types.js";

/** The figures that are averaged. */
export const FIGURES = ["accuracy", "weightedF1", "macroF1", "kappa"] as const;
type Figures = Record<(typeof FIGURES)[number], number>;

/** Mean and standard deviation (of a sample: n − 1) of the parts' figures. */
export function seriesSpread({ parts }: Series): { mean: Figures; standardDeviation: Figures } {
  const each = (of: (values: number[]) => number) =>
    Object.fromEntries(
      FIGURES.map((name) => [name, of(parts.map(({ figures }) => figures[name]))]),
    ) as Figures;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = (values: number[]) => {
    const middle = mean(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
  };
  return { mean: each(mean), standardDeviation: each(deviation) };
}

/** A row a training, then mean, standard deviation, and all cells together. */
export function seriesTable(series: Series): TableInput {
  const { mean, standardDeviation } = seriesSpread(series);
  const row = (name: string, cells: number | null, figures: Figures, bestEpoch: number | null) => [
    name,
    cells,
    ...FIGURES.map((figure) => figures[figure]),
    bestEpoch,
  ];
  const { parts, together, subset } = series;
  return {
    title: `${parts.length} trainings, on ${subset} cells`,
    columns: ["training", "cells", "accuracy", "weighted F1", "macro F1", "κ", "best epoch"],
    decimals: [null, null, 3, 3, 3, 3, null],
    rows: [
      ...parts.map(({ name, figures, bestEpoch }) => row(name, figures.cells, figures, bestEpoch)),
      row("mean", null, mean, null),
      row("standard deviation", null, standardDeviation, null),
      row("together, each cell by those that did not see it", together.cells, together, null),
    ],
  };
}
