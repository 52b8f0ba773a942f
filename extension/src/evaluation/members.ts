import type { DecodedAssigned } from "../../../src/views/contract.js";

/** Which of the evaluated cells belong to parts of the view: rows of their table. */
export class Members {
  readonly #assigned: DecodedAssigned;

  constructor(assigned: DecodedAssigned) {
    this.#assigned = assigned;
  }

  /** Cells of a true class, of a predicted one, or of both. */
  of(truth: number | undefined, predicted: number | undefined): Uint32Array {
    const { truth: true_, predicted: said } = this.#assigned;
    return this.#where(
      (cell) =>
        (truth === undefined || true_[cell] === truth) &&
        (predicted === undefined || said[cell] === predicted),
    );
  }

  /** Cells whose label has a probability of an interval, its upper end included. */
  between(from: number, to: number): Uint32Array {
    const { probabilities } = this.#assigned;
    return this.#where((cell) => probabilities[cell] > from && probabilities[cell] <= to);
  }

  /** Cells that were labelled wrongly, the surest first. */
  mistakes(): Mistake[] {
    const { rows, truth, predicted, probabilities } = this.#assigned;
    const wrong = Array.from(rows.keys()).filter((cell) => truth[cell] !== predicted[cell]);
    wrong.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    return wrong.map((cell) => ({
      ...{
        row: rows[cell],
        truth: truth[cell],
        predicted: predicted[cell],
        probability: probabilities[cell],
      },
    }));
  }

  #where(belongs: (cell: number) => boolean): Uint32Array {
    return this.#assigned.rows.filter((_, cell) => belongs(cell));
  }
}

/** A cell that was labelled wrongly. */
export interface Mistake {
  row: number;
  truth: number;
  predicted: number;
  probability: number;
}
