import type { Column } from "../anndata/columns.js";
import type { Hierarchy } from "../evaluate/hierarchy.js";
import type { CellOutputs } from "../predict/cells.js";
import type { LabelledCells } from "../predict/labels.js";
import { answerThreshold, HierarchyColumns } from "./hierarchyColumns.js";
import type { OpinionLabels } from "./opinion.js";
import { OpinionColumns } from "./opinionColumns.js";
import type { Run } from "./run.js";
import { TrustColumns } from "./trustColumns.js";
import { UnlikeColumns } from "./unlikeColumns.js";

/**
 * What stands beside the label of each cell, where a run knows it: how far the label can be believed, how far the cell is
 * from all that was learnt, what simple methods say, and what is
 * answered where a label is not probable enough. Cells are given some at a time; those that are not have missing values.
 */
export class LabelColumns {
  private readonly trust: TrustColumns;
  private readonly unlike: UnlikeColumns;
  private readonly opinion: OpinionColumns;
  private readonly hierarchy: HierarchyColumns | undefined;
  private readonly classes: number;

  /**
   * @param cells number of rows
   * @param hierarchy what the classes are kinds of, where that was said
   */
  constructor(run: Run, cells: number, hierarchy?: Hierarchy) {
    const { classes, parts } = run;
    this.classes = classes.length;
    this.trust = new TrustColumns(parts.trust, classes, cells);
    this.unlike = new UnlikeColumns(parts.reference?.unlike, cells);
    this.opinion = new OpinionColumns(parts.reference?.opinion !== undefined, classes, cells);
    this.hierarchy = hierarchy && new HierarchyColumns(hierarchy, answerThreshold(run), cells);
  }

  /**
   * @param rows of the cells that are labelled
   * @param opinions what simple methods say of them, where the run keeps some
   * @param skipped of these cells nothing is said
   */
  add(
    rows: Int32Array,
    { codes, probabilities, scores }: LabelledCells,
    { embeddings }: Pick<CellOutputs, "embeddings">,
    opinions: OpinionLabels | undefined,
    skipped: (cell: number) => boolean = () => false,
  ): void {
    const width = this.classes;
    const unlike = this.unlike.scoresOf(embeddings, rows.length);
    rows.forEach((row, cell) => {
      if (skipped(cell)) return;
      const own = scores.subarray(cell * width, (cell + 1) * width);
      this.trust.add(row, codes[cell], probabilities[cell], own);
      this.hierarchy?.add(row, codes[cell], own);
      if (unlike) this.unlike.add(row, unlike[cell]);
      if (opinions) this.opinion.add(row, codes[cell], opinions.logistic[cell], opinions.neighbours[cell]);
    });
  }

  columns(): Map<string, Column> {
    return new Map<string, Column>([
      ...this.trust.columns(),
      ...this.unlike.columns(),
      ...this.opinion.columns(),
      ...(this.hierarchy?.columns() ?? []),
    ]);
  }

  /** What the reader must know counts these. */
  counts(): Record<string, number> {
    return this.unlike.counts();
  }
}
