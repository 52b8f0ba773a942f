import type { AnnData } from "../anndata/anndata.js";
import { Categorical, type Column } from "../anndata/columns.js";
import type { Writable } from "../anndata/write/element.js";
import type { Hierarchy } from "../evaluate/hierarchy.js";
import type { CellOutputs } from "../predict/cells.js";
import { labelCells } from "../predict/labels.js";
import type { ANNOTATION } from "../settings/annotation.js";
import type { Resolved } from "../settings/setting.js";
import { LabelClusters } from "./clusterColumns.js";
import { readHierarchy } from "./hierarchy.js";
import { answerThreshold } from "./hierarchyColumns.js";
import { LabelColumns } from "./labelColumns.js";
import { labelByOpinion } from "./opinion.js";
import { OWN_CLUSTERS } from "./ownClusters.js";
import type { TokenChunk } from "./replay.js";
import type { Run } from "./run.js";
import { type Collector, EXAMPLES, type Tally, type Task } from "./task.js";
import { unlikeNotes } from "./unlikeColumns.js";

/** The probabilities' name in `obsm`. */
const SCORES = "cellkernel_scores";

/** The labels' name in `obs`. */
const LABELS = "predicted_label";

/** How cells are labelled: the options of `annotate`, and whether clusters are made of the embeddings. */
export type LabelTaskOptions = Omit<Resolved<typeof ANNOTATION>, "report"> & { own: boolean };

/** Labels of cells by a run, with all that says how far each can be believed. */
export class LabelTask implements Task {
  readonly name = "annotate";
  readonly labels = LABELS;
  readonly arrays: Record<string, number>;
  readonly together: Task["together"];
  private readonly tree: { hierarchy: Hierarchy; notes: string[] } | undefined;

  constructor(
    private readonly run: Run,
    private readonly options: LabelTaskOptions,
  ) {
    const { hierarchy, clusterBy } = options;
    this.arrays = { [SCORES]: run.classes.length };
    this.tree = hierarchy === undefined ? undefined : readHierarchy(hierarchy, run.classes);
    if (clusterBy !== undefined)
      this.together = (cells) => new LabelClusters(run, cells, { ...options, clusterBy });
  }

  collect(cells: AnnData): Labels {
    return new Labels(this.run, cells, this.tree?.hierarchy);
  }

  notes({ counts, examples }: Tally): string[] {
    const { trust, reference } = this.run.parts;
    const notes = [...unlikeNotes(reference?.unlike, counts), ...(this.tree?.notes ?? [])];
    if (!trust)
      notes.push(
        "the run was not calibrated: probabilities are the softmax of its outputs, and there are no assigned_label and prediction_set",
      );
    if (counts.without > 0)
      notes.push(
        `${counts.without} cells express none of the model's genes and got no label: ${examples.without.join(", ")}${counts.without > EXAMPLES ? ", …" : ""}`,
      );
    return notes;
  }

  record(): Record<string, Writable> {
    const { classes, parts } = this.run;
    const { temperature, threshold, sets } = parts.trust ?? {};
    const { unlike } = parts.reference ?? {};
    const { clusterBy, clusterShare, hierarchy, own } = this.options;
    return {
      classes,
      temperature: temperature ?? 1,
      ...(threshold && { threshold: threshold.probability, wanted_precision: threshold.wanted }),
      ...(hierarchy !== undefined && { hierarchy, answer_threshold: answerThreshold(this.run) }),
      ...(clusterBy !== undefined && {
        ...{ cluster_by: own ? OWN_CLUSTERS : clusterBy, cluster_least_share: clusterShare },
      }),
      ...(unlike && { unlike_distance: unlike.threshold }),
      ...(sets && { wanted_coverage: sets.coverage, set_thresholds: Float64Array.from(sets.least) }),
    };
  }
}

/** The labels of cells, as they come in. */
class Labels implements Collector {
  readonly codes: Int32Array;
  private readonly probabilities: Float32Array;
  private readonly margins: Float32Array;
  private readonly beside: LabelColumns;
  private readonly without: string[] = [];
  private withoutCount = 0;

  constructor(
    private readonly run: Run,
    private readonly cells: AnnData,
    hierarchy: Hierarchy | undefined,
  ) {
    const { nObs } = cells;
    this.codes = new Int32Array(nObs).fill(-1);
    this.probabilities = new Float32Array(nObs).fill(Number.NaN);
    this.margins = new Float32Array(nObs).fill(Number.NaN);
    this.beside = new LabelColumns(run, nObs, hierarchy);
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
        if (this.without.length < EXAMPLES) this.without.push(this.cells.obsNames[row]);
        scores.fill(Number.NaN, cell * width, (cell + 1) * width);
        return;
      }
      this.codes[row] = codes[cell];
      this.probabilities[row] = probabilities[cell];
      this.margins[row] = margins[cell];
    });
    return { [SCORES]: scores };
  }

  columns(): Map<string, Column> {
    return new Map<string, Column>([
      [LABELS, new Categorical(this.codes, this.run.classes, false)],
      ["probability", this.probabilities],
      ["margin", this.margins],
      ...this.beside.columns(),
    ]);
  }

  tally(): Tally {
    return {
      counts: { without: this.withoutCount, ...this.beside.counts() },
      examples: { without: this.without },
    };
  }
}
