import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What stands under a name of its own until it is whole, and what was moved out of the way for it. */
type Kind = "tmp" | "old";

/**
 * A name in the folder of `target` that no other process has, and by which what a killed process left is recognised.
 * It begins with a dot, so that nobody takes it for a result.
 */
export function temporaryName(target: string, kind: Kind = "tmp"): string {
  const unique = `${process.pid}-${randomBytes(6).toString("hex")}`;
  return join(dirname(target), `.${basename(target)}.${unique}.${kind}`);
}

/**
 * Clears what processes that were killed left beside `target`. What they had moved out of the way is put back where
 * nothing took its place; where a new folder did, the strangers' files follow into it. Those of living processes stay.
 *
 * @param own the names in a folder that go with the one before
 */
export function removeLeftovers(target: string, own: readonly string[] = []): void {
  const parent = dirname(target);
  const prefix = `.${basename(target)}.`;
  for (const entry of existsSync(parent) ? readdirSync(parent) : []) {
    const made =
      entry.startsWith(prefix) && /^(\d+)-[0-9a-f]{12}\.(tmp|old)$/.exec(entry.slice(prefix.length));
    if (!made || alive(Number(made[1]))) continue;
    const path = join(parent, entry);
    if (made[2] === "old" && !existsSync(target)) renameSync(path, target);
    else {
      if (made[2] === "old") moveOver(path, target, own);
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

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
