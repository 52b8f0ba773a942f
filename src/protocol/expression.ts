import type { RowMatrix } from "../anndata/matrix.js";
import type { Expression } from "../evaluate/wilcoxon.js";
import { LEFT_OUT } from "../tokenize/tokenizer.js";

/**
 * Expression of genes as it is before it is cut into bins: counts normalised to a total a cell, then log1p.
 * @param target Int32 [columns of the matrix]: which of the genes each is, `TOTAL_ONLY` or `LEFT_OUT`
 * @param targetSum total of a cell; undefined for values that are logged already
 */
export function expressionOf(
  matrix: RowMatrix,
  genes: readonly string[],
  target: Int32Array,
  targetSum: number | undefined,
): Expression {
  const indptr = new Float64Array(matrix.shape[0] + 1);
  const parts: { gene: Int32Array; value: Float32Array }[] = [];
  let [cell, at] = [0, 0];
  for (const block of matrix.blocks()) {
    const gene = new Int32Array(block.indices.length);
    const value = new Float32Array(block.indices.length);
    let kept = 0;
    for (let row = 0; row < block.rows; row++) {
      const [start, end] = [block.indptr[row], block.indptr[row + 1]];
      let total = 0;
      for (let p = start; p < end; p++) if (target[block.indices[p]] !== LEFT_OUT) total += block.data[p];
      for (let p = start; p < end; p++) {
        const own = target[block.indices[p]];
        if (own < 0) continue;
        gene[kept] = own;
        value[kept++] =
          targetSum === undefined ? block.data[p] : Math.log1p((block.data[p] / total) * targetSum);
      }
      indptr[++cell] = at + kept;
    }
    at += kept;
    parts.push({ gene: gene.subarray(0, kept), value: value.subarray(0, kept) });
  }
  const joined = { genes, indptr, gene: new Int32Array(at), value: new Float32Array(at) };
  let start = 0;
  for (const { gene, value } of parts) {
    joined.gene.set(gene, start);
    joined.value.set(value, start);
    start += gene.length;
  }
  return joined;
}
