import { closeSync, fstatSync, openSync, readSync } from "node:fs";

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
  const fd = openForReading(path);
  try {
    const size = fstatSync(fd).size;
    return use({
      path,
      size,
      read(offset, length) {
        if (offset < 0 || length < 0 || offset + length > size)
          throw new Error(
            `${path} is damaged or cut short: it ends at byte ${size}, where ${offset + length} are needed`,
          );
        const bytes = new Uint8Array(length);
        // One read call takes at most 2 GiB.
        for (let at = 0; at < length; ) {
          const got = readSync(fd, bytes, at, Math.min(length - at, 1 << 30), offset + at);
          if (got === 0) throw new Error(`${path} became shorter while it was read`);
          at += got;
        }
        return bytes;
      },
    });
  } finally {
    closeSync(fd);
  }
}

function openForReading(path: string): number {
  try {
    const fd = openSync(path, "r");
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error(`there is no file ${path}`);
    throw error;
  }
  throw new Error(`${path} is not a file`);
}
