import type { AnnData } from "../anndata.js";
import { writeWhole } from "./h5ad.js";
import { storeTarget } from "./target.js";

/**
 * Writes an AnnData, also a view that was made by `subset` or `concatenate`, to a new Zarr store of version 2 of the
 * format, which all versions of anndata read, by row blocks. A store that stands there is replaced as a whole.
 *
 * @throws where the path cannot be written, or is what `adata` reads from
 * @example
 * await writeZarr(subset(cells, { genes: ["CD3D", "CD79A"] }), "markers.zarr");
 * (await readZarr("markers.zarr")).nObs; // → 700
 */
export async function writeZarr(adata: AnnData, path: string): Promise<void> {
  await writeWhole(adata, storeTarget(path));
}
