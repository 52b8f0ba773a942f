import type { Moments } from "./countTable.js";
import { type HighlyVariableGenes, median, topRanks } from "./ranking.js";
import { meanVariance } from "./seuratV3.js";

/** The flavours that compare variance / mean among genes of like mean. */
export type DispersionFlavor = "cell_ranger" | "seurat";

/** Bins of the mean that `seurat` takes. */
const SEURAT_BINS = 20;
/** Median absolute deviation of a normal distribution with standard deviation 1. */
const NORMAL_MAD = 0.6744897501960817;

/**
 * Chooses the genes whose dispersion stands out among genes of like mean; over several batches those chosen in
 * the most batches, ties by the mean normalised dispersion.
 *
 * Source: Zheng et al., Nat. Commun. 8 (2017), Satija et al., Nat. Biotechnol. 33 (2015), as in scanpy.
 *
 * @param batches moments of each batch: of logged values for `cell_ranger`, of expm1 of them for `seurat`
 */
export function chooseByDispersion(
  batches: Moments[],
  flavor: DispersionFlavor,
  nTopGenes: number,
): HighlyVariableGenes {
  const genes = batches[0].sum.length;
  const single = batches.length === 1;
  const parts = batches.map((moments) => dispersions(moments, flavor, !single, nTopGenes));
  const average = (pick: (part: Dispersions) => Float64Array) =>
    Float64Array.from({ length: genes }, (_, gene) => {
      const known = parts.map((part) => pick(part)[gene]).filter((value) => !Number.isNaN(value));
      return known.reduce((sum, value) => sum + value, 0) / known.length;
    });
  const spreadNorm = average((part) => part.normalized);
  const nBatches = Int32Array.from({ length: genes }, (_, gene) =>
    parts.reduce((sum, part) => sum + part.chosen[gene], 0),
  );
  const key = spreadNorm.map((value) => (Number.isNaN(value) ? -Infinity : value));
  const order = Int32Array.from(key.keys()).sort((a, b) =>
    nBatches[a] !== nBatches[b] ? nBatches[b] - nBatches[a] : key[a] === key[b] ? a - b : key[b] - key[a],
  );
  const chosen = single ? order.filter((gene) => nBatches[gene] > 0) : order.subarray(0, nTopGenes);
  return {
    flavor,
    ...topRanks(chosen, genes),
    means: average((part) => part.mean),
    spread: average((part) => part.dispersion),
    spreadNorm,
    nBatches,
  };
}

interface Dispersions {
  mean: Float64Array;
  dispersion: Float64Array;
  normalized: Float64Array;
  chosen: Uint8Array;
}

/** One batch. Genes that it does not express are left out of the bins, and get zeros, where `onlyExpressed`. */
function dispersions(
  moments: Moments,
  flavor: DispersionFlavor,
  onlyExpressed: boolean,
  nTopGenes: number,
): Dispersions {
  const { mean: means, variance } = meanVariance(moments);
  const genes = means.length;
  const mean = new Float64Array(genes);
  const dispersion = new Float64Array(genes);
  const normalized = new Float64Array(genes);
  const chosen = new Uint8Array(genes);
  const kept = Int32Array.from(means.keys()).filter((gene) => !onlyExpressed || moments.expressed[gene] > 0);
  for (const gene of kept) {
    mean[gene] = means[gene] === 0 ? 1e-12 : means[gene];
    dispersion[gene] = variance[gene] / mean[gene];
    if (flavor === "seurat") {
      dispersion[gene] = dispersion[gene] === 0 ? Number.NaN : Math.log(dispersion[gene]);
      mean[gene] = Math.log1p(mean[gene]);
    }
  }
  const edges = meanEdges(Float64Array.from(kept, (gene) => mean[gene]).sort(), flavor);
  const bins: number[][] = edges.map(() => []);
  for (const gene of kept) bins[edges.findIndex((edge) => mean[gene] <= edge)].push(gene);
  for (const bin of bins) {
    const { center, scale } = binStatistics(bin, dispersion, flavor);
    for (const gene of bin) normalized[gene] = (dispersion[gene] - center) / scale;
  }
  const known = Float64Array.from(kept, (gene) => normalized[gene]).filter((value) => !Number.isNaN(value));
  const cut = known.sort()[Math.max(0, known.length - nTopGenes)];
  for (const gene of kept) if (normalized[gene] >= cut) chosen[gene] = 1;
  return { mean, dispersion, normalized, chosen };
}

/** Upper edges of the bins of the mean: percentiles 10, 15, … 100, or 20 equal widths as `pandas.cut` makes them. */
function meanEdges(sorted: Float64Array, flavor: DispersionFlavor): number[] {
  if (flavor === "cell_ranger") {
    const edges = Array.from({ length: 19 }, (_, i) => percentile(sorted, 10 + 5 * i));
    return [...edges, Infinity];
  }
  let low = sorted[0];
  let high = sorted[sorted.length - 1];
  if (low === high) {
    low -= low !== 0 ? 0.001 * Math.abs(low) : 0.001;
    high += high !== 0 ? 0.001 * Math.abs(high) : 0.001;
  }
  const step = (high - low) / SEURAT_BINS;
  return Array.from({ length: SEURAT_BINS }, (_, i) => (i === SEURAT_BINS - 1 ? high : low + (i + 1) * step));
}

/** `numpy.percentile` of sorted values, to the last bit. */
function percentile(sorted: Float64Array, percent: number): number {
  const position = (percent / 100) * (sorted.length - 1);
  const before = Math.floor(position);
  const t = position - before;
  const a = sorted[before];
  const b = sorted[Math.min(before + 1, sorted.length - 1)];
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

function binStatistics(bin: number[], dispersion: Float64Array, flavor: DispersionFlavor) {
  const values = Float64Array.from(bin, (gene) => dispersion[gene]).filter((value) => !Number.isNaN(value));
  if (flavor === "cell_ranger") {
    const center = median(values.slice());
    return { center, scale: median(values.map((value) => Math.abs(value - center))) / NORMAL_MAD };
  }
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  // A gene alone in its bin gets the normalised dispersion 1.
  if (values.length === 1) return { center: 0, scale: center };
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return { center, scale: Math.sqrt(squares / (values.length - 1)) };
}
