#!/usr/bin/env node
import { parseArgs } from "node:util";
import { FlagError } from "../settings/flags.js";
import { type Command, type Invocation, UsageError } from "./command.js";

/** The commands, loaded when they are called. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  annotate: async () => (await import("./annotate.js")).annotateCommand,
  ensemble: async () => (await import("./ensemble.js")).ensembleCommand,
  evaluate: async () => (await import("./evaluate.js")).evaluateCommand,
  finetune: async () => (await import("./finetune.js")).finetuneCommand,
  gpu: async () => (await import("./gpu.js")).gpuCommand,
  inspect: async () => (await import("./inspect.js")).inspectCommand,
  preprocess: async () => (await import("./preprocess.js")).preprocessCommand,
  resume: async () => (await import("./resume.js")).resumeCommand,
  simulate: async () => (await import("./simulate.js")).simulateCommand,
};

/** Exit codes: a failure, a mistake on the command line, Ctrl-C. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: string[]): Promise<number> {
  if (name === "kernel") return (await import("./kernel.js")).kernel(args);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(await overview());
    return name === undefined ? MISUSED : 0;
  }
  if (!(name in COMMANDS)) {
    console.error(`cellkernel: there is no command "${name}".\n\n${await overview()}`);
    return MISUSED;
  }
  const command = await COMMANDS[name]();
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help(name, command));
    return 0;
  }
  return await run(name, command, args);
}

async function run(name: string, command: Command, args: string[]): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error("Interrupted; nothing was left behind."));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  let drawn = false;
  const progress = (line: string) => {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\x1b[K${line}`);
    drawn = line !== "";
  };
  try {
    const { positionals, values } = parse(command, args);
    const result = await command.run({ positionals, values, signal: stop.signal, progress });
    if (drawn) progress("");
    console.log(values.json ? JSON.stringify(result) : command.text(result as never));
    return command.failed?.(result as never) ? FAILED : 0;
  } catch (error) {
    if (drawn) progress("");
    const { message } = error as Error;
    const misused = error instanceof UsageError || error instanceof FlagError;
    const hint = misused ? `\nSee: cellkernel ${name} --help` : "";
    console.error(`cellkernel ${name}: ${message}${hint}`);
    if (stop.signal.aborted) return INTERRUPTED;
    return misused ? MISUSED : FAILED;
  }
}

function parse(command: Command, args: string[]): Pick<Invocation, "positionals" | "values"> {
  const options = Object.entries(command.options).map(([name, { value }]) => [
    name,
    { type: value === undefined ? "boolean" : "string" } as const,
  ]);
  try {
    const { positionals, values } = parseArgs({
      args,
      options: { ...Object.fromEntries(options), json: { type: "boolean" } },
      allowPositionals: true,
    });
    const named = command.positionals.split(" ").filter(Boolean);
    const most = named.at(-1) === "…" ? Number.POSITIVE_INFINITY : named.length;
    if (positionals.length < command.required || positionals.length > most)
      throw new UsageError(
        `expected ${command.positionals || "no argument"}, got ${positionals.join(" ") || "none"}.`,
      );
    return { positionals, values: values as Invocation["values"] };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
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
