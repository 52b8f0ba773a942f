import { createHash, type Hash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { CellkernelError } from "../support/error.js";
import { MATRIX_MARKET } from "./inputs.js";

/** Bytes of a piece, and pieces that are read of all files together. */
const PIECE = 1 << 16;
const PIECES = 256;

/** Files that say what a folder's other files are: Zarr's metadata. */
const METADATA = /^(\.z(group|array|attrs|metadata)|zarr\.json)$/;

/** What tells data from other data at the cost of some megabytes read, however large they are. */
export interface Fingerprint {
  /** Bytes of a file, of the files that were looked at of a folder. */
  bytes: number;
  /** SHA-256 of the names of its files, of the sizes of those that were looked at, and of pieces of them. */
  sha256: string;
}

/**
 * Looks at a file, or at a folder's files: the sizes and up to 256 pieces of 64 KiB, evenly spread, the first and the last
 * among them; of a smaller file all of it. It stays the same wherever the data are copied to and whenever. It sees
 * another file, one cut short or written anew; it does not see a change in place that keeps the length and lies between the pieces.
 * @throws where there is none
 */
export function fingerprintOf(path: string): Fingerprint {
  if (!existsSync(path)) throw new CellkernelError("path", `${path} does not exist.`, { path });
  const hash = createHash("sha256");
  const files = lookedAt(path, hash);
  const each = Math.max(1, Math.floor(PIECES / files.length));
  let bytes = 0;
  for (const file of files) bytes += addFile(file, each, hash);
  return { bytes, sha256: hash.digest("hex") };
}

/** The file, or those of a folder that tell it from another; all names go into the hash. */
function lookedAt(path: string, hash: Hash): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const folder = resolve(path);
  const all = filesBelow(folder).map((file) => file.slice(folder.length));
  // What else lies in a folder of a matrix, the plan itself say, is not its content.
  const own = all.filter((name) => dirname(name) === sep && MATRIX_MARKET.test(name));
  const names = (own.length > 0 ? own : all).sort();
  for (const name of names) hash.update(`${name}\n`);
  const [described, others] = [true, false].map((wanted) =>
    names.filter((name) => METADATA.test(basename(name)) === wanted),
  );
  const most = Math.min(others.length, PIECES);
  const some = Array.from(
    { length: most },
    (_, i) => others[Math.floor((i * others.length) / Math.max(1, most))],
  );
  return [...described, ...some].map((name) => join(path, name));
}

/**
 * The files in a folder and in its folders. Links are followed, since a folder of matrices is often made of links to where they
 * lie; those that lead in circles are not.
 */
function filesBelow(folder: string, above: readonly string[] = []): string[] {
  const real = realpathSync(folder);
  if (above.includes(real)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
    if (kind?.isDirectory()) return filesBelow(path, [...above, real]);
    return kind?.isFile() ? [path] : [];
  });
}

/** @returns its size */
function addFile(file: string, pieces: number, hash: Hash): number {
  const { size } = statSync(file);
  hash.update(`${size} `);
  const buffer = Buffer.allocUnsafe(PIECE);
  const descriptor = openSync(file, "r");
  try {
    const count = Math.min(Math.max(2, pieces), Math.ceil(size / PIECE));
    for (let i = 0; i < count; i++) {
      const at = count * PIECE >= size ? i * PIECE : Math.floor((i * (size - PIECE)) / (count - 1));
      hash.update(buffer.subarray(0, readSync(descriptor, buffer, 0, PIECE, at)));
    }
  } finally {
    closeSync(descriptor);
  }
  return size;
}
