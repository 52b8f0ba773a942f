import { annDataOf } from "./annDataOf.js";
import type { AnnData } from "./anndata.js";

/**
 * Opens an AnnData in a Zarr store, a folder of version 2 or 3 of the format as anndata writes it since 0.8, read-only.
 *
 * @throws where there is no such folder, or it holds no AnnData
 * @example
 * const cells = await readZarr("cells.zarr");
 * [cells.nObs, cells.nVars]; // → [3, 2]
 */
export async function readZarr(path: string): Promise<AnnData> {
  const { ZarrStore } = await import("./zarr/store.js");
  const store = ZarrStore.open(path);
  try {
    return annDataOf(store, "a Zarr store but not one of AnnData");
  } catch (error) {
    store.close();
    throw error;
  }
}
