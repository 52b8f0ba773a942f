import { type MimeBundle, type Run, vegaBundle } from "cellkernel";
import type { Bin, Choice } from "./probabilities.js";

const LOOK = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  background: "white",
  padding: 10,
  config: {
    view: { stroke: null },
    axis: {
      gridColor: "#eee",
      domainColor: "#bbb",
      tickColor: "#bbb",
      titleFontWeight: 400,
      labelColor: "#444",
    },
    title: { anchor: "start", color: "#222", fontSize: 14, subtitleColor: "#666" },
  },
};
const COLOURS = ["#4269d0", "#d9822b", "#2e9e4f", "#a463f2", "#9c6b4e"];

/** The validation loss of several runs, epoch by epoch; a dot where the weights are kept. */
export function lossPlot(runs: Record<string, Run>, title = "Validation loss"): Promise<MimeBundle> {
  const values = Object.entries(runs).flatMap(([run, { training }]) =>
    training.history.map(({ epoch, validationLoss }) => ({
      ...{ run, epoch, loss: validationLoss, kept: epoch === training.bestEpoch },
    })),
  );
  const encoding = {
    x: { field: "epoch", type: "quantitative", axis: { tickMinStep: 1, grid: false } },
    y: { field: "loss", type: "quantitative", title: "validation loss", scale: { zero: false } },
    color: { field: "run", type: "nominal", title: null, sort: Object.keys(runs), scale: { range: COLOURS } },
  };
  const dots = { type: "point", filled: true, size: 90, opacity: 1 };
  return vegaBundle({
    ...LOOK,
    title: { text: title, subtitle: "A dot: the epoch whose weights are kept" },
    ...{ width: 460, height: 240, data: { values }, encoding },
    layer: [
      { mark: { type: "line", strokeWidth: 2 } },
      { transform: [{ filter: "datum.kept" }], mark: dots },
    ],
  });
}

/** How often labels are right, by how sure the model is of them; on the line it says the truth. */
export function reliabilityPlot(bins: Record<string, Bin[]>): Promise<MimeBundle> {
  const names = Object.keys(bins);
  const values = names.flatMap((run) => bins[run].map((bin) => ({ run, ...bin })));
  const share = { scale: { domain: [0, 1] }, axis: { format: "%", tickCount: 5 } };
  return vegaBundle({
    ...LOOK,
    title: {
      text: "Probability against truth",
      subtitle: "Below the line: surer than right. A dot's size: its cells",
    },
    ...{ width: 320, height: 300 },
    layer: [
      {
        data: {
          values: [
            { sure: 0, right: 0 },
            { sure: 1, right: 1 },
          ],
        },
        mark: { type: "line", color: "#999", strokeDash: [4, 4] },
        encoding: { x: { field: "sure", type: "quantitative" }, y: { field: "right", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, opacity: 0.85 },
        encoding: {
          x: { field: "sure", type: "quantitative", title: "mean probability", ...share },
          y: { field: "right", type: "quantitative", title: "labelled rightly", ...share },
          size: {
            ...{ field: "cells", type: "quantitative", scale: { range: [20, 500] } },
            legend: { title: "cells", tickCount: 3, symbolFillColor: "#bbb", symbolStrokeColor: "#bbb" },
          },
          color: { field: "run", type: "nominal", title: null, sort: names, scale: { range: COLOURS } },
        },
      },
    ],
  });
}

/** What a threshold gives: how many labels, and how many of these are right. */
export function thresholdPlot(choices: Choice[], title = "What a threshold gives"): Promise<MimeBundle> {
  const names = ["labels that are right", "cells with a label"];
  const values = choices.flatMap(({ threshold, share, precision }) => [
    { threshold, what: names[0], value: precision },
    { threshold, what: names[1], value: share },
  ]);
  return vegaBundle({
    ...LOOK,
    title: { text: title },
    ...{ width: 460, height: 260, data: { values } },
    mark: { type: "line", strokeWidth: 2, interpolate: "step-before" },
    encoding: {
      x: { field: "threshold", type: "quantitative", scale: { domain: [0, 1] }, axis: { grid: false } },
      y: {
        ...{ field: "value", type: "quantitative", title: "share", scale: { domain: [0, 1] } },
        axis: { format: "%", tickCount: 10 },
      },
      color: { field: "what", type: "nominal", title: null, sort: names, scale: { range: COLOURS } },
    },
  });
}
