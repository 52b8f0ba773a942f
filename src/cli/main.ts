#!/usr/bin/env node
import { nodeFault } from "../support/nodeVersion.js";
import type { Command } from "./command.js";
import { COMMANDS } from "./commands.js";
import type { Order, Said } from "./perform.js";
import { supervised } from "./supervised.js";

/** Exit codes: a failure, a mistake on the command line. */
const FAILED = 1;
const MISUSED = 2;

/** How often a log, which keeps every line, gets one of progress: milliseconds. */
const A_MINUTE = 60_000;

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: string[]): Promise<number> {
  const fault = nodeFault();
  // The doctor says it with what else there is.
  if (fault && name !== "doctor") {
    console.error(`cellkernel: ${fault}`);
    return FAILED;
  }
  if (name === "kernel") return (await import("./kernel.js")).kernel(args);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(await overview());
    return name === undefined ? MISUSED : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    console.error(`cellkernel: there is no command "${name}".\n\n${await overview()}`);
    return MISUSED;
  }
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help(name, await COMMANDS[name]()));
    return 0;
  }
  return work({ name, args });
}

/** Does the command in a thread of its own, and shows what it says. */
function work(order: Order): Promise<number> {
  let drawn = false;
  let told = Date.now();
  return supervised(new URL("./work.js", import.meta.url), order, ({ progress, out, err }: Said) => {
    if (process.stderr.isTTY && (drawn || progress)) process.stderr.write(`\r\x1b[K${progress ?? ""}`);
    drawn = Boolean(progress);
    if (!process.stderr.isTTY && progress && Date.now() - told >= A_MINUTE) {
      told = Date.now();
      process.stderr.write(`${progress}\n`);
    }
    if (out !== undefined) console.log(out);
    if (err !== undefined) console.error(err);
  });
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(12)}${(await load()).summary}`),
  );
  return [
    "Usage: cellkernel COMMAND [arguments]",
    "",
    ...lines,
    `  ${"kernel".padEnd(12)}installs the Jupyter kernel: cellkernel kernel install`,
    "",
    "cellkernel COMMAND --help says more.",
  ].join("\n");
}

function help(name: string, command: Command): string {
  const options: [string, string][] = Object.entries(command.options).map(([option, { value, help }]) => [
    `--${option}${value === undefined ? "" : ` ${value}`}`,
    help,
  ]);
  options.push(["--json", "prints the result as one JSON object"]);
  const width = Math.max(...options.map(([left]) => left.length)) + 2;
  return [
    `Usage: cellkernel ${[name, command.positionals, "[options]"].filter(Boolean).join(" ")}`,
    "",
    `${command.summary[0].toUpperCase()}${command.summary.slice(1)}.`,
    "",
    ...options.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
  ].join("\n");
}
