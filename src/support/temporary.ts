import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isLocked, lock } from "./flock.js";
import { isAlive, ownIdentity } from "./processes.js";

/** What stands under a name of its own until it is whole, and what was moved out of the way for it. */
type Kind = "tmp" | "old";

/** Names may have 255 bytes; ours have some 50 more than the target's. */
const LONGEST_NAME = 180;

/**
 * A name in the folder of `target` that no other process has, and by which what a killed process left is recognised.
 * It begins with a dot, so that nobody takes it for a result.
 */
export function temporaryName(target: string, kind: Kind = "tmp"): string {
  const { pid, start } = ownIdentity();
  const unique = [pid, ...(start ? [start] : []), randomBytes(6).toString("hex")].join("-");
  return join(dirname(target), `${prefixOf(target)}${unique}.${kind}`);
}

function prefixOf(target: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name) <= LONGEST_NAME) return `.${name}.`;
  return `.${createHash("sha256").update(name).digest("hex").slice(0, 32)}.`;
}

/**
 * Marks what stands under a temporary name as a living process's, for processes in other containers, which see neither its id
 * nor its end.
 * @returns ends that
 */
export function hold(temporary: string): () => void {
  const descriptor = openSync(temporary, "r");
  lock(descriptor);
  return () => closeSync(descriptor);
}

/**
 * Clears what processes that were killed left beside `target`. What they had moved out of the way is put back where
 * nothing took its place; where a new folder did, the strangers' files follow into it. Those of living processes stay.
 *
 * @param own the names in a folder that go with the one before
 */
export function removeLeftovers(target: string, own: readonly string[] | "all" = []): void {
  const parent = dirname(target);
  const prefix = prefixOf(target);
  for (const entry of existsSync(parent) ? readdirSync(parent) : []) {
    const made =
      entry.startsWith(prefix) &&
      /^(\d+)(?:-(\d+))?-[0-9a-f]{12}\.(tmp|old)$/.exec(entry.slice(prefix.length));
    if (!made) continue;
    const [, pid, start, kind] = made;
    const path = join(parent, entry);
    if (isAlive({ pid: Number(pid), start }) || isLocked(path)) continue;
    if (kind === "old" && !existsSync(target)) renameSync(path, target);
    else {
      if (kind === "old" && own !== "all") moveOver(path, target, own);
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Moves the entries of one folder to another, but for its own and those that are there already. */
export function moveOver(from: string, to: string, own: readonly string[]): void {
  for (const name of readdirSync(from))
    if (!own.includes(name) && !existsSync(join(to, name))) renameSync(join(from, name), join(to, name));
}

/** Sees to it that a file, or the names in a folder, are on the disk. */
export function flush(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
