import { existsSync, statSync } from "node:fs";
import { H5File } from "./hdf5/file.js";
import type { Storage } from "./storage.js";
import { ZarrStore } from "./zarr/store.js";

/** Opens an HDF5 file, or a folder as a Zarr store. */
export async function openStorage(path: string): Promise<Storage> {
  return existsSync(path) && statSync(path).isDirectory() ? ZarrStore.open(path) : H5File.open(path);
}
