import { SourceMap } from "node:module";
import { inspect, stripVTControlCharacters } from "node:util";
import { type Cell, Interrupted } from "./cell.js";
import { isError } from "./isError.js";
import { PACKAGE_ROOT } from "./package.js";
import type { ErrorContent } from "./threads.js";
import { caught } from "./wording.js";

const RED = "\x1b[31m";
const DIM = "\x1b[2m";
const BOLD = "\x1b[1m";
const PLAIN = "\x1b[0m";

/** Wrong TypeScript: nothing was run. */
export class CompileError extends Error {
  override name = "TypeScriptError";
  constructor(
    message: string,
    readonly traceback: string[],
  ) {
    super(message);
  }
}

/** What was compiled, to find the user's lines again. */
interface Source {
  /** What the user calls it: `cell 3`, or a path. */
  label: string;
  code: string;
  map: string;
  /** Absent for a file beside the notebook. */
  cell?: Cell;
}

/** A text longer than this is cut: nobody reads it, and it makes the notebook slow. */
const MOST_TEXT = 50_000;

/** Sources of the latest cells; functions of older ones show compiled positions. */
const KEPT = 2000;
const sources = new Map<string, Source>();

export function rememberSource(filename: string, source: Source): void {
  sources.delete(filename);
  sources.set(filename, source);
  if (sources.size > KEPT) sources.delete(sources.keys().next().value!);
}

/** `    at name (file:line:column)` or `    at file:line:column`. */
const FRAME = /^(\s+at (?:.*? \()?)(.+?):(\d+):(\d+)(\)?)$/;
const OWN = [`${PACKAGE_ROOT}/dist/kernel/`, `${PACKAGE_ROOT.replaceAll("\\", "/")}/dist/kernel/`];

interface Frame {
  text: string;
  source?: Source;
  line: number;
  column: number;
}

/**
 * Error content for Jupyter: the user's own lines, without the kernel's frames. Anything can be thrown, and
 * a cell must end whatever it was: of what cannot be read, it says so.
 */
export function errorContent(error: unknown): ErrorContent {
  try {
    if (error instanceof CompileError)
      return { ename: error.name, evalue: error.message, traceback: error.traceback };
    if (error instanceof Interrupted) {
      const head = `${RED}${error.name}${PLAIN}: ${error.message}`;
      return { ename: error.name, evalue: error.message, traceback: [head] };
    }
    if (isError(error)) {
      caught(error);
      const evalue = cut(textOf(() => error.message));
      return { ename: nameOf(error), evalue, traceback: traceback(error).map(cut) };
    }
  } catch {
    // A trap of a proxy, or a getter: it is described as any other value.
  }
  const evalue = cut(textOf(() => (typeof error === "string" ? error : inspect(error))));
  return { ename: "Error", evalue, traceback: [`${RED}thrown${PLAIN}: ${evalue}`] };
}

/** A text that only the user's own code may know how to give; where that fails, why it did. */
export function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch (failure) {
    const why = isError(failure) && Object.getOwnPropertyDescriptor(failure, "message")?.value;
    return `[it cannot be shown${typeof why === "string" ? `: ${why}` : ""}]`;
  }
}

function nameOf(error: Error): string {
  try {
    return String(error.name || "Error");
  } catch {
    return "Error";
  }
}

export const cut = (text: string) =>
  text.length <= MOST_TEXT
    ? text
    : `${text.slice(0, MOST_TEXT)}\n[cut: the first ${MOST_TEXT} of ${text.length} characters]`;

/** Where each error was made, in the user's own lines. */
const made = new WeakMap<Error, Frame[]>();

/** Makes `stack` speak of cells and their lines, whoever reads it. */
export function mapStacks(): void {
  Error.prepareStackTrace = (error, sites) => {
    const frames = userFrames(sites.map((site) => `    at ${site}`));
    made.set(error, frames);
    let head: string;
    try {
      head = Error.prototype.toString.call(caught(error));
    } catch {
      head = "Error";
    }
    return [head, ...frames.map(({ text }) => text)].join("\n");
  };
}

/** An error as a value: its message, and where it was made. */
export function errorText(error: Error): string {
  return stripVTControlCharacters(traceback(error).join("\n"));
}

function traceback(error: Error, depth = 0): string[] {
  caught(error);
  const frames = framesOf(error);
  const head = `${RED}${nameOf(error)}${PLAIN}: ${textOf(() => error.message)}`;
  const lines = [head, ...excerpt(frames), ...frames.map(({ text }) => `${DIM}${text}${PLAIN}`)];
  for (const each of depth < 3 ? causes(error) : []) {
    const [first, ...rest] = isError(each) ? traceback(each, depth + 1) : [textOf(() => inspect(each))];
    lines.push(`${BOLD}caused by${PLAIN} ${first}`, ...rest);
  }
  return lines;
}

function causes(error: Error): unknown[] {
  try {
    const errors: unknown[] = error instanceof AggregateError ? error.errors.slice(0, 5) : [];
    return error.cause === undefined ? errors : [...errors, error.cause];
  } catch {
    return [];
  }
}

/** The cell whose code, of all that the error came through, was called first. */
export function cellOf(error: unknown): Cell | undefined {
  if (!isError(error)) return undefined;
  return framesOf(error).findLast(({ source }) => source?.cell)?.source?.cell;
}

function framesOf(error: Error): Frame[] {
  // V8 asks for the frames when `stack` is read first.
  const stack = textOf(() => error.stack ?? "");
  return made.get(error) ?? userFrames(stack.split("\n"));
}

function userFrames(lines: string[]): Frame[] {
  const frames: Frame[] = [];
  for (const line of lines) {
    const match = FRAME.exec(line);
    if (!match) continue;
    const [, head, file, at, column, tail] = match;
    const path = file.replace(/^file:\/\//, "");
    if (file.startsWith("node:") || OWN.some((own) => path.startsWith(own))) continue;
    const source = sources.get(file);
    if (!source) {
      frames.push({ text: line, line: Number(at), column: Number(column) });
      continue;
    }
    const map = new SourceMap(JSON.parse(source.map));
    const entry = map.findEntry(Number(at) - 1, Number(column) - 1) as {
      originalLine?: number;
      originalColumn?: number;
    };
    const user = { line: (entry.originalLine ?? 0) + 1, column: (entry.originalColumn ?? 0) + 1 };
    // What the kernel wraps around a cell carries no name of the user's.
    const named = /^\s+at (?:async )?(?:__scope\.)?(?:__run|eval) \($/.test(head)
      ? "    at "
      : head.replace("__scope.", "");
    const close = named === "    at " ? "" : tail;
    frames.push({ text: `${named}${source.label}:${user.line}:${user.column}${close}`, source, ...user });
  }
  return frames;
}

/** The user's line that threw, between its neighbours. */
function excerpt(frames: Frame[]): string[] {
  const frame = frames.find(({ source }) => source);
  if (!frame?.source) return [];
  const lines = frame.source.code.split("\n");
  const from = Math.max(1, frame.line - 2);
  const to = Math.min(lines.length, frame.line + 2);
  const width = String(to).length;
  const shown: string[] = [];
  for (let n = from; n <= to; n++) {
    const number = String(n).padStart(width);
    const line = lines[n - 1];
    shown.push(
      n === frame.line
        ? `${RED}>${PLAIN} ${BOLD}${number} | ${line}${PLAIN}`
        : `${DIM}  ${number} | ${line}${PLAIN}`,
    );
    if (n === frame.line)
      shown.push(`  ${" ".repeat(width)}   ${" ".repeat(frame.column - 1)}${RED}^${PLAIN}`);
  }
  return shown;
}
