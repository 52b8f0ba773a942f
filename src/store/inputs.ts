import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { CellkernelError } from "../support/error.js";
import { hashOfJson } from "./hash.js";

/** A file or folder that was read, as it is recognised later: by its content, wherever it is and whatever it is called. */
export interface Input {
  /** SHA-256 of the file; of the names and hashes of its files where it is a folder. */
  sha256: string;
  /** What the file system said of each file: while that is the same, nobody wrote to it, and its hash holds. */
  stamps: Stamp[];
}

interface Stamp {
  path: string;
  /** Device, inode, bytes, and the times of the last change of the content and of the inode, in nanoseconds. */
  state: string;
}

/**
 * Files of a Matrix Market folder that are read of it, the counts in one file or by parts (`spliced.mtx`, …); whatever else lies
 * there, results say, is not its content.
 */
export const MATRIX_MARKET = /(\.mtx|(barcodes|features|genes)\.tsv)(\.gz)?$/;

/** A change within the tick of the file system's clock leaves no trace: what is so new is read again. */
const TICK_MS = 2000;

/**
 * The stamps of a file or a folder.
 * @throws where there is none
 */
export function stampsOf(path: string): Stamp[] {
  return filesOf(resolve(path)).map((file) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return { path: file, state: [dev, ino, size, mtimeNs, ctimeNs].join(" ") };
  });
}

/**
 * The content of a file or folder. What a hash is known for is read only where it was touched since: the time of the
 * inode's change moves with every write, and no program can set it back, as `cp -p` or `touch` do with that of the content.
 *
 * @param known inputs whose hashes were recorded
 */
export async function readInput(
  path: string,
  known: readonly Input[] = [],
  signal?: AbortSignal,
): Promise<Input> {
  const stamps = stampsOf(path);
  const now = JSON.stringify(stamps);
  const same = known.find((one) => one.stamps.length > 0 && JSON.stringify(one.stamps) === now);
  if (same) return same;
  const root = resolve(path);
  const hashes: [string, string][] = [];
  for (const { path: file } of stamps) hashes.push([relative(root, file), await hashOfLong(file, signal)]);
  const sha256 = hashes.length === 1 && hashes[0][0] === "" ? hashes[0][1] : hashOfJson(hashes);
  const newest = Math.max(...stamps.map((stamp) => Number(stamp.state.split(" ")[4]) / 1e6));
  return { sha256, stamps: Date.now() - newest < TICK_MS ? [] : stamps };
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) throw new CellkernelError("path", `${path} does not exist.`, { path });
  if (!statSync(path).isDirectory()) return [path];
  const own = readdirSync(path).filter((name) => MATRIX_MARKET.test(name));
  const names = own.length > 0 ? own : (readdirSync(path, { recursive: true }) as string[]);
  return names
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

/** The hash of a file of many gigabytes, letting other work and a stop through in between. */
async function hashOfLong(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(part);
  }
  return hash.digest("hex");
}
