import type { CsrBlock, RowMatrix } from "../matrix.js";

/** A matrix whose values are multiplied by a factor as they are read. */
export class ScaledMatrix implements RowMatrix {
  readonly shape: readonly [number, number];
  readonly format: RowMatrix["format"];
  readonly dtype: string;
  readonly entries?: number;

  constructor(
    private readonly base: RowMatrix,
    private readonly factor: number,
  ) {
    this.shape = base.shape;
    this.format = base.format;
    this.dtype = base.dtype;
    this.entries = base.entries;
  }

  *blocks(options?: { start?: number; end?: number; rows?: number }): Iterable<CsrBlock> {
    const { factor } = this;
    for (const block of this.base.blocks(options))
      yield { ...block, data: block.data.map((value) => value * factor) as CsrBlock["data"] };
  }
}
