import type { GeneFindings } from "../preprocess/statistics.js";
import type { PreparedSettings } from "../store/prepared.js";
import { Tokenizer } from "../tokenize/tokenizer.js";
import { describeGenes, type Genes, tokenTargets } from "./genes.js";
import type { ValuesTaken } from "./valuesTaken.js";

/** What the tokens of cells follow from, beside their counts. */
export interface Found extends GeneFindings {
  taken: ValuesTaken;
}

/**
 * What makes the tokens of some cells.
 * @param keptCells Uint8 [cells]
 * @param expressed Float64 [genes]: in how many of them, at most, each gene is expressed
 */
export function tokenizerFor(
  genes: Pick<Genes, "names" | "ids">,
  found: Found,
  keptCells: Uint8Array,
  { nBins, seed, includeZeroGene, doNorm, normalizeTotal }: PreparedSettings,
  expressed = found.qc.var.nCellsByCounts,
): Tokenizer {
  const { target, columns, ...named } = tokenColumns(genes, found);
  const cells = keptCells.reduce((sum, flag) => sum + flag, 0);
  const most = columns.reduce((sum, column) => sum + expressed[column], 0);
  return new Tokenizer({
    ...{ ...named, target },
    targetSum: found.taken.logged || !doNorm ? undefined : normalizeTotal,
    ...{ nBins, includeZeroGene, seed, cells },
    tokens: includeZeroGene ? cells * columns.length : most,
  });
}

/** The genes that become columns of the tokens, and for each column of the matrix what it counts for. */
export function tokenColumns(genes: Pick<Genes, "names" | "ids">, found: GeneFindings) {
  const target = tokenTargets(describeGenes(genes, found));
  const columns = Int32Array.from(target.keys()).filter((column) => target[column] >= 0);
  return {
    ...{ target, columns },
    genes: Array.from(columns, (column) => genes.names[column]),
    geneIds: columns.map((column) => genes.ids[column]),
  };
}
