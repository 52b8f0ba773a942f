import type { MimeBundle } from "../host/host.js";
import type { ConfusionInput } from "./types.js";
import { plotBundle } from "./vega.js";

/** Up to so many classes the cells of the matrix hold their counts. */
const WRITTEN = 20;

/**
 * The confusion matrix: rows are true classes, columns predicted ones, colour the share of the row, numbers counts.
 *
 * @throws when the counts are not classes × classes.
 */
export async function confusionView({ classes, confusion }: ConfusionInput): Promise<MimeBundle> {
  const size = classes.length;
  if (confusion.length !== size || confusion.some((row) => row.length !== size)) {
    throw new Error(`The confusion matrix has ${confusion.length} rows; expected ${size} × ${size} counts.`);
  }
  const values = confusion.flatMap((row, t) => {
    const cells = row.reduce((total, count) => total + count, 0);
    return row.map((count, p) => ({
      truth: classes[t],
      predicted: classes[p],
      cells: count,
      share: cells > 0 ? count / cells : 0,
    }));
  });
  const side = Math.max(16, Math.min(44, Math.round(640 / size)));
  const axis = { domain: false, ticks: false, labelLimit: 220 };
  const x = {
    field: "predicted",
    type: "nominal",
    sort: classes,
    title: "predicted",
    axis: { ...axis, labelAngle: -45 },
  };
  const y = { field: "truth", type: "nominal", sort: classes, title: "true", axis };
  const matrix = {
    mark: { type: "rect", stroke: "#fff", strokeWidth: 1, tooltip: true },
    encoding: {
      x,
      y,
      color: {
        field: "share",
        type: "quantitative",
        title: "share of the true class",
        scale: { domain: [0, 1], range: ["#f4f6f9", "#9ec5e8", "#3f83c0", "#08306b"] },
        legend: { format: "%", direction: "horizontal", orient: "top", gradientLength: 160 },
      },
      tooltip: [
        { field: "truth", title: "true" },
        { field: "predicted", title: "predicted" },
        { field: "cells", title: "cells" },
        { field: "share", title: "of the true class", format: ".1%" },
      ],
    },
  };
  const counts = {
    transform: [{ filter: "datum.cells > 0" }],
    mark: { type: "text", fontSize: 11 },
    encoding: {
      x,
      y,
      text: { field: "cells", type: "quantitative" },
      color: { condition: { test: "datum.share > 0.5", value: "white" }, value: "#222" },
    },
  };
  return plotBundle(
    {
      title: "Confusion matrix",
      width: size * side,
      height: size * side,
      data: { values },
      layer: size <= WRITTEN ? [matrix, counts] : [matrix],
    },
    describe({ classes, confusion }),
  );
}

/** The most frequent mistakes in words. */
function describe({ classes, confusion }: ConfusionInput): string {
  const mistakes = confusion
    .flatMap((row, t) => row.map((cells, p) => ({ t, p, cells })))
    .filter(({ t, p, cells }) => t !== p && cells > 0)
    .sort((a, b) => b.cells - a.cells)
    .slice(0, 5)
    .map(({ t, p, cells }) => `${cells} ${classes[t]} taken for ${classes[p]}`);
  return `Confusion matrix of ${classes.length} classes; ${mistakes.length > 0 ? `most: ${mistakes.join(", ")}` : "no mistakes"}`;
}
