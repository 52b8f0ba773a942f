import { execFileSync } from "node:child_process";

/** A process of this machine. */
export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** All processes (Linux and macOS) but those that have ended and whose parent has not asked for their exit code. */
export function processes(): Process[] {
  const listed = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,command="], { encoding: "utf8" });
  return listed
    .trim()
    .split("\n")
    .filter((line) => !/^\s*\d+\s+\d+\s+Z/.test(line))
    .map((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+\S+\s+(.*)$/.exec(line)!;
      return { pid: Number(pid), parent: Number(parent), command };
    });
}

/** A process's children, theirs, and so on. */
export function descendants(pid: number, all = processes()): Process[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendants(child.pid, all)]);
}

/** For how long a process has used a core, to the second. */
export function secondsComputed(pid: number): number {
  const time = execFileSync("ps", ["-o", "time=", "-p", `${pid}`], { encoding: "utf8" });
  return time
    .trim()
    .split(":")
    .reduce((sum, part) => 60 * sum + Number(part), 0);
}

/** Resolves when `condition` holds; rejects after `seconds`, saying what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, seconds: number) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
