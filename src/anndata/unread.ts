import { CellkernelError } from "../support/error.js";
import { carry } from "./carry.js";
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
    return this.refusal(
      "which is not supported: it is only kept where the whole file is copied or written anew",
    );
  }

  /** The error where even that can't be. */
  unwritable(): CellkernelError {
    return this.refusal(
      "which cannot be written in the other format; keep the format of the file, where it is copied",
    );
  }

  private refusal(why: string): CellkernelError {
    const { file, path, encoding } = this;
    return new CellkernelError(
      "format",
      `${file.at(path)} has the encoding "${encoding}", ${why}. Remove it from the file in Python first, or do without it.`,
      { path: file.path, member: path },
    );
  }
}

/** Copies it to the same place of another file: between HDF5 files as it is stored, else by what it holds. */
export function copyUnread(out: Output, unread: Unread): void {
  // biome-ignore lint/complexity/useLiteralKeys: the field is private, for files are no part of what the package shows.
  const file = unread["file"];
  if (file instanceof H5File && out instanceof H5Output) copyObject(file, out, unread.path);
  else carry(file, out, unread.path, () => unread.unwritable());
}
