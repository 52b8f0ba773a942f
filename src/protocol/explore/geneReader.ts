import { setImmediate } from "node:timers/promises";
import type { AnnData } from "../../anndata/anndata.js";
import { chooseMatrix } from "../../anndata/chooseMatrix.js";
import type { RowMatrix } from "../../anndata/matrix.js";
import { LEFT_OUT } from "../../tokenize/tokenizer.js";
import { genePlaces } from "../genePlaces.js";
import { GeneLookup } from "./geneLookup.js";

/** Expression of the genes of a file, one by one. */
export interface GeneReader {
  lookup: GeneLookup;
  /** Float32 [cells of the file]: normalised and logged. */
  read(column: number, signal?: AbortSignal): Promise<Float32Array>;
}

/** What scanpy's tutorials and the published code normalise to: counts of a cell. */
const TARGET_SUM = 1e4;

/**
 * The genes of cells that no model has a say about: of the matrix that holds logged values, else of the counts, which are
 * normalised to 10,000 a cell over all genes, then log1p.
 */
export function genesOfCells(cells: AnnData): GeneReader {
  const source = chooseMatrix(cells, undefined, "logged");
  const lookup = new GeneLookup(genePlaces(cells, source).map(({ names }) => names));
  const { kind } = source.contents;
  const asTheyAre = kind === "logged" || kind === "binary";
  const scale: Scale = asTheyAre ? {} : kind === "normalised" ? { logs: true } : { targetSum: TARGET_SUM };
  return { lookup, read: (column, signal) => readGene(source.matrix, column, scale, signal) };
}

/** What becomes of values before they are shown. */
export interface Scale {
  /** Total of a cell; absent where values are not normalised. */
  targetSum?: number;
  /** Int32 [columns]: `LEFT_OUT` for those that don't count for a cell's total; absent: all do. */
  target?: Int32Array;
  /** Whether values that are not normalised are logged. */
  logs?: boolean;
}

/**
 * One column of a matrix, block by block, so that others have their turn in between.
 * @returns Float32 [rows]
 * @throws the signal's reason when it is aborted
 */
export async function readGene(
  matrix: RowMatrix,
  column: number,
  { targetSum, target, logs = false }: Scale,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const values = new Float32Array(matrix.shape[0]);
  for (const { start, rows, indptr, indices, data } of matrix.blocks()) {
    for (let row = 0; row < rows; row++) {
      let [own, total] = [0, 0];
      for (let p = indptr[row]; p < indptr[row + 1]; p++) {
        if (indices[p] === column) own = data[p];
        if (target?.[indices[p]] !== LEFT_OUT) total += data[p];
      }
      if (own === 0) continue;
      if (targetSum !== undefined) own = Math.log1p((own / total) * targetSum);
      else if (logs) own = Math.log1p(own);
      values[start + row] = own;
    }
    await setImmediate();
    signal?.throwIfAborted();
  }
  return values;
}
