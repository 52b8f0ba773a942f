import { constants, copyFileSync, statSync } from "node:fs";
import { checkWritable, TemporaryFile } from "../../support/temporaryFile.js";
import { TemporaryFolder } from "../../support/temporaryFolder.js";
import { H5Output } from "../hdf5/output.js";
import type { Output } from "../storage.js";
import { copyStore, storeVersion } from "../zarr/folder.js";
import { ZarrOutput } from "../zarr/output.js";

/** What is written until it is whole: a file, or the folder of a Zarr store. */
export type Target = TemporaryFile | TemporaryFolder;

/** anndata's own default, and what all its versions read. */
const VERSION = 2;

/** Whether a file of this name is to be a Zarr store. */
export function isZarrName(path: string): boolean {
  return /\.zarr\/*$/.test(path);
}

/** The place for what is to be written: `.zarr` is the name of a Zarr store, any other of an HDF5 file. */
export function targetOf(path: string): Target {
  return isZarrName(path) ? storeTarget(path) : new TemporaryFile(path);
}

/** Fails where nothing could be written there, before hours are spent on what it is to hold. */
export function checkTarget(path: string): void {
  if (isZarrName(path)) storeTarget(path);
  else checkWritable(path);
}

/** The place for a store, whatever its name. */
export function storeTarget(path: string): TemporaryFolder {
  return new TemporaryFolder(path, (folder) => storeVersion(folder) !== undefined, "a Zarr store");
}

/** Begins a new file or store there. */
export async function openNew(target: Target): Promise<Output> {
  if (target instanceof TemporaryFile) return H5Output.open(target.path, "w");
  target.make();
  return new ZarrOutput(target.path, VERSION);
}

/** Whether a copy of the file can be what is written: they are of one kind. */
export function canBeCopied(path: string, target: Target): boolean {
  return statSync(path).isDirectory() === target instanceof TemporaryFolder;
}

/** Begins with a copy of a file or store, byte by byte. */
export async function openCopy(path: string, target: Target): Promise<Output> {
  if (target instanceof TemporaryFolder) {
    target.make();
    copyStore(path, target.path);
    return new ZarrOutput(target.path, storeVersion(path)!);
  }
  copyFileSync(path, target.path, constants.COPYFILE_FICLONE);
  target.open();
  return H5Output.open(target.path, "a");
}
