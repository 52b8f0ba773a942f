import type { Column } from "../anndata/columns.js";
import type { CellOutputs } from "../predict/cells.js";
import type { LabelledCells } from "../predict/labels.js";
import type { Run } from "./run.js";
import { TrustColumns } from "./trustColumns.js";
import { UnlikeColumns } from "./unlikeColumns.js";

/**
 * What stands beside the label of each cell, where a run knows it: how far the label can be believed, and how far the cell is
 * from all that was learnt. Cells are given some at a time; those that are not have missing values.
 */
export class LabelColumns {
  private readonly trust: TrustColumns;
  private readonly unlike: UnlikeColumns;
  private readonly classes: number;

  /** @param cells number of rows */
  constructor({ classes, parts }: Run, cells: number) {
    this.classes = classes.length;
    this.trust = new TrustColumns(parts.trust, classes, cells);
    this.unlike = new UnlikeColumns(parts.reference?.unlike, cells);
  }

  /**
   * @param rows of the cells that are labelled
   * @param skipped of these cells nothing is said
   */
  add(
    rows: Int32Array,
    { codes, probabilities, scores }: LabelledCells,
    { embeddings }: Pick<CellOutputs, "embeddings">,
    skipped: (cell: number) => boolean = () => false,
  ): void {
    const width = this.classes;
    const unlike = this.unlike.scoresOf(embeddings, rows.length);
    rows.forEach((row, cell) => {
      if (skipped(cell)) return;
      const own = scores.subarray(cell * width, (cell + 1) * width);
      this.trust.add(row, codes[cell], probabilities[cell], own);
      if (unlike) this.unlike.add(row, unlike[cell]);
    });
  }

  columns(): Map<string, Column> {
    return new Map<string, Column>([...this.trust.columns(), ...this.unlike.columns()]);
  }

  /** What the reader must know of a file of such cells. */
  notes(): string[] {
    return this.unlike.notes();
  }
}
