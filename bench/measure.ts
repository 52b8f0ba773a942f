import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Characters of a program's complaints that are kept. */
const COMPLAINT = 4000;

/** What a program that was timed said in its last line of JSON, beside its whole time. */
export interface Measurement {
  /** Seconds from start to exit, loading included. */
  wall: number;
  /** The program's own report. */
  report: Record<string, unknown>;
}

/** How a program is run beside its arguments. */
export interface Running {
  /** Variables beside those of this process. */
  env?: Record<string, string>;
  /** After so many seconds it is ended. */
  seconds?: number;
  /** Given its process id when it has one. */
  onStart?: (pid: number) => void;
  /** What to do with each line on its stdout. */
  onLine?: (line: string) => void;
}

/** Runs a program to its end. Fails with what it wrote on stderr. */
export function follow(
  program: string,
  args: string[],
  { env, seconds, onStart, onLine }: Running = {},
): Promise<void> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  const timer = seconds === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  let complaint = "";
  createInterface({ input: child.stdout }).on("line", (line) => onLine?.(line));
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-COMPLAINT);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else if (signal === "SIGKILL" && seconds !== undefined)
        reject(new Error(`${program} was ended after ${seconds.toFixed(0)} s`));
      else reject(new Error(`${program} ended with ${code ?? signal}: ${complaint.trim()}`));
    });
  });
}

/** Runs a program to its end; its last line on stdout is its report. Fails with what it wrote on stderr. */
export async function measure(program: string, args: string[]): Promise<Measurement> {
  const start = performance.now();
  let last = "";
  await follow(program, args, {
    onLine: (line) => {
      last = line;
    },
  });
  return { wall: (performance.now() - start) / 1000, report: JSON.parse(last) };
}

/** The middle of some numbers. */
export function medianOf(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
