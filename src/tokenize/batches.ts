/**
 * Some cells as the model takes them. Genes are rows of the embedding table cut to the data:
 * row 0 is `<pad>`, row 1 is `<cls>`, row 2 + j is gene column j of the token store.
 */
export interface Batch {
  /** Int32 [B]: which cells of the store. */
  cells: Int32Array;
  /** N, tokens a cell, `<cls>` and padding included. */
  length: number;
  /** Int32 [B × N]: row of the cut embedding table. */
  genes: Int32Array;
  /** Float32 [B × N]: binned value; `<cls>` has 0, `<pad>` the model's pad_value. */
  values: Float32Array;
}
