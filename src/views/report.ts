import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { escapeText } from "../support/markup.js";
import { EVALUATION_MIME } from "./contract.js";
import { evaluationPayload } from "./evaluation.js";
import { MOST_CATEGORIES, shownName, shownNames } from "./names.js";
import { tableHtml, tableText } from "./table.js";
import type { ReportInput, TableInput } from "./types.js";
import { plotBundle } from "./vega.js";

type Titled = ReportInput & { title: string };

/**
 * An evaluation: the overall figures, the figures of each class, and a picture of F1 by class.
 *
 * @example
 * await reportView(classificationReport([0, 0, 1, 1], [0, 1, 1, 1], ["B", "T"]));
 */
export function reportView(input: ReportInput): Promise<MimeBundle> {
  return shownLater(async () => {
    const title = shownName(input.title ?? "Evaluation");
    const report = { ...input, title, classes: shownNames(input.classes) };
    const overall = overallTable(report);
    const perClass = perClassTable(report);
    const tables = [overall, perClass, ...(report.secondOpinion ? [report.secondOpinion] : [])];
    const plot = await f1Plot(report);
    const notes = report.notes ?? [];
    const paragraphs = notes.map((note) => `<p>${escapeText(note)}</p>`);
    return {
      ...(input.confusion && {
        [EVALUATION_MIME]: evaluationPayload({ ...input, confusion: input.confusion }),
      }),
      // First, because some say how far the figures can be believed.
      "text/html": [...paragraphs, ...tables.map(tableHtml)].join("\n"),
      "image/png": plot["image/png"],
      "text/plain": [...notes, ...tables.map(tableText)].join("\n\n"),
    };
  });
}

function overallTable({ title, cells, accuracy, kappa, macro, weighted }: Titled): TableInput {
  const digits = (value: number) => value.toFixed(3);
  return {
    title: `${title}: ${cells.toLocaleString("en")} cells, accuracy ${digits(accuracy)}, κ ${digits(kappa)}`,
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
function f1Plot({ title, classes, perClass }: Titled): Promise<MimeBundle> {
  const values = classes
    .map((name, c) => ({ name, f1: perClass[c].f1, cells: perClass[c].support }))
    .sort((a, b) => b.cells - a.cells)
    .slice(0, MOST_CATEGORIES)
    .sort((a, b) => b.f1 - a.f1)
    .map(({ name, f1, cells }) => ({ name, f1, label: `${cells} cells` }));
  const some = values.length < classes.length ? `, the ${values.length} largest of ${classes.length}` : "";
  const y = {
    field: "name",
    type: "nominal",
    scale: { domain: values.map(({ name }) => name) },
    title: null,
    axis: { labelLimit: 240, ticks: false, domain: false },
  };
  const x = { field: "f1", type: "quantitative", title: "F1", scale: { domain: [0, 1] } };
  return plotBundle(
    {
      title: `${title}: F1 by class${some}`,
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
