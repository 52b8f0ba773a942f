import type { ChildProcess } from "node:child_process";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { StringDecoder } from "node:string_decoder";
import { context } from "./context.js";
import type { Output } from "./output.js";

/**
 * A child process with `stdio: "inherit"` would write to Jupyter's log. Here its streams are piped instead, and
 * what it says stands below its cell: as it comes, or, where the cell waits for it (`execSync`), at its end.
 */

type Name = "stdout" | "stderr";
type Options = { stdio?: unknown; silent?: boolean; maxBuffer?: number } | undefined;
/** A function of `node:child_process`, whose options are the last argument but for a callback. */
type Start = (...args: unknown[]) => unknown;
type Outputs = { stdout?: Uint8Array | null; stderr?: Uint8Array | null };

export function captureInherited(output: Output): void {
  // The object that `import` and `require` hand out, which can be written to.
  const module = createRequire(import.meta.url)("node:child_process") as Record<string, Start>;
  const { spawn, fork, spawnSync, execSync, execFileSync } = module;
  module.spawn = (...args) => follow(redirect(args), spawn, output);
  module.fork = (...args) => {
    const options = optionsOf(args);
    const stdio = options?.stdio ?? (options?.silent ? "pipe" : "inherit");
    return follow(redirect(withOptions(args, { ...options, stdio, silent: true }), ["ipc"]), fork, output);
  };
  module.spawnSync = (...args) => {
    const { changed, streams } = redirect(args);
    const result = spawnSync(...changed) as Outputs;
    for (const name of streams) print(name, result[name], output);
    return result;
  };
  const waiting =
    (start: Start) =>
    (...args: unknown[]) => {
      const { changed, streams } = redirect(args);
      if (streams.length === 0) return start(...changed);
      // Without stdio, Node passes the error stream on by itself, and of a success gives no other way to have it.
      const passed = streams.includes("stderr")
        ? withOptions(changed, { ...optionsOf(changed), stdio: undefined })
        : changed;
      try {
        const stdout = start(...passed) as Uint8Array;
        if (!streams.includes("stdout")) return stdout;
        print("stdout", stdout, output);
        return null;
      } catch (error) {
        if (streams.includes("stdout")) print("stdout", (error as Outputs).stdout, output);
        throw error;
      }
    };
  module.execSync = waiting(execSync);
  module.execFileSync = waiting(execFileSync);
  syncBuiltinESMExports();
}

interface Redirected {
  changed: unknown[];
  /** The streams that were to be inherited. */
  streams: Name[];
}

/** The arguments with pipes in the place of the kernel's own streams. */
function redirect(args: unknown[], more: unknown[] = []): Redirected {
  const options = optionsOf(args);
  const given = options?.stdio;
  const stdio = Array.isArray(given)
    ? [...given]
    : given === "inherit"
      ? ["inherit", "inherit", "inherit", ...more]
      : [];
  // Ours has no number that a child could be given.
  const asks = stdio[0] === process.stdin;
  if (asks) stdio[0] = "inherit";
  const streams: Name[] = [];
  for (const [fd, name] of [
    [1, "stdout"],
    [2, "stderr"],
  ] as const) {
    if (stdio[fd] !== "inherit" && stdio[fd] !== fd && stdio[fd] !== process[name]) continue;
    stdio[fd] = "pipe";
    streams.push(name);
  }
  if (streams.length === 0 && !asks) return { changed: args, streams };
  return { changed: withOptions(args, { ...options, stdio, maxBuffer: Number.POSITIVE_INFINITY }), streams };
}

const isOptions = (value: unknown): value is NonNullable<Options> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof URL);

const optionsOf = (args: unknown[]): Options => args.find(isOptions);

function withOptions(args: unknown[], options: NonNullable<Options>): unknown[] {
  const at = args.findIndex(isOptions);
  return at < 0 ? [...args, options] : args.with(at, options);
}

function follow({ changed, streams }: Redirected, start: Start, output: Output): unknown {
  const cell = context.current;
  const child = start(...changed) as ChildProcess;
  for (const name of streams) {
    const decoder = new StringDecoder();
    child[name]?.on("data", (chunk: Buffer) => output.stream(name, decoder.write(chunk), cell));
  }
  return child;
}

function print(name: Name, data: Uint8Array | string | null | undefined, output: Output): void {
  if (data) output.stream(name, typeof data === "string" ? data : Buffer.from(data).toString());
}
