import { parseArgs } from "node:util";
import { FlagError } from "../settings/flags.js";
import { printable } from "../support/printable.js";
import { type Command, type Invocation, Silent, UsageError } from "./command.js";
import { COMMANDS } from "./commands.js";

/** The command to do, with what follows it on the command line. */
export interface Order {
  name: string;
  args: string[];
}

/** What is to be shown. */
export interface Said {
  /** A line in place of the one before. */
  progress?: string;
  out?: string;
  err?: string;
}

/** Exit codes: a failure, a mistake on the command line, Ctrl-C. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

/**
 * Does a command.
 * @param signal stops it
 * @returns the exit code: 0 done, 1 failed, 2 a mistake on the command line, 130 stopped
 */
export async function perform(
  { name, args }: Order,
  say: (said: Said) => void,
  signal: AbortSignal,
): Promise<number> {
  let command: Command | undefined;
  try {
    command = await COMMANDS[name]();
    const { positionals, values } = parse(command, args);
    const result = await command.run({
      ...{ positionals, values, signal },
      progress: (progress) => say({ progress: printable(progress) }),
    });
    if (result === undefined) return 0;
    say({ out: values.json ? JSON.stringify(result) : printable(command.text(result as never)) });
    return command.failed?.(result as never) ? FAILED : 0;
  } catch (error) {
    if (error instanceof Silent) return signal.aborted ? INTERRUPTED : FAILED;
    const misused = error instanceof UsageError || error instanceof FlagError;
    const hint = misused ? `\nSee: cellkernel ${name} --help` : "";
    // Names out of a file must not command the terminal.
    say({ err: `cellkernel ${name}: ${printable(explained(error as NodeJS.ErrnoException))}${hint}` });
    if (signal.aborted) return INTERRUPTED;
    return misused ? MISUSED : FAILED;
  }
}

/** Node's own words for a lack of descriptors name a file of ours that has nothing to do with it. */
function explained({ code, message }: NodeJS.ErrnoException): string {
  if (code !== "EMFILE" && code !== "ENFILE") return message;
  return `this system allows too few open files (${message}): raise the limit, say by "ulimit -n 1024"`;
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
    const many = /…\]?$/.test(command.positionals);
    const most = many ? Number.POSITIVE_INFINITY : command.positionals.split(" ").filter(Boolean).length;
    if (positionals.length < command.required || positionals.length > most)
      throw new UsageError(
        `expected ${command.positionals || "no argument"}, got ${positionals.join(" ") || "none"}.`,
      );
    return { positionals, values: values as Invocation["values"] };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}
