import { Categorical } from "../anndata/columns.js";
import type { RunTrust } from "../store/runParts.js";

/** What a label is where the model is not sure enough of any. */
const UNASSIGNED = "unassigned";
/** The set of a cell that is like no class. */
const EMPTY = "none";
const BETWEEN = " | ";

/** Whether a label of that probability is given. */
export function isAssigned({ probability }: NonNullable<RunTrust["threshold"]>, ofLabel: number): boolean {
  return ofLabel >= probability;
}

/**
 * What says of each cell how far its label can be believed, where a run knows: the columns `assigned_label` and
 * `prediction_set`. Cells are given some at a time; those that are not have missing values.
 */
export class TrustColumns {
  private readonly assigned: Int32Array;
  private readonly sets: Int32Array;
  /** Few sets are different. */
  private readonly known = new Map<string, number>();

  /** @param classes names by code */
  constructor(
    private readonly trust: RunTrust | undefined,
    private readonly classes: readonly string[],
    cells: number,
  ) {
    this.assigned = new Int32Array(cells).fill(-1);
    this.sets = new Int32Array(cells).fill(-1);
  }

  /**
   * @param cell its row
   * @param code its label, of that probability
   * @param scores Float32 [classes]: probability of each class
   */
  add(cell: number, code: number, probability: number, scores: Float32Array): void {
    const { threshold, sets } = this.trust ?? {};
    if (threshold) this.assigned[cell] = isAssigned(threshold, probability) ? code : this.open;
    if (!sets) return;
    const set = this.classes.filter((_, c) => scores[c] >= sets.least[c]).join(BETWEEN) || EMPTY;
    if (!this.known.has(set)) this.known.set(set, this.known.size);
    this.sets[cell] = this.known.get(set)!;
  }

  columns(): Map<string, Categorical> {
    const { threshold, sets } = this.trust ?? {};
    const { classes, open } = this;
    const labels = open < classes.length ? classes : [...classes, UNASSIGNED];
    return new Map([
      ...(threshold ? [["assigned_label", new Categorical(this.assigned, labels, false)] as const] : []),
      ...(sets
        ? [["prediction_set", new Categorical(this.sets, [...this.known.keys()], false)] as const]
        : []),
    ]);
  }

  /** The code of "unassigned", which may be a class that was learnt. */
  private get open(): number {
    const own = this.classes.indexOf(UNASSIGNED);
    return own < 0 ? this.classes.length : own;
  }
}
