import { appendFileSync, chmodSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomically } from "../src/support/atomic.js";
import { makeFolder } from "./platform.js";

/** One cell that was run. */
interface Entry {
  session: number;
  line: number;
  code: string;
}

/** What Jupyter's `history_reply` holds: session, line, input. */
export type HistoryTuple = [number, number, string] | [number, number, [string, null]];

/** People type passwords and keys into cells: nobody else reads them. */
const OWN_ONLY = 0o600;

/** Cells that a kernel remembers; when the file holds twice as many, it is cut to these. */
const KEPT = 10_000;

/**
 * Cells that were run, in this kernel and in those before it. Kept as JSON lines in the
 * user's Jupyter folder; where that can't be written, the history lasts as long as the kernel.
 */
export class History {
  readonly #file: string | undefined;
  readonly #entries: Entry[] = [];
  /** Number of this session: one more than the last in the file. */
  readonly session: number;

  constructor(file?: string) {
    this.#file = file;
    const lines = file ? readLines(file) : [];
    if (file) closeToOthers(file);
    for (const line of lines) {
      try {
        const [session, number, code] = JSON.parse(line);
        if (typeof code === "string") this.#entries.push({ session, line: number, code });
      } catch {
        // A line that another kernel was writing when it ended.
      }
    }
    this.#entries.splice(0, Math.max(0, this.#entries.length - KEPT));
    this.session = (this.#entries.at(-1)?.session ?? 0) + 1;
    if (file && lines.length > 2 * KEPT) this.#cut(file);
    // The number is taken from now on, also where nothing is run.
    this.add(0, "");
  }

  add(line: number, code: string): void {
    const entry = { session: this.session, line, code };
    this.#entries.push(entry);
    if (!this.#file) return;
    try {
      makeFolder(dirname(this.#file));
      appendFileSync(this.#file, written(entry), { mode: OWN_ONLY });
    } catch {
      // A read-only home directory is no reason not to run the cell.
    }
  }

  #cut(file: string): void {
    try {
      writeFileAtomically(file, this.#entries.map(written).join(""));
    } catch {
      // A file that is too long is read a little more slowly.
    }
  }

  /** Answers a `history_request` (all of `tail`, `range` and `search`). */
  query(request: Record<string, unknown>): HistoryTuple[] {
    const kind = request.hist_access_type;
    let found = this.#entries.filter((entry) => entry.line > 0);
    if (kind === "range") {
      // A session of 0 or below counts back from the present one, as IPython has it.
      const wanted = Number(request.session ?? 0);
      const session = wanted <= 0 ? this.session + wanted : wanted;
      const start = Number(request.start ?? 0);
      const stop = request.stop === undefined || request.stop === null ? Infinity : Number(request.stop);
      found = found.filter((entry) => entry.session === session && entry.line >= start && entry.line < stop);
    }
    if (kind === "search") {
      const pattern = globPattern(String(request.pattern ?? "*"));
      found = found.filter((entry) => pattern.test(entry.code));
      if (request.unique) found = lastOfEach(found);
    }
    if (kind !== "range" && request.n) found = found.slice(-Number(request.n));
    return found.map(({ session, line, code }) => [
      session,
      line,
      request.output ? [code, null] : code,
    ]) as HistoryTuple[];
  }
}

const written = ({ session, line, code }: Entry) => `${JSON.stringify([session, line, code])}\n`;

/** Of a file that an earlier version made for all to read. */
function closeToOthers(file: string): void {
  try {
    chmodSync(file, OWN_ONLY);
  } catch {
    // There is none yet, or it is somebody else's.
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

/** A shell-like pattern (`*` any text, `?` one character) that must match the whole of the code. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, "[^]*")
    .replace(/\?/g, "[^]");
  return new RegExp(`^${source}$`);
}

function lastOfEach(entries: Entry[]): Entry[] {
  const last = new Map<string, Entry>();
  for (const entry of entries) {
    last.delete(entry.code);
    last.set(entry.code, entry);
  }
  return [...last.values()];
}
