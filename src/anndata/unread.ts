import { CellkernelError } from "../support/error.js";
import { copyObject } from "./hdf5/copy.js";
import { H5File } from "./hdf5/file.js";
import { H5Output } from "./hdf5/output.js";
import type { Output, Storage } from "./storage.js";

/**
 * A part of a file in an encoding that is not read here: an awkward array, say, or what a later anndata brings. Whatever
 * is written anew from the file keeps it, by a copy.
 */
export class Unread {
  constructor(
    private readonly file: Storage,
    /** Where it stands: `/obsm/airr`. */
    readonly path: string,
    /** Its `encoding-type`, or "none". */
    readonly encoding: string,
  ) {}

  /** The error for who asks for its value. */
  error(): CellkernelError {
    const { file, path, encoding } = this;
    return new CellkernelError(
      "format",
      `${file.at(path)} has the encoding "${encoding}", which is not supported: it is only kept where the whole file is ` +
        "copied, between HDF5 files. Remove it from the file in Python first, or do without it.",
      { path: file.path, member: path },
    );
  }
}

/** Copies it to the same place of another file. */
export function copyUnread(out: Output, unread: Unread): void {
  // biome-ignore lint/complexity/useLiteralKeys: the field is private, for files are no part of what the package shows.
  const file = unread["file"];
  if (!(file instanceof H5File && out instanceof H5Output)) throw unread.error();
  copyObject(file, out, unread.path);
}
