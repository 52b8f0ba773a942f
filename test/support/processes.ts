import { execFileSync } from "node:child_process";

/** A process of this machine. */
export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** All processes (Linux and macOS). */
export function processes(): Process[] {
  const listed = execFileSync("ps", ["-A", "-o", "pid=,ppid=,command="], { encoding: "utf8" });
  return listed
    .trim()
    .split("\n")
    .map((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!;
      return { pid: Number(pid), parent: Number(parent), command };
    });
}

/** A process's children, theirs, and so on. */
export function descendants(pid: number, all = processes()): Process[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendants(child.pid, all)]);
}

/** Resolves when `condition` holds; rejects after `seconds`, saying what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, seconds: number) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
