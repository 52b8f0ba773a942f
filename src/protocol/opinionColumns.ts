import { Categorical, type Column, TypedColumn } from "../anndata/columns.js";
import { consensus } from "./opinion.js";

/**
 * What simple methods say of each cell, where the run keeps some: the columns `second_opinion` (logistic regression),
 * `neighbours_label`, `agreement` (how many of the three say the label, the model among them) and `consensus_label`. Cells that
 * are not given have missing values.
 */
export class OpinionColumns {
  private readonly codes: Record<"second_opinion" | "neighbours_label" | "consensus_label", Int32Array>;
  private readonly agreement: Int8Array;
  private readonly missing: Uint8Array;

  /**
   * @param kept whether the run keeps any
   * @param classes names by code
   */
  constructor(
    private readonly kept: boolean,
    private readonly classes: readonly string[],
    cells: number,
  ) {
    const rows = kept ? cells : 0;
    const none = () => new Int32Array(rows).fill(-1);
    this.codes = { second_opinion: none(), neighbours_label: none(), consensus_label: none() };
    this.agreement = new Int8Array(rows);
    this.missing = new Uint8Array(rows).fill(1);
  }

  /** @param code the model's label */
  add(row: number, code: number, logistic: number, neighbours: number): void {
    const { label, agreement } = consensus(code, logistic, neighbours);
    this.codes.second_opinion[row] = logistic;
    this.codes.neighbours_label[row] = neighbours;
    this.codes.consensus_label[row] = label;
    this.agreement[row] = agreement;
    this.missing[row] = 0;
  }

  columns(): Map<string, Column> {
    if (!this.kept) return new Map();
    const { second_opinion, neighbours_label, consensus_label } = this.codes;
    const labels = (codes: Int32Array) => new Categorical(codes, this.classes, false);
    return new Map<string, Column>([
      ["second_opinion", labels(second_opinion)],
      ["neighbours_label", labels(neighbours_label)],
      ["agreement", new TypedColumn("int8", this.agreement, this.missing)],
      ["consensus_label", labels(consensus_label)],
    ]);
  }
}
