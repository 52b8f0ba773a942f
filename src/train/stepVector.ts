import type { Weights } from "../checkpoint/weights.js";
import type { Slot } from "../model/slots.js";
import type { Communicator } from "../runtime/communicator.js";

/** What one rank has of a step, or all together. */
export interface StepFigures {
  loss: number;
  /** The loss by its parts, in the graph's order. */
  parts: Record<string, number>;
  /** Cells whose largest logit is their label's. */
  correct: number;
}

/**
 * All that the ranks of a training add up after each step, in one piece of memory: gradients, batch norm's running statistics,
 * and the step's figures.
 */
export class StepVector {
  /** Views, by state-dict name, of the shapes of the weights. */
  readonly gradients: Weights = new Map();
  private readonly statistics: Weights = new Map();
  private readonly figures: Float32Array;
  private readonly data: Float32Array;
  private readonly gradientElements: number;

  /**
   * @param weights by state-dict name, of which the shapes are taken
   * @param statistics state-dict names of the running statistics
   * @param parts names of the parts of the loss
   */
  constructor(
    trained: Slot[],
    weights: Weights,
    statistics: readonly string[],
    private readonly parts: readonly string[],
  ) {
    const keys = [...new Set(trained.map(({ key }) => key))];
    const elements = (names: readonly string[]) =>
      names.reduce((sum, name) => sum + weights.get(name)!.data.length, 0);
    this.gradientElements = elements(keys);
    this.data = new Float32Array(this.gradientElements + elements(statistics) + 2 + parts.length);
    let at = 0;
    const view = (length: number) => {
      at += length;
      return this.data.subarray(at - length, at);
    };
    for (const [names, views] of [[keys, this.gradients] as const, [statistics, this.statistics] as const])
      for (const name of names) {
        const { shape, data } = weights.get(name)!;
        views.set(name, { shape, data: view(data.length) });
      }
    this.figures = view(2 + parts.length);
  }

  /** Zeros for the gradients: what a rank without cells has of a step. */
  clear(): void {
    this.data.fill(0, 0, this.gradientElements);
  }

  /**
   * Adds up over the ranks: gradients in place, and the figures. Running statistics become the first rank's, as they do in
   * PyTorch's `DistributedDataParallel`.
   * @param weights hold the statistics
   */
  async sum(ranks: Communicator, mine: StepFigures, weights: Weights): Promise<StepFigures> {
    this.figures.set([mine.loss, mine.correct, ...this.parts.map((name) => mine.parts[name] ?? 0)]);
    for (const [name, { data }] of this.statistics)
      if (ranks.rank === 0) data.set(weights.get(name)!.data);
      else data.fill(0);
    await ranks.sum(this.data);
    for (const [name, { data }] of this.statistics) weights.get(name)!.data.set(data);
    const [loss, correct, ...parts] = this.figures;
    return { loss, correct, parts: Object.fromEntries(this.parts.map((name, i) => [name, parts[i]])) };
  }

  /** Norm of all gradients together. */
  norm(): number {
    let squares = 0;
    for (let i = 0; i < this.gradientElements; i++) squares += this.data[i] * this.data[i];
    return Math.sqrt(squares);
  }
}
