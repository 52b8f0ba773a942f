import { CellkernelError } from "../support/error.js";
import { copyObject } from "./hdf5/copy.js";
import type { H5File } from "./hdf5/file.js";
import type { H5Output } from "./hdf5/output.js";

/**
 * A part of a file in an encoding that is not read here: an awkward array, say, or what a later anndata brings. Whatever
 * is written anew from the file keeps it, by a copy.
 */
export class Unread {
  constructor(
    private readonly file: H5File,
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
        "copied. Remove it from the file in Python first, or do without it.",
      { path: file.path, member: path },
    );
  }
}

/** Copies it to the same place of another file. */
export function copyUnread(out: H5Output, unread: Unread): void {
  // biome-ignore lint/complexity/useLiteralKeys: the field is private, for files are no part of what the package shows.
  copyObject(unread["file"], out, unread.path);
}
