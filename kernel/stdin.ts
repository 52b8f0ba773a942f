import { createRequire, syncBuiltinESMExports } from "node:module";
import { PassThrough, Readable } from "node:stream";
import { promisify } from "node:util";
import { CellEnded, type Input } from "./input.js";

/**
 * Nobody types into the kernel's own standard input. What reads it asks the user below the cell instead:
 * `process.stdin`, and the interfaces that `node:readline` puts before it.
 */
export function askThroughStdin(input: Input): void {
  let stdin = new Questions(input);
  // One that has ended, perhaps with its cell, is followed by another.
  const get = () => {
    if (stdin.destroyed) stdin = new Questions(input);
    return stdin;
  };
  Object.defineProperty(process, "stdin", { get, configurable: true, enumerable: true });
  const require = createRequire(import.meta.url);
  for (const name of ["node:readline", "node:readline/promises"] as const) {
    const module = require(name) as { createInterface: (...args: unknown[]) => Interface };
    const { createInterface } = module;
    const withPromises = name === "node:readline/promises";
    module.createInterface = (...args) => {
      const [first, output] = args as [Options | Readable, unknown];
      const options = first instanceof Readable ? { input: first, output } : first;
      if (options?.input !== stdin) return createInterface(...args);
      const silent = { ...options, input: new PassThrough(), terminal: false };
      return asking(createInterface(silent), input, withPromises);
    };
  }
  syncBuiltinESMExports();
}

interface Options {
  input?: unknown;
}

/** What we use of either module's interface. */
interface Interface extends NodeJS.EventEmitter {
  closed: boolean;
  question: (query: string, ...rest: never[]) => unknown;
  prompt(): void;
  getPrompt(): string;
}

type Answered = (answer: string) => void;
type Question = { signal?: AbortSignal };

/** An interface whose questions and lines come from the user. */
function asking(lines: Interface, input: Input, withPromises: boolean): Interface {
  const { question } = lines;
  const ask = (query: string, { signal }: Question = {}): Promise<string> => {
    // It refuses by itself.
    if (lines.closed) return Promise.resolve(question.call(lines, query) as string);
    return Promise.race([input.ask(query, false), ...(signal ? [aborted(signal)] : [])]);
  };
  const withCallback = (query: string, ...rest: [Answered] | [Question, Answered]) => {
    const answered = rest.at(-1) as Answered;
    void ask(query, rest.length > 1 ? (rest[0] as Question) : {}).then((answer) => answered(answer));
  };
  // `promisify` finds its promise form here.
  const own = withPromises ? ask : Object.assign(withCallback, { [promisify.custom]: ask });
  let reading = false;
  const read = async () => {
    if (reading) return;
    reading = true;
    try {
      while (!lines.closed && lines.listenerCount("line") > 0) {
        lines.emit("line", await input.ask(lines.getPrompt(), false));
        // Who has what he wanted closes it, or listens no more.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      if (!(error instanceof CellEnded)) throw error;
    } finally {
      reading = false;
    }
  };
  lines.on("newListener", (event) => {
    if (event === "line") queueMicrotask(read);
  });
  // The question shows it.
  return Object.assign(lines, { question: own, prompt: () => {} });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A stream of the lines that the user types, each asked for when it is read. */
class Questions extends Readable {
  constructor(readonly input: Input) {
    // Nobody is asked ahead.
    super({ highWaterMark: 0 });
  }

  override _read(): void {
    this.input.ask("", false).then(
      (line) => this.push(`${line}\n`),
      (error) => this.destroy(error instanceof CellEnded ? undefined : error),
    );
  }
}
