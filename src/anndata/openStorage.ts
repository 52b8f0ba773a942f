import { existsSync, statSync } from "node:fs";
import { H5File } from "./hdf5/file.js";
import type { Storage } from "./storage.js";

/** Opens an HDF5 file, or a folder as a Zarr store. */
export async function openStorage(path: string): Promise<Storage> {
  if (!existsSync(path) || !statSync(path).isDirectory()) return H5File.open(path);
  const { ZarrStore } = await import("./zarr/store.js");
  return ZarrStore.open(path);
}
