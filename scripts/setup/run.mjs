// Runs the programs that the set-up needs, quietly, and says what went wrong when one fails.
import { spawn } from "node:child_process";
import { root, windows } from "./paths.mjs";

/** A failure whose message is all that the user needs: no stack is printed. */
export class SetupError extends Error {}

/** Programs under way; ended when the user stops us. */
const running = new Set();
let stopped = false;

for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    stopped = true;
    for (const child of running) child.kill(signal);
  });

/** Runs a program to its end; on failure throws with the last lines that it printed. */
export async function run(title, [command, args], options = {}) {
  const started = performance.now();
  const { code, output } = await capture(command, args, options);
  if (stopped) throw new SetupError("Stopped.");
  if (code !== 0) {
    const tail = output.trimEnd().split("\n").slice(-30).join("\n");
    throw new SetupError(`${title}: failed (${[command, ...args].join(" ")})\n${tail}`);
  }
  console.log(`  ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return output;
}

/** Runs a program and returns its exit code (−1 when it cannot be started) and all that it printed. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const shell = windows && command.endsWith(".cmd");
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell, ...options });
    track(child);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", (error) => resolve({ code: -1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? -1, output }));
  });
}

/** Runs a program that talks to the user itself; returns its exit code. It ends when we are stopped. */
export function hand(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    track(child);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

function track(child) {
  running.add(child);
  child.on("close", () => running.delete(child));
}
