import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const SCRIPT = "test/cluster/slurm.sh";
/** The script's exit code where this machine or user can't do it; its one line says why. */
const CANNOT = 3;

/** Installs Slurm where it is missing. @returns why the tests on it can't run; false where they can */
export function slurmMissing(): string | false {
  if (process.platform !== "linux") return "Slurm is tested on Linux";
  const { status, stdout, stderr } = spawnSync(SCRIPT, ["install"], { encoding: "utf8" });
  if (status === CANNOT) return stdout.trim();
  if (status !== 0) throw new Error(`Slurm can't be installed: ${stderr}`);
  return false;
}

/** Two nodes of one core each. */
export class Slurm {
  constructor(private readonly folder: string) {
    const { status, stdout, stderr } = spawnSync(SCRIPT, ["start", folder], { encoding: "utf8" });
    if (status !== 0) throw new Error(`Slurm did not start: ${stdout}${stderr}`);
  }

  /** Ids of jobs that run, on a node or on all. */
  running(node?: string): string[] {
    const where = node === undefined ? [] : ["--nodelist", node];
    return this.ask("squeue", "--noheader", "--states=RUNNING", ...where, "--format=%A")
      .split("\n")
      .filter(Boolean);
  }

  /** Ends all jobs, and waits for their end. */
  cancelAll(): void {
    this.ask("scancel", "--me");
    while (this.ask("squeue", "--noheader", "--me")) this.ask("sleep", "0.2");
  }

  kill(node: string): void {
    execFileSync(SCRIPT, ["kill", this.folder, node]);
  }

  stop(): void {
    execFileSync(SCRIPT, ["stop", this.folder]);
    if (existsSync("/etc/slurm/slurm.conf")) throw new Error("/etc/slurm/slurm.conf was left behind");
  }

  /** What a program of Slurm's prints. */
  ask(program: string, ...args: string[]): string {
    return execFileSync(program, args, { encoding: "utf8", env: this.environment() }).trim();
  }

  environment(): NodeJS.ProcessEnv {
    return { ...process.env, SLURM_CONF: join(this.folder, "slurm.conf") };
  }
}
