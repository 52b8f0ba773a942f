import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { treeMemory } from "../../bench/processTree.js";
import { until } from "../support/processes.js";

/** How often the memory is looked at (milliseconds). */
const GLANCE = 200;

/** Files of a control group that limits memory, by the version of the kernel's interface: limit, peak. */
const VERSIONS = [
  { folder: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
  {
    folder: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    peak: "memory.max_usage_in_bytes",
  },
];

/** A program under Binder's limits: one processor, so much memory where this machine lets us set a limit. */
export class Limited {
  readonly process: ChildProcess;
  /** Most memory of the program and all that it started, what they share counted once (PSS, bytes). */
  peak = 0;
  readonly #group: ControlGroup | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(command: string[], bytes: number, options: { cwd: string; env: Record<string, string> }) {
    this.#group = controlGroup(bytes);
    const enter = this.#group ? `echo $$ > ${this.#group.folder}/cgroup.procs && ` : "";
    this.process = spawn(
      "/usr/bin/taskset",
      ["-c", firstProcessor(), "/bin/sh", "-c", `${enter}exec "$@"`, "sh", ...command],
      { ...options, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#timer = setInterval(() => {
      this.peak = Math.max(this.peak, treeMemory(this.process.pid!));
    }, GLANCE);
  }

  /** What the kernel held against the limit at most, its caches of files included (bytes); undefined without one. */
  charged(): number | undefined {
    return this.#group && Number(readFileSync(join(this.#group.folder, this.#group.peak), "utf8"));
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.process.kill("SIGTERM");
    await until("the program to end", () => this.process.exitCode !== null || !!this.process.signalCode, 20);
    const group = this.#group;
    if (!group) return;
    const procs = () => readFileSync(join(group.folder, "cgroup.procs"), "utf8");
    await until("all that it started to end", () => procs() === "", 20);
    rmdirSync(group.folder);
  }
}

interface ControlGroup {
  folder: string;
  peak: string;
}

/** A group of this machine's kernel with a limit on its memory; undefined where we may not make one. */
function controlGroup(bytes: number): ControlGroup | undefined {
  for (const version of VERSIONS) {
    const folder = join(version.folder, `cellkernel-binder-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      writeFileSync(join(folder, version.limit), String(bytes), { flag: "r+" });
      return { folder, peak: version.peak };
    } catch {
      rmdirSync(folder);
    }
  }
  return undefined;
}

function firstProcessor(): string {
  return /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1];
}
