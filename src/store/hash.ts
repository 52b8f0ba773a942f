import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { CellkernelError } from "../support/error.js";
import { plainFile } from "../support/readText.js";

/** Bytes read at once. */
const PIECE = 1 << 20;

/** SHA-256 of a file of any size, in hexadecimal digits. */
export function hashOf(path: string): string {
  plainFile(path);
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(PIECE);
  const fd = openSync(path, "r");
  try {
    for (let read = 1; read > 0; ) {
      read = readSync(fd, piece, 0, PIECE, null);
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}

/** SHA-256 of what JSON makes of a value. */
export function hashOfJson(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** Hashes of files of a folder, by name. */
export function hashesOf(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, hashOf(join(folder, name))]));
}

/**
 * Compares files of a folder with the hashes that its record holds.
 * @throws where one is missing or another: the folder is not what was written
 */
export function checkHashes(folder: string, hashes: Record<string, unknown>, remedy: string): void {
  for (const [name, expected] of Object.entries(hashes)) {
    const path = join(folder, basename(name));
    if (!existsSync(path))
      throw new CellkernelError("not-whole", `${folder} is not whole: ${name} is missing: ${remedy}`, {
        path,
      });
    if (hashOf(path) !== expected)
      throw new CellkernelError(
        "not-whole",
        `${path} is not the file that was written with this folder: ${remedy}`,
        { path },
      );
  }
}
