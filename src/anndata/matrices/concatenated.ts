import type { CsrBlock, RowMatrix } from "../matrix.js";
import { rowRange } from "./rows.js";

/** Matrices of the same columns, one below the other. */
export class ConcatenatedRows implements RowMatrix {
  readonly shape: readonly [number, number];
  readonly format: RowMatrix["format"];
  readonly dtype: string;
  readonly entries: number;

  constructor(private readonly parts: readonly RowMatrix[]) {
    const [first] = parts;
    this.shape = [parts.reduce((rows, part) => rows + part.shape[0], 0), first.shape[1]];
    this.format = parts.every((part) => part.format === "dense") ? "dense" : "csr";
    this.entries = parts.reduce((sum, { entries, shape }) => sum + (entries ?? shape[0] * shape[1]), 0);
    this.dtype = parts.every((part) => part.dtype === first.dtype) ? first.dtype : "float64";
  }

  *blocks(options: { start?: number; end?: number; rows?: number } = {}): Iterable<CsrBlock> {
    const { start, end, rows } = rowRange(this.shape[0], options);
    let above = 0;
    for (const part of this.parts) {
      const from = Math.max(0, start - above);
      const to = Math.min(part.shape[0], end - above);
      if (from < to) {
        for (const block of part.blocks({ start: from, end: to, rows })) {
          yield { ...block, start: block.start + above };
        }
      }
      above += part.shape[0];
    }
  }
}
