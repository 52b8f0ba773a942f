import { readFileSync } from "node:fs";

/** What scanpy makes of the 559 cells, beside their variable genes. */
export const expected = JSON.parse(readFileSync("test/fixtures/preprocess/expected.json", "utf8")) as {
  shape: [number, number];
  obs_n_genes_by_counts: number[];
  obs_total_counts: number[];
  var_n_cells_by_counts: number[];
  filter_genes_min_counts_20_then_cells_min_counts_2500: {
    shape: [number, number];
    cells_head: string[];
    genes_head: string[];
  };
  log_row_sums: number[];
  log_row0: { indices: number[]; values: number[] };
  vocabulary: { size: number; genes_matched: number; matched_head: string[] };
};
