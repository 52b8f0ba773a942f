import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import { plainFile } from "../../support/readText.js";
import type { AnnData } from "../anndata.js";
import { H5File } from "../hdf5/file.js";
import { readH5ad } from "../readH5ad.js";
import { readZarr } from "../readZarr.js";
import { storeVersion } from "../zarr/folder.js";
import { is10x, type Read10xOptions, read10xH5 } from "./read10xH5.js";
import { type ReadCsvOptions, readCsv } from "./readCsv.js";
import { readMtx } from "./readMtx.js";
import { refuseBinary, refuseOtherFormats } from "./recognize.js";
import { firstBytes, lines } from "./text.js";

const HDF5 = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/** How a file of cells is read. */
export interface ReadCellsOptions extends Pick<ReadCsvOptions, "transpose">, Pick<Read10xOptions, "genome"> {}

/**
 * Opens cells in any of the formats that are read (`.h5ad`, a Zarr store, 10x `.h5`, a Matrix Market folder, CSV or
 * TSV), told apart by content and not by name. An option for another format is an error.
 *
 * @throws where nothing is there, or it is in no format that is read (says which it seems to be, and what to do)
 * @example
 * const cells = await readCells("filtered_feature_bc_matrix"); // a folder, an .h5, an .h5ad, a .csv, …
 */
export async function readCells(path: string, options: ReadCellsOptions = {}): Promise<AnnData> {
  if (!existsSync(path)) throw new CellkernelError("path", `${resolve(path)} does not exist.`, { path });
  const directory = statSync(path).isDirectory();
  if (!directory) plainFile(path);
  const hdf5 = !directory && isHdf5(path);
  const tenx = hdf5 && (await holds10x(path));
  if (options.genome !== undefined && !tenx) refuseOption(path, "genome", "a 10x .h5 file");
  if (options.transpose && (directory || hdf5)) refuseOption(path, "transpose", "a table (CSV, TSV)");
  if (directory) return storeVersion(path) === undefined ? readMtx(path) : readZarr(path);
  if (hdf5) return tenx ? read10xH5(path, { genome: options.genome }) : readH5ad(path);
  refuseOtherFormats(path);
  refuseBinary(path);
  for await (const line of lines(path)) {
    if (line.toLowerCase().startsWith("%%matrixmarket")) {
      throw new CellkernelError(
        "path",
        `${path} is a Matrix Market file; give its folder, which also has the barcodes and features.`,
        { path },
      );
    }
    break;
  }
  return readCsv(path, { transpose: options.transpose });
}

/** Whether a file begins as an HDF5 file does. */
export function isHdf5(path: string): boolean {
  return firstBytes(path, HDF5.length).equals(HDF5);
}

function refuseOption(path: string, option: keyof ReadCellsOptions, format: string): never {
  throw new CellkernelError(
    "option",
    `${path} is not ${format}, for which alone the option ${option} (--${option}) is there. Leave it out.`,
    { option, path },
  );
}

async function holds10x(path: string): Promise<boolean> {
  const file = await H5File.open(path);
  try {
    return file.kind("/obs") === undefined && is10x(file);
  } finally {
    file.close();
  }
}
