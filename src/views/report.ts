import type { MimeBundle } from "../host/host.js";
import { escapeText } from "./picture.js";
import { tableHtml, tableText } from "./table.js";
import type { ReportInput, TableInput } from "./types.js";
import { plotBundle } from "./vega.js";

/** An evaluation: the overall figures, the figures of each class, and a picture of F1 by class. */
export async function reportView(report: ReportInput): Promise<MimeBundle> {
  const overall = overallTable(report);
  const perClass = perClassTable(report);
  const plot = await f1Plot(report);
  const notes = report.notes ?? [];
  const paragraphs = notes.map((note) => `<p>${escapeText(note)}</p>`);
  return {
    // First, because some say how far the figures can be believed.
    "text/html": [...paragraphs, tableHtml(overall), tableHtml(perClass)].join("\n"),
    "image/png": plot["image/png"],
    "text/plain": [...notes, tableText(overall), tableText(perClass)].join("\n\n"),
  };
}

function overallTable({ title, cells, accuracy, kappa, macro, weighted }: ReportInput): TableInput {
  const digits = (value: number) => value.toFixed(3);
  return {
    title: `${title ?? "Evaluation"}: ${cells.toLocaleString("en")} cells, accuracy ${digits(accuracy)}, κ ${digits(kappa)}`,
    decimals: [null, 3, 3, 3],
    columns: ["mean over the classes", "precision", "recall", "F1"],
    rows: [
      ["weighted by their cells", weighted.precision, weighted.recall, weighted.f1],
      ["each class alike (macro)", macro.precision, macro.recall, macro.f1],
    ],
  };
}

function perClassTable({ classes, perClass }: ReportInput): TableInput {
  return {
    decimals: [null, 3, 3, 3, 0],
    columns: ["class", "precision", "recall", "F1", "cells"],
    rows: classes.map((name, c) => {
      const { precision, recall, f1, support } = perClass[c];
      return [name, precision, recall, f1, support];
    }),
  };
}

/** F1 by class, best first, with the number of cells: scores of rare classes are uncertain. */
function f1Plot({ title, classes, perClass }: ReportInput): Promise<MimeBundle> {
  const values = classes
    .map((name, c) => ({ name, f1: perClass[c].f1, label: `${perClass[c].support} cells` }))
    .sort((a, b) => b.f1 - a.f1);
  const y = {
    field: "name",
    type: "nominal",
    sort: values.map(({ name }) => name),
    title: null,
    axis: { labelLimit: 240, ticks: false, domain: false },
  };
  const x = { field: "f1", type: "quantitative", title: "F1", scale: { domain: [0, 1] } };
  return plotBundle(
    {
      title: `${title ?? "Evaluation"}: F1 by class`,
      width: 380,
      height: { step: 20 },
      data: { values },
      encoding: { y, x },
      layer: [
        { mark: { type: "bar", color: "#0072b2", height: { band: 0.7 } } },
        {
          mark: { type: "text", align: "left", dx: 5, color: "#666" },
          encoding: { text: { field: "label" } },
        },
      ],
    },
    "F1 by class",
  );
}
