import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import { plainFile } from "../../support/readText.js";
import type { AnnData } from "../anndata.js";
import { H5File } from "../hdf5/file.js";
import { readH5ad } from "../readH5ad.js";
import { readZarr } from "../readZarr.js";
import { storeVersion } from "../zarr/folder.js";
import { is10x, read10xH5 } from "./read10xH5.js";
import { readCsv } from "./readCsv.js";
import { readMtx } from "./readMtx.js";
import { firstBytes, isGzip, lines } from "./text.js";

/** "PK", with which the header of a member begins. */
const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const HDF5 = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Opens cells in any of the formats that are read (`.h5ad`, a Zarr store, 10x `.h5`, a Matrix Market folder, CSV or
 * TSV), told apart by content and not by name.
 */
export async function readCells(path: string): Promise<AnnData> {
  if (!existsSync(path)) throw new CellkernelError("path", `${resolve(path)} does not exist.`, { path });
  if (statSync(path).isDirectory()) return storeVersion(path) === undefined ? readMtx(path) : readZarr(path);
  plainFile(path);
  if (firstBytes(path, HDF5.length).equals(HDF5))
    return (await holds10x(path)) ? read10xH5(path) : readH5ad(path);
  if (firstBytes(path, ZIP.length).equals(ZIP))
    throw new CellkernelError(
      "format",
      `${path} is a ZIP archive, as Zarr stores are packed in; give the folder that it unpacks to: unzip ${path} -d FOLDER.zarr`,
      { path },
    );
  if (statSync(path).size === 0) throw new CellkernelError("format", `${path} is empty.`, { path });
  if (!isGzip(path) && firstBytes(path, 4096).includes(0)) {
    throw new CellkernelError(
      "format",
      `${path} is in no format that is known here: expected .h5ad, 10x .h5, a folder with matrix.mtx, CSV or TSV.`,
      { path },
    );
  }
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
  return readCsv(path);
}

async function holds10x(path: string): Promise<boolean> {
  const file = await H5File.open(path);
  try {
    return file.kind("/obs") === undefined && is10x(file);
  } finally {
    file.close();
  }
}
