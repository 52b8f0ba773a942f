import { closeSync, openSync, readSync } from "node:fs";
import { CellkernelError } from "../support/error.js";
import { plainFile } from "../support/readText.js";

/** A file read at chosen places, so that a checkpoint of many GB is never held twice. */
export interface RandomAccessFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** `length` bytes from `offset`, in a buffer of their own. Throws when the file ends before. */
  read(offset: number, length: number): Uint8Array;
}

/** Opens a file for `use` and closes it after. */
export function withFile<T>(path: string, use: (file: RandomAccessFile) => T): T {
  const { size } = plainFile(path);
  const fd = openSync(path, "r");
  try {
    return use({
      path,
      size,
      read(offset, length) {
        if (offset < 0 || length < 0 || offset + length > size)
          throw new CellkernelError(
            "format",
            `${path} is damaged or cut short: it ends at byte ${size}, where ${offset + length} are needed`,
            { path },
          );
        const bytes = new Uint8Array(length);
        // One read call takes at most 2 GiB.
        for (let at = 0; at < length; ) {
          const got = readSync(fd, bytes, at, Math.min(length - at, 1 << 30), offset + at);
          if (got === 0)
            throw new CellkernelError("format", `${path} became shorter while it was read`, { path });
          at += got;
        }
        return bytes;
      },
    });
  } finally {
    closeSync(fd);
  }
}
