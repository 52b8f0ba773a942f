import { existsSync, statSync } from "node:fs";

import { annDataOf } from "./annDataOf.js";
import type { AnnData } from "./anndata.js";
import { refuseOtherFormats, refuseOtherHdf5 } from "./formats/recognize.js";
import { H5File } from "./hdf5/file.js";

/**
 * Opens an `.h5ad` file of any anndata version since 0.5, read-only. Tables are read at once, matrices by blocks when they are asked
 * for: the file stays open until `close`.
 *
 * @throws where there is no such file, it is no HDF5, holds no AnnData, or claims what its size cannot hold
 * @example
 * const cells = await readH5ad("cells.h5ad");
 * cells.nObs; // → 700
 * cells.obs.columnNames(); // → ["bulk_labels", "n_genes", …]
 */
export async function readH5ad(path: string): Promise<AnnData> {
  if (existsSync(path) && statSync(path).isFile()) refuseOtherFormats(path);
  const file = await H5File.open(path);
  try {
    refuseOtherHdf5(file);
    return annDataOf(file, "an HDF5 file but not an .h5ad file");
  } catch (error) {
    file.close();
    throw error;
  }
}
