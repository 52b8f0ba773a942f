import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a program that was timed said in its last line of JSON, beside its whole time. */
export interface Measurement {
  /** Seconds from start to exit, loading included. */
  wall: number;
  /** The program's own report. */
  report: Record<string, unknown>;
}

/** Runs a program to its end; its last line on stdout is its report. Fails with what it wrote on stderr. */
export function measure(program: string, args: string[]): Promise<Measurement> {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let last = "";
  let complaint = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = line;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code !== 0) reject(new Error(`${program} ended with ${code ?? signal}: ${complaint.trim()}`));
      else resolve({ wall: (performance.now() - start) / 1000, report: JSON.parse(last) });
    });
  });
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
