import type { MimeBundle } from "../host/host.js";
import { tableView } from "../views/table.js";

/** A file whose cells were given labels. */
export class LabelledFile {
  constructor(
    /** The file that was written. */
    readonly path: string,
    /** Names of the labels by code. */
    readonly classes: string[],
    /** Int32 [cells]: label of each; −1 for cells without a known gene. */
    readonly codes: Int32Array,
    /** What the reader must know. */
    readonly notes: string[],
  ) {}

  /** Cells of each label, most first. */
  counts(): [string, number][] {
    const cells = new Int32Array(this.classes.length);
    for (const code of this.codes) if (code >= 0) cells[code]++;
    return this.classes
      .map((name, code): [string, number] => [name, cells[code]])
      .filter(([, count]) => count > 0)
      .sort((a, b) => b[1] - a[1]);
  }

  /**
   * The table of the labels, with the notes.
   * @param done what was done to the cells
   * @param column what the labels are called
   */
  protected table(done: string, column: string): MimeBundle {
    const title = [`${this.codes.length} cells ${done} in ${this.path}`, ...this.notes].join("; ");
    return tableView({ title, columns: [column, "cells"], rows: this.counts() });
  }
}
