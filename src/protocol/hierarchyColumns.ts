import { Categorical, type Column } from "../anndata/columns.js";
import { type Hierarchy, hierarchyAnswer } from "../evaluate/hierarchy.js";
import type { Run } from "./run.js";

const UNASSIGNED = "unassigned";
/** What an answer's probability must be where the run has no threshold. */
const EVEN = 0.5;

/** The least probability of an answer: that of an assigned label. */
export function answerThreshold({ parts: { trust } }: Run): number {
  return trust?.threshold?.probability ?? EVEN;
}

/**
 * The most special kind of each cell's label that is as probable as an assigned label must be: the columns `hierarchy_label`
 * ("unassigned" where none is) and `hierarchy_probability`. Cells that are not given have missing values.
 */
export class HierarchyColumns {
  /** Int32 [cells]: node of each answer; those that are none are the last. */
  readonly nodes: Int32Array;
  private readonly probabilities: Float32Array;

  constructor(
    private readonly hierarchy: Hierarchy,
    private readonly least: number,
    cells: number,
  ) {
    this.nodes = new Int32Array(cells).fill(-1);
    this.probabilities = new Float32Array(cells).fill(Number.NaN);
  }

  /** @param scores Float32 [classes] */
  add(row: number, code: number, scores: Float32Array): void {
    const { node, probability } = hierarchyAnswer(this.hierarchy, code, scores, this.least);
    this.nodes[row] = node < 0 ? this.open : node;
    this.probabilities[row] = probability;
  }

  columns(): Map<string, Column> {
    const { names } = this.hierarchy;
    const labels = this.open < names.length ? names : [...names, UNASSIGNED];
    return new Map<string, Column>([
      ["hierarchy_label", new Categorical(this.nodes, labels, false)],
      ["hierarchy_probability", this.probabilities],
    ]);
  }

  /** The code of "unassigned", which may be a node. */
  private get open(): number {
    const own = this.hierarchy.names.indexOf(UNASSIGNED);
    return own < 0 ? this.hierarchy.names.length : own;
  }
}
