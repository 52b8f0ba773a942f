import { readFileSync } from "node:fs";

/** A process, told apart from a later one with the same id by when it started; that is undefined where no system says. */
export interface ProcessIdentity {
  pid: number;
  start?: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) };
}

/** Whether a process of this machine, or of this container, lives. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
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
