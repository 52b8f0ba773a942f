import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Everything that is particular to one operating system. Linux is tested;
 * macOS and Windows are written for and untested.
 */

/** Whether a signal can break into synchronous JavaScript. Windows has no SIGINT for that. */
export const canSignal = process.platform !== "win32";

/** Whether the process that started us has ended, so that nobody will ever talk to us again. */
export function isOrphan(parentAtStart: number): boolean {
  return process.platform !== "win32" && process.ppid !== parentAtStart;
}

/** Process ids of the descendants of a process, those that block it (`execSync`) included. */
export function descendants(pid: number): number[] {
  const parents = parentTable();
  const found = [pid];
  for (const ancestor of found) {
    for (const [child, parent] of parents) if (parent === ancestor) found.push(child);
  }
  return found.slice(1);
}

/** Each process with its parent. On Windows nothing is found, and child processes are left alone. */
function parentTable(): [pid: number, parent: number][] {
  try {
    if (process.platform === "linux") {
      return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((name) => [Number(name), parentOf(name)]);
    }
    if (process.platform === "darwin") {
      const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
      return table
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
    }
  } catch {
    // No way to find out: nothing to signal.
  }
  return [];
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces: count the fields behind it.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    // It ended while we looked.
    return 0;
  }
}

/** Sends a signal to processes; one that has ended already needs none. */
export function signal(pids: number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  }
}

/** Makes a folder and those above it. (Node's own `recursive` never returns where a file system refuses, as `/proc` does.) */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another kernel may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

/** Containers run under user ids that no list of users has: without `HOME`, Node then knows no home. */
function home(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}

/** Jupyter's data directory of this user (https://docs.jupyter.org/en/latest/use/jupyter-directories.html). */
export function jupyterDataDirectory(): string {
  if (process.env.JUPYTER_DATA_DIR) return process.env.JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(home(), "Library", "Jupyter");
  if (process.platform === "win32") {
    return join(process.env.APPDATA || join(home(), "AppData", "Roaming"), "jupyter");
  }
  return join(process.env.XDG_DATA_HOME || join(home(), ".local", "share"), "jupyter");
}

/** Where this user's programs keep what can be made again. */
export function cacheDirectory(): string {
  if (process.platform === "darwin") return join(home(), "Library", "Caches", "cellkernel");
  if (process.platform === "win32") {
    return join(process.env.LOCALAPPDATA || join(home(), "AppData", "Local"), "cellkernel", "Cache");
  }
  return join(process.env.XDG_CACHE_HOME || join(home(), ".cache"), "cellkernel");
}

/** Where Jupyter looks for the kernels of every user of this machine. */
export function systemDataDirectory(): string {
  if (process.platform === "win32") return join(process.env.PROGRAMDATA || "C:\\ProgramData", "jupyter");
  return "/usr/local/share/jupyter";
}

/** Address of a socket, as each transport writes it. */
export function address(connection: { transport: string; ip: string }, port: number): string {
  return connection.transport === "ipc"
    ? `ipc://${connection.ip}-${port}`
    : `${connection.transport}://${connection.ip}:${port}`;
}
