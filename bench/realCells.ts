import { readH5ad } from "../src/anndata/readH5ad.js";
import { Random } from "../src/support/random.js";

const CELLS = "test/fixtures/preprocess/counts559.h5ad";

/** What real cells say of the work that they are. */
export interface RealCells {
  /** Gene columns of the data. */
  genes: number;
  /** Tokens of each of `count` cells in random order: expressed genes and `<cls>`, at most `maxSeqLen`. */
  lengths: number[];
}

/** Lengths of some of 559 real cells, which express 431 to 5,921 genes. */
export async function realCells(count: number, maxSeqLen: number): Promise<RealCells> {
  const data = await readH5ad(CELLS);
  const lengths: number[] = [];
  for (const { rows, indptr } of data.X!.blocks())
    for (let row = 0; row < rows; row++) lengths.push(Math.min(indptr[row + 1] - indptr[row] + 1, maxSeqLen));
  data.close();
  if (count > lengths.length) throw new Error(`there are ${lengths.length} cells, fewer than ${count}`);
  return { genes: data.nVars, lengths: new Random(2).shuffle(lengths).slice(0, count) };
}
