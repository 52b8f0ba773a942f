import type { AnnData } from "../anndata/anndata.js";
import { Categorical, type Column } from "../anndata/columns.js";
import type { Writable } from "../anndata/write/element.js";
import type { MimeBundle } from "../host/host.js";
import type { CellOutputs } from "../predict/cells.js";
import { labelCells } from "../predict/labels.js";
import { readClusters } from "../preprocess/labels.js";
import { ANNOTATION, type AnnotationOptions } from "../settings/annotation.js";
import { type Resolved, resolve } from "../settings/setting.js";
import { CellkernelError } from "../support/error.js";
import { checkWritable } from "../support/temporaryFile.js";
import { type ApplyOptions, applyToFile, type Collector, isTable } from "./applyToFile.js";
import { type Clusters, clusterColumns } from "./clusterColumns.js";
import { readHierarchy } from "./hierarchy.js";
import { answerThreshold } from "./hierarchyColumns.js";
import { LabelColumns } from "./labelColumns.js";
import { LabelledFile } from "./labelledFile.js";
import { labelByOpinion } from "./opinion.js";
import { isOwnClustering, OWN_CLUSTERS, OwnClusters } from "./ownClusters.js";
import type { Replay, TokenChunk } from "./replay.js";
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
  const beside = resolve(ANNOTATION, options);
  if (beside.report !== undefined) checkReport(beside.report, options.out);
  let codes: Int32Array = new Int32Array(0);
  const notes = await applyToFile(run, cells, options, (replay) => {
    const labels = new Labels(run, replay, beside);
    codes = labels.codes;
    return labels;
  });
  if (beside.report !== undefined) (await transferReport(run, options.out)).write(beside.report);
  return new Annotation(options.out, run.classes, codes, notes);
}

/** @throws where there could be no report, before the cells are labelled for it */
function checkReport(report: string, out: string): void {
  const fault = !/\.html?$/i.test(report)
    ? `the report is to be ${report}; expected a page's name, which ends in .html (--report)`
    : isTable(out)
      ? `a report needs the labelled file, .h5ad or .zarr, in place of ${out} (--report, --out)`
      : undefined;
  if (fault) throw new CellkernelError("option", fault, { option: "report", path: report });
  checkWritable(report);
}

/** The probabilities' name in `obsm`. */
const SCORES = "cellkernel_scores";

/** The labels of a file's cells, as they come in. */
class Labels implements Collector {
  /** Int32 [cells of the file]: predicted class; −1 for cells without a known gene. */
  readonly codes: Int32Array;
  readonly arrays: Record<string, number>;
  private readonly probabilities: Float32Array;
  private readonly margins: Float32Array;
  private readonly beside: LabelColumns;
  private readonly treeNotes: string[];
  private readonly given: Clusters | undefined;
  private readonly own: OwnClusters | undefined;
  private readonly without: string[] = [];
  private withoutCount = 0;

  constructor(
    private readonly run: Run,
    private readonly replay: Replay,
    private readonly wanted: Resolved<typeof ANNOTATION>,
  ) {
    const { nObs } = replay.cells;
    this.codes = new Int32Array(nObs).fill(-1);
    this.probabilities = new Float32Array(nObs).fill(Number.NaN);
    this.margins = new Float32Array(nObs).fill(Number.NaN);
    this.arrays = { [SCORES]: run.classes.length };
    const { hierarchy } = wanted;
    const tree = hierarchy === undefined ? undefined : readHierarchy(hierarchy, run.classes);
    this.beside = new LabelColumns(run, nObs, tree?.hierarchy);
    this.treeNotes = tree?.notes ?? [];
    const { clusterBy } = wanted;
    this.own = isOwnClustering(replay.cells, clusterBy) ? new OwnClusters(nObs, run.args.embsize) : undefined;
    this.given = clusterBy === undefined || this.own ? undefined : readClusters(replay.cells, clusterBy);
  }

  async add({ tokens, rows }: TokenChunk, outputs: CellOutputs): Promise<Record<string, Float32Array>> {
    const { indptr } = tokens;
    const width = this.run.classes.length;
    const labelled = labelCells(outputs.logits, width, this.run.parts.trust?.temperature);
    const { codes, probabilities, margins, scores } = labelled;
    const empty = (cell: number) => indptr[cell + 1] === indptr[cell];
    const { opinion } = this.run.parts.reference ?? {};
    const own = Int32Array.from(rows.keys());
    const opinions = opinion && (await labelByOpinion(opinion, this.run.genes, width, tokens, own));
    this.beside.add(rows, labelled, outputs, opinions, empty);
    rows.forEach((row, cell) => {
      if (empty(cell)) {
        this.withoutCount++;
        if (this.without.length < 3) this.without.push(this.replay.cells.obsNames[row]);
        scores.fill(Number.NaN, cell * width, (cell + 1) * width);
        return;
      }
      this.codes[row] = codes[cell];
      this.own?.add(row, outputs.embeddings, cell);
      this.probabilities[row] = probabilities[cell];
      this.margins[row] = margins[cell];
    });
    return { [SCORES]: scores };
  }

  async finish(signal?: AbortSignal): Promise<void> {
    await this.own?.cluster(signal);
  }

  /** Columns for `obs`. */
  columns() {
    const clusters = this.given ?? this.own;
    return new Map<string, Column>([
      ["predicted_label", new Categorical(this.codes, this.run.classes, false)],
      ["probability", this.probabilities],
      ["margin", this.margins],
      ...this.beside.columns(),
      ...(this.own?.columns() ?? []),
      ...(clusters ? clusterColumns(clusters, this.codes, this.run.classes, this.wanted.clusterShare) : []),
    ]);
  }

  record(): Record<string, Writable> {
    const { classes, parts } = this.run;
    const { temperature, threshold, sets } = parts.trust ?? {};
    const { unlike } = parts.reference ?? {};
    const { clusterBy, clusterShare, hierarchy } = this.wanted;
    return {
      classes,
      temperature: temperature ?? 1,
      ...(threshold && { threshold: threshold.probability, wanted_precision: threshold.wanted }),
      ...(hierarchy !== undefined && { hierarchy, answer_threshold: answerThreshold(this.run) }),
      ...(clusterBy !== undefined && {
        ...{ cluster_by: this.own ? OWN_CLUSTERS : clusterBy, cluster_least_share: clusterShare },
      }),
      ...(unlike && { unlike_distance: unlike.threshold }),
      ...(sets && { wanted_coverage: sets.coverage, set_thresholds: Float64Array.from(sets.least) }),
    };
  }

  notes(): string[] {
    const notes = [...this.beside.notes(), ...this.treeNotes];
    if (!this.run.parts.trust)
      notes.push(
        "the run was not calibrated: probabilities are the softmax of its outputs, and there are no assigned_label and prediction_set",
      );
    if (this.withoutCount > 0)
      notes.push(
        `${this.withoutCount} cells express none of the model's genes and got no label: ${this.without.join(", ")}${this.withoutCount > 3 ? ", …" : ""}`,
      );
    return notes;
  }
}

/** What `annotate` did. */
export class Annotation extends LabelledFile {
  /** What a notebook shows: how many cells of each label. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    return this.table("labelled", "predicted class");
  }
}
