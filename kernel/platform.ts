import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

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

/** Process ids of our child processes, those that block the main thread (`execSync`) included. */
export function childProcesses(): number[] {
  const own = String(process.pid);
  try {
    if (process.platform === "linux") {
      return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name) && parentOf(name) === own)
        .map(Number);
    }
    if (process.platform === "darwin") {
      return execFileSync("pgrep", ["-P", own], { encoding: "utf8" }).split("\n").filter(Boolean).map(Number);
    }
  } catch {
    // The process ended while we looked, or there is no pgrep: nothing to signal.
  }
  return [];
}

function parentOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces: count the fields behind it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  } catch {
    return undefined;
  }
}

/** Jupyter's data directory of this user (https://docs.jupyter.org/en/latest/use/jupyter-directories.html). */
export function jupyterDataDirectory(): string {
  if (process.env.JUPYTER_DATA_DIR) return process.env.JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (process.platform === "win32") {
    return join(process.env.APPDATA ?? join(homedir(), "AppData", "Roaming"), "jupyter");
  }
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "jupyter");
}

/** Where Jupyter looks for the kernels of every user of this machine. */
export function systemDataDirectory(): string {
  if (process.platform === "win32") return join(process.env.PROGRAMDATA ?? "C:\\ProgramData", "jupyter");
  return "/usr/local/share/jupyter";
}

/** Address of a socket, as each transport writes it. */
export function address(connection: { transport: string; ip: string }, port: number): string {
  return connection.transport === "ipc"
    ? `ipc://${connection.ip}-${port}`
    : `${connection.transport}://${connection.ip}:${port}`;
}
