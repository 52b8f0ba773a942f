/**
 * What was decided when cells were prepared, resolved: replayed for every new cell, so that it gets the tokens that it
 * would have got among them.
 */
export interface Recipe {
  /** The genes that became tokens, in their order, by the vocabulary's names. */
  genes: string[];
  /** The genes whose counts make up a cell's total: `genes`, and those that were not variable enough. */
  totalGenes: string[];
  /** Where gene names were found: "var index" or a column of `var`. */
  column: string;
  /** Where the Ensembl ids were by which genes were looked for that their name does not lead to. */
  idColumn?: string;
  /** The matrix that was taken: "X", "raw" or a layer's name. */
  matrix: string;
  /** What a sample of it looked like, and whether the whole of it is logged. */
  looked: string;
  /** Whether its values are logarithms already. */
  logged: boolean;
}
