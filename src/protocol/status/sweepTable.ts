import { csvLine } from "../../support/csv.js";
import type { TableInput } from "../../views/types.js";
import { FIGURES, seriesSpread } from "../seriesTable.js";
import type { SettingOfSweep } from "./trainings.js";

const COLUMNS = [
  "setting",
  "training",
  "fold",
  "seed",
  "cells",
  "accuracy",
  "weighted_f1",
  "macro_f1",
  "kappa",
];

/** A training a line, of the settings that are done, as CSV. */
export function sweepCsv(sweep: readonly SettingOfSweep[]): string {
  const lines = sweep.flatMap(({ name: setting, results }) =>
    (results?.parts ?? []).map(({ name, fold, seed, bestEpoch, figures }) =>
      [setting, name, fold, seed, figures.cells, ...FIGURES.map((figure) => figures[figure]), bestEpoch].map(
        (value) => String(value ?? ""),
      ),
    ),
  );
  return [[...COLUMNS, "best_epoch"], ...lines].map((line) => `${csvLine(line)}\n`).join("");
}

/** A setting a row, the best first: mean ± standard deviation of its trainings. */
export function sweepTable(sweep: readonly SettingOfSweep[]): TableInput {
  const rows = sweep.flatMap(({ name, results }) =>
    results ? [{ name, results, ...seriesSpread(results) }] : [],
  );
  rows.sort((a, b) => b.mean.weightedF1 - a.mean.weightedF1);
  return {
    title: `${rows.length} settings, mean ± standard deviation of the trainings of each`,
    columns: ["setting", "trainings", "accuracy", "weighted F1", "macro F1", "κ", "F1 together"],
    decimals: [null, null, null, null, null, null, 3],
    rows: rows.map(({ name, results, mean, standardDeviation }) => [
      ...[name, results.parts.length],
      ...FIGURES.map((figure) => `${mean[figure].toFixed(3)} ± ${standardDeviation[figure].toFixed(3)}`),
      results.together.weightedF1,
    ]),
  };
}
