import { evaluate } from "../protocol/evaluate.js";
import { loadRun } from "../protocol/run.js";
import type { trustResults } from "../protocol/trustFigures.js";
import { HIERARCHY } from "../settings/annotation.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { NEW_CELLS, PREDICTION } from "../settings/prediction.js";
import { SAMPLES } from "../settings/samples.js";
import { holdsPrepared, loadPrepared } from "../store/preparedFolder.js";
import { checkWritableFolder } from "../support/destination.js";
import type { PageContents } from "../views/page/sharedEmbedding.js";
import { command, type Invocation, oneOf, text } from "./command.js";
import { shareLines } from "./shareLine.js";

const OPTIONS = { ...PREDICTION, ...NEW_CELLS, ...SAMPLES, ...HIERARCHY };

/** `cellkernel evaluate RUN [CELLS…]` */
export const evaluateCommand = command({
  summary:
    "compares a fine-tuned model's labels with the truth, on the cells of its training, on prepared cells or on a file",
  positionals: "RUN [CELLS…]",
  required: 1,
  options: {
    out: {
      value: "DIR",
      help: "folder for predictions.csv, evaluation_results.json, pictures and report.html",
    },
    "cell-names": { help: "write the names of the cells into report.html too" },
    columns: { help: "write the columns of obs that were read into report.html too, to colour the cells by" },
    subset: { value: "NAME", help: "test (the default where there is one), validation, train or all" },
    ...flags(PUBLISHED_RUN),
    ...flags(OPTIONS),
  },
  async run(call) {
    const [folder, ...cells] = call.positionals;
    const out = text(call, "out");
    if (out !== undefined) checkWritableFolder(out);
    const report = await evaluate(await loadRun(folder, fromFlags(PUBLISHED_RUN, call.values)), {
      cells: given(cells),
      subset: oneOf(call, "subset", ["test", "validation", "train", "all"]),
      ...fromFlags(OPTIONS, call.values),
      signal: call.signal,
      onProgress: shareLines(call.progress, "labelled"),
    });
    if (out !== undefined) await report.write(out, contentsOf(call));
    return { ...report.results(), subset: report.parts.subset, notes: report.parts.notes, out };
  },
  text: ({
    n_cells,
    subset,
    accuracy,
    weighted_f1,
    macro_f1,
    kappa,
    notes,
    out,
    second_opinion,
    hierarchy,
    ...trust
  }) =>
    [
      ...notes.map((note) => `- ${note}`),
      `${n_cells} cells (${subset}): accuracy ${accuracy.toFixed(3)}, weighted F1 ${weighted_f1.toFixed(3)}, ` +
        `macro F1 ${macro_f1.toFixed(3)}, κ ${kappa.toFixed(3)}`,
      ...trustLines(trust),
      ...(hierarchy
        ? [
            `hierarchical F1 ${hierarchy.labels.f1.toFixed(3)}; answered as special as is probable enough (${hierarchy.threshold.toFixed(3)}): ` +
              `${(100 * hierarchy.answers.share).toFixed(1)} % of the cells, of which ${(100 * hierarchy.answers.right).toFixed(1)} % rightly`,
          ]
        : []),
      ...(second_opinion?.methods ?? []).map(
        (one) =>
          `${one.method}: weighted F1 ${one.weighted_f1.toFixed(3)}, accuracy ${one.accuracy.toFixed(3)}, macro F1 ${one.macro_f1.toFixed(3)}` +
          ` (${second_opinion!.cells} cells)`,
      ),
      ...(out === undefined ? [] : [`Written to ${out}`]),
    ].join("\n"),
});

function contentsOf({ values }: Invocation): PageContents {
  return { cellNames: values["cell-names"] === true, columns: values.columns === true };
}

/** Where nothing is named, the cells that the run was trained on. */
function given(cells: string[]) {
  if (cells.length === 0) return undefined;
  return cells.length === 1 && holdsPrepared(cells[0]) ? loadPrepared(cells[0]) : cells;
}

/** How far the labels can be believed, in lines. */
function trustLines({
  calibration,
  assigned,
  prediction_sets: sets,
  unlike,
}: ReturnType<typeof trustResults>): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const {
    temperature,
    expected_calibration_error: after,
    expected_calibration_error_before: before,
  } = calibration;
  return [
    `calibration error ${after.toFixed(3)} (${before.toFixed(3)} before the temperature ${temperature.toFixed(2)})`,
    ...(assigned
      ? [
          `assigned at ${assigned.threshold.toFixed(3)}: ${percent(assigned.share)} of the cells, of which ${percent(assigned.precision)} rightly`,
        ]
      : []),
    ...(sets
      ? [
          `prediction sets hold the true class of ${percent(sets.coverage)} of the cells (wanted: ${percent(sets.wanted_coverage)}), ${sets.mean_size.toFixed(2)} classes each`,
        ]
      : []),
    ...(unlike
      ? [
          `unlike all that was learnt: ${percent(unlike.share)} of the cells (expected: ${percent(unlike.expected_share)})` +
            (unlike.unseen_cells === undefined
              ? ""
              : `, and ${percent(unlike.unseen_share!)} of ${unlike.unseen_cells} cells of types that the model never saw`),
        ]
      : []),
  ];
}
