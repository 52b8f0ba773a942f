import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkWritableFolder, destinationOf } from "./destination.js";
import { CellkernelError } from "./error.js";
import { lock } from "./flock.js";
import { isAlive, ownIdentity, type ProcessIdentity } from "./processes.js";

/**
 * Claims a folder for hours of work that ends in it, so that no two processes do it for one. The claim dies with
 * its process: what a killed one left is recognised, also where its id is another's by now.
 *
 * @returns a function that gives it back
 * @throws where a living process holds it, and where it can't be written
 */
export function claim(target: string): () => void {
  checkWritableFolder(target);
  const path = destinationOf(target);
  const name = join(dirname(path), `.${basename(path)}.lock`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    for (;;) {
      const descriptor = take(name, target);
      if (descriptor === undefined) continue;
      return () => {
        rmSync(name, { force: true });
        closeSync(descriptor);
      };
    }
  } catch (error) {
    if (error instanceof CellkernelError) throw error;
    throw new CellkernelError("path", `${target} cannot be written: ${(error as Error).message}`, {
      path: target,
    });
  }
}

/** Makes the lock; undefined where it has to be tried again, because a dead process's was cleared. */
function take(name: string, target: string): number | undefined {
  const made = open(name, "wx");
  const descriptor = made ?? open(name, "r");
  if (descriptor === undefined) return undefined;
  try {
    const state = lock(descriptor);
    const holder = made === undefined ? read(name) : undefined;
    if (state === "held" || (holder && isAlive(holder)))
      throw new CellkernelError(
        "path",
        `${target} is being written by another run (process ${holder?.pid ?? "unknown"}); wait for its end, or give another folder`,
        { path: target, pid: holder?.pid },
      );
    if (made === undefined) {
      if (isSame(descriptor, name)) rmSync(name, { force: true });
      closeSync(descriptor);
      return undefined;
    }
    const { pid, start } = ownIdentity();
    writeSync(descriptor, `${pid} ${start ?? ""}`);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Undefined where there is one already, or none. */
function open(name: string, flags: "wx" | "r"): number | undefined {
  try {
    return openSync(name, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== (flags === "wx" ? "EEXIST" : "ENOENT")) throw error;
    return undefined;
  }
}

/** Whether the name still stands for what was opened. */
function isSame(descriptor: number, name: string): boolean {
  return fstatSync(descriptor).ino === statSync(name, { throwIfNoEntry: false })?.ino;
}

/** Undefined where it was given back, or not yet written whole. */
function read(name: string): ProcessIdentity | undefined {
  try {
    const [pid, start] = readFileSync(name, "utf8").split(" ");
    return Number(pid) > 0 ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}
