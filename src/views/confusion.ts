import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { EVALUATION_MIME } from "./contract.js";
import { confusionPayload } from "./evaluation.js";
import { MOST_CATEGORIES, shownNames } from "./names.js";
import type { ConfusionInput } from "./types.js";
import { plotBundle } from "./vega.js";

/** Up to so many classes the cells of the matrix hold their counts. */
const WRITTEN = 20;

/**
 * The confusion matrix: rows are true classes, columns predicted ones, colour the share of the row, numbers counts.
 *
 * @throws when the counts are not classes × classes.
 * @example
 * await confusionView({ classes: ["B", "T"], confusion: [[9, 1], [2, 8]] });
 */
export function confusionView(input: ConfusionInput): Promise<MimeBundle> {
  return shownLater(async () => {
    const of = input.classes.length;
    if (input.confusion.length !== of || input.confusion.some((row) => row.length !== of)) {
      throw new Error(
        `The confusion matrix has ${input.confusion.length} rows; expected ${of} × ${of} counts.`,
      );
    }
    const { classes, confusion } = largest(input);
    const size = classes.length;
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
    // Rather than `sort`, which asks for each cell of the matrix after each class.
    const scale = { domain: classes };
    const x = {
      field: "predicted",
      type: "nominal",
      scale,
      title: "predicted",
      axis: { ...axis, labelAngle: -45 },
    };
    const y = { field: "truth", type: "nominal", scale, title: "true", axis };
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
        color: { condition: { test: "datum.share > 0.5", value: "white" }, value: "#212121" },
      },
    };
    const plot = await plotBundle(
      {
        title: size < of ? `Confusion matrix of the ${size} largest of ${of} classes` : "Confusion matrix",
        width: size * side,
        height: size * side,
        data: { values },
        layer: size <= WRITTEN ? [matrix, counts] : [matrix],
      },
      describe({ classes, confusion }, of),
    );
    return { [EVALUATION_MIME]: confusionPayload(input), ...plot };
  });
}

/** The classes with the most true cells, as many as can be drawn, in their order and with the names that are shown. */
function largest({ classes, confusion }: ConfusionInput): ConfusionInput {
  const cells = confusion.map((row) => row.reduce((total, count) => total + count, 0));
  const kept = [...classes.keys()]
    .sort((a, b) => cells[b] - cells[a] || a - b)
    .slice(0, MOST_CATEGORIES)
    .sort((a, b) => a - b);
  return {
    classes: shownNames(kept.map((c) => classes[c])),
    confusion: kept.map((t) => kept.map((p) => confusion[t][p])),
  };
}

/** The most frequent mistakes in words. */
function describe({ classes, confusion }: ConfusionInput, of: number): string {
  const mistakes = confusion
    .flatMap((row, t) => row.map((cells, p) => ({ t, p, cells })))
    .filter(({ t, p, cells }) => t !== p && cells > 0)
    .sort((a, b) => b.cells - a.cells)
    .slice(0, 5)
    .map(({ t, p, cells }) => `${cells} ${classes[t]} taken for ${classes[p]}`);
  return `Confusion matrix of ${of} classes; ${mistakes.length > 0 ? `most: ${mistakes.join(", ")}` : "no mistakes"}`;
}
