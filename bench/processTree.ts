import { readdirSync, readFileSync } from "node:fs";

/**
 * Bytes of memory of a process and all that it started, what they share counted once (PSS). Linux.
 * @param word of several processes those alone whose command line has it
 */
export function treeMemory(root: number, word = ""): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : undefined;
    // The command's name, in brackets, may hold anything.
    const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid === root || (pid !== undefined && pid > 1 && isOurs(parents.get(pid)));
  let bytes = 0;
  for (const pid of parents.keys())
    if (isOurs(pid) && (read(`/proc/${pid}/cmdline`) ?? "").includes(word))
      bytes += 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0);
  return bytes;
}

/** Processes end while they are looked at. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
