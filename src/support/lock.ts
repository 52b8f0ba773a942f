import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CellkernelError } from "./error.js";

/**
 * Claims a file or folder for hours of work that ends in it, so that no two processes do it for one. The claim dies with
 * its process: what a killed one left is recognised, also where its id is another's by now.
 *
 * @returns a function that gives it back
 * @throws where a living process holds it
 */
export function claim(target: string): () => void {
  const path = resolve(target);
  const lock = join(dirname(path), `.${basename(path)}.lock`);
  mkdirSync(dirname(path), { recursive: true });
  const own = `${process.pid} ${startOf(process.pid) ?? ""}`;
  for (;;) {
    try {
      writeFileSync(lock, own, { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = read(lock);
    if (holder && living(holder))
      throw new CellkernelError(
        "path",
        `${target} is being written by another run (process ${holder.pid}); wait for its end, or give another folder`,
        { path: target, pid: holder.pid },
      );
    rmSync(lock, { force: true });
  }
}

interface Holder {
  pid: number;
  start?: string;
}

/** Undefined where it was given back, or not yet written whole. */
function read(lock: string): Holder | undefined {
  try {
    const [pid, start] = readFileSync(lock, "utf8").split(" ");
    return Number(pid) > 0 ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}

function living({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startOf(pid);
  return now === undefined || !start || now === start;
}

/** When a process started, in ticks since the machine did; undefined where the system doesn't say. */
function startOf(pid: number): string | undefined {
  try {
    // The second field is the program's name, in parentheses, with whatever is in it.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[19];
  } catch {
    return undefined;
  }
}
