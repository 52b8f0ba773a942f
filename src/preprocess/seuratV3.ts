import type { ClippedSums } from "./clipped.js";
import type { Moments } from "./countTable.js";
import { loess } from "./loess.js";
import { type HighlyVariableGenes, median, topRanks } from "./ranking.js";

/** What `seurat_v3` expects of each gene of a batch. Float64 [genes] each. */
export interface RegularizedSpread {
  cells: number;
  mean: Float64Array;
  variance: Float64Array;
  /** Standard deviation that a gene of this mean usually has: loess of log10 variance on log10 mean. */
  std: Float64Array;
  /** Counts above it are clipped: mean + std · √cells. */
  limit: Float64Array;
}

/** Mean and unbiased variance of each gene. */
export function meanVariance({ cells, sum, squares }: Moments): {
  mean: Float64Array;
  variance: Float64Array;
} {
  const mean = sum.map((total) => total / cells);
  const unbiased = cells > 1 ? cells / (cells - 1) : 1;
  return { mean, variance: squares.map((total, gene) => (total / cells - mean[gene] ** 2) * unbiased) };
}

/** Fits the mean–variance trend of the genes that vary. */
export function regularizedSpread(moments: Moments, span = 0.3): RegularizedSpread {
  const { cells } = moments;
  const { mean, variance } = meanVariance(moments);
  const varying = Int32Array.from(mean.keys()).filter((gene) => variance[gene] > 0);
  const fitted = loess(
    Float64Array.from(varying, (gene) => Math.log10(mean[gene])),
    Float64Array.from(varying, (gene) => Math.log10(variance[gene])),
    span,
  );
  const std = new Float64Array(mean.length).fill(1);
  varying.forEach((gene, i) => {
    std[gene] = Math.sqrt(10 ** fitted[i]);
  });
  const limit = std.map((value, gene) => value * Math.sqrt(cells) + mean[gene]);
  return { cells, mean, variance, std, limit };
}

/** Variance of the counts after clipping and division by the expected standard deviation. */
export function normalizedVariance(spread: RegularizedSpread, clipped: ClippedSums): Float64Array {
  const { cells, mean, std } = spread;
  return mean.map(
    (m, gene) =>
      (cells * m * m + clipped.squares[gene] - 2 * clipped.sum[gene] * m) / ((cells - 1) * std[gene] ** 2),
  );
}

/**
 * Chooses the genes with the largest normalised variance; over several batches those of the lowest median rank
 * among the batches where they are in the top, ties by the number of such batches.
 *
 * Source: Stuart et al., Cell 177 (2019); the order of scanpy's `flavor="seurat_v3"`.
 *
 * @param overall moments over all cells
 * @param normalized one array of normalised variances for each batch
 */
export function chooseSeuratV3(
  overall: Moments,
  normalized: Float64Array[],
  nTopGenes: number,
): HighlyVariableGenes {
  const { mean, variance } = meanVariance(overall);
  const genes = mean.length;
  const ranks = normalized.map((values) => {
    const order = Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
    const rank = new Int32Array(genes);
    order.forEach((gene, place) => {
      rank[gene] = place;
    });
    return rank;
  });
  const medianRank = new Float64Array(genes);
  const nBatches = new Int32Array(genes);
  const spreadNorm = new Float64Array(genes);
  for (let gene = 0; gene < genes; gene++) {
    const inTop = ranks.map((rank) => rank[gene]).filter((rank) => rank < nTopGenes);
    nBatches[gene] = inTop.length;
    medianRank[gene] = inTop.length > 0 ? median(Float64Array.from(inTop)) : Number.NaN;
    spreadNorm[gene] = normalized.reduce((sum, values) => sum + values[gene], 0) / normalized.length;
  }
  const key = medianRank.map((rank) => (Number.isNaN(rank) ? Infinity : rank));
  const order = Int32Array.from(key.keys()).sort((a, b) =>
    key[a] === key[b] ? nBatches[b] - nBatches[a] || a - b : key[a] - key[b],
  );
  return {
    flavor: "seurat_v3",
    ...topRanks(order.subarray(0, nTopGenes), genes),
    means: mean,
    spread: variance,
    spreadNorm,
    medianRank,
    nBatches,
  };
}
