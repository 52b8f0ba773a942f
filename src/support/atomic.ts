import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { destinationOf } from "./destination.js";
import { TemporaryFile } from "./temporaryFile.js";

/**
 * Writes a file so that its name only ever stands for a whole one: the parts go to a {@link TemporaryFile} in the same
 * folder (made when missing). When anything fails, that is removed and what stood there before stays.
 */
export function writeFileAtomically(path: string, parts: string | Iterable<Uint8Array>): void {
  mkdirSync(dirname(destinationOf(path)), { recursive: true });
  const file = new TemporaryFile(path);
  try {
    const descriptor = openSync(file.path, "r+");
    try {
      for (const part of typeof parts === "string" ? [Buffer.from(parts)] : parts) writeAll(descriptor, part);
    } finally {
      closeSync(descriptor);
    }
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** One write call takes at most 2 GiB. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; )
    at += writeSync(descriptor, bytes, at, Math.min(bytes.byteLength - at, 1 << 30));
}
