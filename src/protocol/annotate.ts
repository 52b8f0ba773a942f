import type { AnnData } from "../anndata/anndata.js";
import type { MimeBundle } from "../host/host.js";
import { ANNOTATION, type AnnotationOptions } from "../settings/annotation.js";
import { resolve } from "../settings/setting.js";
import { CellkernelError } from "../support/error.js";
import { checkWritable } from "../support/temporaryFile.js";
import { type ApplyOptions, applyToFile } from "./applyToFile.js";
import { LabelledFile } from "./labelledFile.js";
import { LabelTask } from "./labelTask.js";
import { isOwnClustering } from "./ownClusters.js";
import { isTable } from "./resultsSink.js";
import type { Run } from "./run.js";
import { transferReport } from "./transferReport.js";

/** How cells are labelled. */
export interface AnnotateOptions extends ApplyOptions, AnnotationOptions {}

/**
 * Labels the cells of a file, or of several or a folder of them (see `readSamples`), and writes a copy of it with `obs` columns `predicted_label`, `probability`
 * (of that label) and `margin` (to the second likeliest), the cells' embeddings in `obsm["X_scGPT"]`, the probability of each
 * class in `obsm["cellkernel_scores"]`, and in `uns["cellkernel"]` what it was done by and the classes' names. Where the
 * run was calibrated, probabilities are, and there are columns more: `assigned_label` is "unassigned" for labels less
 * probable than the run's threshold, `prediction_set` names the classes that the cell may be of, joined by " | " ("none": it
 * is like no class), `unlike` says how far the cell is from all that was learnt, and `is_unlike` where that is too far; `second_opinion`
 * and `neighbours_label` are the labels of logistic regression and nearest neighbours that learnt from the same cells, `agreement` says how
 * many of the three say the predicted label, and `consensus_label` what two of them say. With
 * `clusterBy`, `cluster_label` and `cluster_share` say what most cells of the cluster are; with `hierarchy`, `hierarchy_label` is the label or
 * what it is a kind of, as special as is probable enough. Cells are prepared as the run's own were; those outside the limits of that
 * preparation are labelled, too, and counted in a note. A cell that expresses none of the run's genes gets no label.
 * Cells are read, labelled and written some at a time. Where the output ends in `.csv` or `.parquet`, it is `obs` with these columns.
 *
 * @throws when the file does not exist, is no h5ad, has less than 20 % of the run's genes, or is the output itself
 * @example
 * const labels = await annotate(run, "cells.h5ad", { out: "new_labels.csv", clusterBy: "louvain" });
 * labels.counts(); // [["Dendritic", 265], …]: cells of each label
 */
export async function annotate(
  run: Run,
  cells: AnnData | string | readonly string[],
  options: AnnotateOptions,
): Promise<Annotation> {
  if (!options?.out)
    throw new CellkernelError(
      "option",
      'annotate needs a file to write: annotate(run, cells, { out: "labelled.h5ad" })',
      { option: "out" },
    );
  const { report, ...wanted } = resolve(ANNOTATION, options);
  if (report !== undefined) checkReport(report, options.out);
  const { notes, codes } = await applyToFile(run, cells, options, (adata) => {
    const own = isOwnClustering(adata, wanted.clusterBy);
    return new LabelTask(run, { ...wanted, own });
  });
  if (report !== undefined) (await transferReport(run, options.out)).write(report);
  return new Annotation(options.out, run.classes, codes, notes);
}

/** @throws where there could be no report, before the cells are labelled for it */
export function checkReport(report: string, out: string): void {
  const fault = !/\.html?$/i.test(report)
    ? `the report is to be ${report}; expected a page's name, which ends in .html (--report)`
    : isTable(out)
      ? `a report needs the labelled file, .h5ad or .zarr, in place of ${out} (--report, --out)`
      : undefined;
  if (fault) throw new CellkernelError("option", fault, { option: "report", path: report });
  checkWritable(report);
}

/** What `annotate` did. */
export class Annotation extends LabelledFile {
  /** What a notebook shows: how many cells of each label. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    return this.table("labelled", "predicted class");
  }
}
