/** Ways to choose variable genes, by scanpy's names. */
export type HvgFlavor = "seurat_v3" | "cell_ranger" | "seurat";

/** The flavours, for checks and messages. */
export const HVG_FLAVORS: readonly HvgFlavor[] = ["seurat_v3", "cell_ranger", "seurat"];

/** Which genes vary most, in the order of the matrix's columns. */
export interface HighlyVariableGenes {
  /** How they were ranked. */
  flavor: HvgFlavor;
  /** Uint8 [genes]: 1 where chosen. */
  highlyVariable: Uint8Array;
  /** Int32 [genes]: place among the chosen, from 0; −1 for the others. */
  rank: Int32Array;
  /** Float64 [genes] */
  means: Float64Array;
  /** Float64 [genes]: scanpy's `variances` (seurat_v3) or `dispersions`. */
  spread: Float64Array;
  /** Float64 [genes]: scanpy's `variances_norm` (seurat_v3) or `dispersions_norm`, the mean over batches. */
  spreadNorm: Float64Array;
  /** Float64 [genes]: median rank over the batches where the gene is in the top, else NaN (seurat_v3). */
  medianRank?: Float64Array;
  /** Int32 [genes]: batches in which the gene is in the top. */
  nBatches: Int32Array;
}

/** The flags and ranks of genes given in order. */
export function topRanks(order: Int32Array, genes: number): { highlyVariable: Uint8Array; rank: Int32Array } {
  const highlyVariable = new Uint8Array(genes);
  const rank = new Int32Array(genes).fill(-1);
  order.forEach((gene, place) => {
    highlyVariable[gene] = 1;
    rank[gene] = place;
  });
  return { highlyVariable, rank };
}

/** Median; sorts its argument. NaN of nothing. */
export function median(values: Float64Array): number {
  values.sort();
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
