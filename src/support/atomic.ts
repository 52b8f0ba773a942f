import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { temporaryName } from "./temporary.js";

/**
 * Writes a file so that its name only ever stands for a whole one: the parts go to a temporary name
 * in the same folder (made when missing), are flushed to the disk, and the file is renamed.
 * When anything fails, the temporary file is removed and what stood there before stays.
 */
export function writeFileAtomically(path: string, parts: string | Iterable<Uint8Array>): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  const fd = openSync(temporary, "wx");
  try {
    try {
      for (const part of typeof parts === "string" ? [Buffer.from(parts)] : parts) writeAll(fd, part);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** One write call takes at most 2 GiB. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; )
    at += writeSync(fd, bytes, at, Math.min(bytes.byteLength - at, 1 << 30));
}
