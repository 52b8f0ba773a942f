import { H5adWriter } from "../../src/index.js";

/** Writes counts [cells][genes] of genes of any names; cells are called new-0, new-1, … */
export async function writeCounts(path: string, genes: string[], cells: number[][]): Promise<string> {
  const writer = await H5adWriter.create(path, genes.length);
  const entries = cells.map((counts) => counts.flatMap((count, gene) => (count > 0 ? [[gene, count]] : [])));
  const indptr = Int32Array.from([0, ...entries.map((_, i) => entries.slice(0, i + 1).flat().length)]);
  writer.append({
    ...{ start: 0, rows: cells.length, columns: genes.length, indptr },
    indices: Int32Array.from(entries.flat(), ([gene]) => gene),
    data: Float32Array.from(entries.flat(), ([, count]) => count),
  });
  await writer.close({ obsNames: cells.map((_, i) => `new-${i}`), varNames: genes });
  return path;
}
