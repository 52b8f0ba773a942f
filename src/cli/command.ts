import type { Flag } from "../settings/flags.js";

/** What a command is called with. */
export interface Invocation {
  positionals: string[];
  /** Values of the options that were given, by name; flags are `true`. */
  values: Record<string, string | true | undefined>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Shows a line on a terminal's stderr in place of the one before; where stderr is no terminal, one a minute. */
  progress(line: string): void;
}

/** A command of the command line: one file each in this folder, listed in `main.ts`. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** Arguments as the help shows them: "FILE"; of the last there may be several where it ends in "…". */
  positionals: string;
  /** Least number of them. */
  required: number;
  options: Record<string, Flag>;
  /** Does the work; what it returns is printed by `--json` as one object. Nothing is printed where it is undefined. */
  run(invocation: Invocation): Promise<object | undefined>;
  /** The result for people. */
  text(result: never): string;
  /** Whether the result, once printed, counts as a failure. */
  failed?(result: never): boolean;
}

/** Keeps the type of `run`'s result for `text`. */
export function command<Result extends object>(
  definition: Omit<Command, "run" | "text" | "failed"> & {
    run(invocation: Invocation): Promise<Result | undefined>;
    text(result: Result): string;
    failed?(result: Result): boolean;
  },
): Command {
  return definition;
}

/** A mistake on the command line: it is printed with a hint at `--help`. */
export class UsageError extends Error {}

/** A failure that another process says. */
export class Silent extends Error {}

/** The text of an option, if it was given. */
export function text({ values }: Invocation, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** One of the listed texts, if the option was given. */
export function oneOf<T extends string>(
  invocation: Invocation,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = text(invocation, name);
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  throw new UsageError(`--${name} is "${value}"; it must be one of ${choices.join(", ")}.`);
}
