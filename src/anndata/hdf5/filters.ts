import type { Filter } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";

/**
 * Filters that can be undone, by their registered number: those inside the HDF5 library and those
 * of h5wasm-plugins (https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md).
 */
const READABLE: ReadonlyMap<number, string> = new Map([
  [1, "gzip"],
  [2, "shuffle"],
  [3, "fletcher32"],
  [5, "nbit"],
  [6, "scaleoffset"],
  [307, "bzip2"],
  [32000, "lzf"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
  [32019, "jpeg"],
  [32022, "bitgroom"],
  [32023, "bitround"],
  [32026, "blosc2"],
]);

/** Filters from this number on are plugins; those below are in the HDF5 library itself. */
export const FIRST_PLUGIN = 256;

/**
 * Refuses a dataset that was compressed by a filter we lack. The library itself would hand out
 * uninitialised memory instead of an error.
 */
export function requireFilters(where: string, filters: Filter[]): void {
  const missing = filters.filter((filter) => !READABLE.has(filter.id));
  if (missing.length === 0) return;
  const names = missing.map((filter) => `${filter.name || "unnamed"} (HDF5 filter ${filter.id})`).join(", ");
  throw new CellkernelError(
    "format",
    `${where} is compressed with ${names}, which cannot be read here. ` +
      `Readable are ${[...READABLE.values()].join(", ")}. ` +
      `Write the file again with one of these, for instance adata.write_h5ad(path, compression="gzip").`,
    { member: where },
  );
}
