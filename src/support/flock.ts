import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";

/** LOCK_EX | LOCK_NB of flock(2). */
const EXCLUSIVE_AT_ONCE = 2 | 4;

/** flock(2) of the C library: 0, or −1 and what `errno` says; undefined on systems that have none. */
let call: ((descriptor: number) => number) | undefined | null = null;

function flock(descriptor: number): number | undefined {
  if (call === null) call = load();
  return call?.(descriptor);
}

function load(): ((descriptor: number) => number) | undefined {
  if (process.platform === "win32") return undefined;
  try {
    // Loaded here: it takes a while, and most processes write nothing.
    const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
    const library = koffi.load(null);
    const native = library.func("int flock(int, int)");
    // The library is held as long as the function is: Koffi unloads what nobody holds.
    return (descriptor) => (library && native(descriptor, EXCLUSIVE_AT_ONCE) === 0 ? 0 : koffi.errno());
  } catch {
    return undefined;
  }
}

/**
 * Locks an open file or folder for whoever opened it. The system gives the lock back when that is closed, also when its
 * process is killed, and tells processes of other containers apart, which may have the same id.
 *
 * @returns "taken"; "held" where somebody else has it; "unknown" where system or file system know no locks
 */
export function lock(descriptor: number): "taken" | "held" | "unknown" {
  const failure = flock(descriptor);
  if (failure === 0) return "taken";
  return failure === constants.errno.EWOULDBLOCK ? "held" : "unknown";
}

/** Whether somebody has a lock on a file or folder. */
export function isLocked(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    return lock(descriptor) === "held";
  } finally {
    closeSync(descriptor);
  }
}
