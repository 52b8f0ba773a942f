import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join, sep } from "node:path";
import { CellkernelError } from "../../support/error.js";

/** A part of a store's folder: some bytes of a file, or the last ones. */
export type Range = { offset: number; length: number } | { suffixLength: number };

/** One read takes in this many bytes: more is no chunk that anybody writes. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The bytes of a file of a store, or undefined where there is none. Links are not followed out of the store, and only
 * plain files are read: a store may come from anybody.
 *
 * @param root the store's real path
 */
export function readPart(root: string, folder: string, name: string, range?: Range): Uint8Array | undefined {
  const path = join(folder, name);
  if (!isThere(path)) return undefined;
  const real = realpathSync(path);
  if (!real.startsWith(root + sep))
    throw new CellkernelError(
      "format",
      `${path} is a link out of the store, which is not followed. Put what it points to in its place (cp -rL).`,
      { path },
    );
  if (!lstatSync(real).isFile()) throw new CellkernelError("format", `${path} is not a file.`, { path });
  const file = openSync(real, "r");
  try {
    const { size } = fstatSync(file);
    const { offset, length } = placeOf(range, size, path);
    const bytes = new Uint8Array(length);
    if (readSync(file, bytes, 0, length, offset) !== length) throw cutShort(path);
    return bytes;
  } finally {
    closeSync(file);
  }
}

function placeOf(range: Range | undefined, size: number, path: string): { offset: number; length: number } {
  const length = range === undefined ? size : "offset" in range ? range.length : range.suffixLength;
  const offset = range === undefined ? 0 : "offset" in range ? range.offset : size - length;
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw cutShort(path);
  if (length > MOST_BYTES)
    throw new CellkernelError("format", `${path} is too large to be one chunk (${length} bytes).`, { path });
  return { offset, length };
}

function cutShort(path: string): CellkernelError {
  return new CellkernelError("format", `${path} is cut short.`, { path });
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}

/** Names of the folders in a folder. Links are refused: they lead in circles, or out of the store. */
export function foldersIn(folder: string): string[] {
  const names: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink())
      throw new CellkernelError(
        "format",
        `${join(folder, entry.name)} is a link, which is not followed. Put what it points to in its place (cp -rL).`,
        { path: join(folder, entry.name) },
      );
    if (entry.isDirectory()) names.push(entry.name);
  }
  return names;
}

/** Sizes of all files in an array's folder. */
export function storedSizes(folder: string): number[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => lstatSync(join(entry.parentPath, entry.name)).size);
}

/** The version of the format, where a folder is the root of a store. */
export function storeVersion(folder: string): 2 | 3 | undefined {
  if (isThere(join(folder, "zarr.json"))) return 3;
  return [".zgroup", ".zarray", ".zmetadata"].some((name) => isThere(join(folder, name))) ? 2 : undefined;
}

/**
 * Copies a store, file by file. Nothing but folders and plain files is copied: whoever writes to the copy would write
 * through a link.
 */
export function copyStore(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyStore(source, copy);
    else if (entry.isFile()) {
      copyFileSync(source, copy, constants.COPYFILE_FICLONE);
      chmodSync(copy, statSync(copy).mode | 0o600);
    } else
      throw new CellkernelError(
        "format",
        `${source} is a link or no plain file, which is not copied. Put what it points to in its place (cp -rL).`,
        { path: source },
      );
  }
}
