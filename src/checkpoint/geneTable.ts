import { CellkernelError } from "../support/error.js";
import type { Weight, Weights } from "./weights.js";

/** Key of the gene embedding table [vocabulary, embsize]. */
export const GENE_TABLE = "encoder.embedding.weight";

/**
 * The weights with the gene table cut to some of its rows, in the order given. Training on the cut table
 * gives the same numbers: the other rows get no gradient, so Adam never moves them.
 */
export function cutGeneTable(weights: Weights, rows: ArrayLike<number>): Weights {
  const { shape, data } = geneTable(weights);
  const width = shape[1];
  const cut = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] < 0 || rows[i] >= shape[0])
      throw new CellkernelError(
        "format",
        `the vocabulary id ${rows[i]} lies outside the gene table of ${shape[0]} rows`,
      );
    cut.set(data.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  }
  return new Map(weights).set(GENE_TABLE, { shape: [rows.length, width], data: cut });
}

/** The weights with the whole gene table, the rows of the cut one put back where they came from. */
export function restoreGeneTable(weights: Weights, rows: ArrayLike<number>, whole: Weight): Weights {
  const { data: cut } = geneTable(weights);
  const width = whole.shape[1];
  const data = whole.data.slice();
  for (let i = 0; i < rows.length; i++) data.set(cut.subarray(i * width, (i + 1) * width), rows[i] * width);
  return new Map(weights).set(GENE_TABLE, { shape: whole.shape, data });
}

function geneTable(weights: Weights): Weight {
  const table = weights.get(GENE_TABLE);
  if (table?.shape.length !== 2)
    throw new CellkernelError(
      "format",
      `the weights hold no gene table (${GENE_TABLE}); is this an scGPT checkpoint?`,
    );
  return table;
}
