import { existsSync, statSync } from "node:fs";
import { annDataOf, type CellRange } from "./annDataOf.js";
import type { AnnData } from "./anndata.js";
import { takeCells } from "./edit/subset.js";
import { isHdf5 } from "./formats/readCells.js";
import { readSample, type SamplesOptions } from "./formats/readSamples.js";
import type { Sample } from "./formats/samples.js";
import { openStorage } from "./openStorage.js";
import type { Storage } from "./storage.js";
import { storeVersion } from "./zarr/folder.js";

/**
 * Opens some consecutive cells of a sample as if it had no others. Of an `.h5ad` file and a Zarr store nothing is read of
 * the others, so that neither time nor memory grow with their number; other formats are read as a whole.
 */
export async function readRange(
  sample: Pick<Sample, "path" | "prefix">,
  range: CellRange,
  options: Pick<SamplesOptions, "transpose" | "genome"> = {},
): Promise<AnnData> {
  const storage = await annDataStorage(sample.path);
  if (storage) {
    try {
      return annDataOf(storage, "no file of AnnData", range);
    } catch (error) {
      storage.close();
      throw error;
    }
  }
  const all = await readSample(sample, options);
  const rows = Int32Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
  return takeCells(all, rows);
}

/** The file or store, where it holds an AnnData. */
async function annDataStorage(path: string): Promise<Storage | undefined> {
  const folder = existsSync(path) && statSync(path).isDirectory();
  if (folder && storeVersion(path) === undefined) return undefined;
  if (!folder && !isHdf5(path)) return undefined;
  const storage = await openStorage(path);
  if (storage.kind("/obs") !== undefined && storage.kind("/var") !== undefined) return storage;
  storage.close();
  return undefined;
}
