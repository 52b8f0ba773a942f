import { existsSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { writeFileAtomically } from "../support/atomic.js";
import { CellkernelError } from "../support/error.js";
import { isAlive, ownIdentity, type ProcessIdentity } from "../support/processes.js";

/** Milliseconds between two signs: many jobs write theirs to one shared file system. */
const INTERVAL = 15_000;
/** Without one for so long, work counts as lost: clocks of machines differ, and file systems are slow to show a file. */
const PATIENCE = 120_000;

/** What work on a part of a whole says of itself, in a file beside that part, as long as it goes on. */
export interface SignOfLife extends ProcessIdentity {
  host: string;
  /** When it began and when this was said: milliseconds since 1970. */
  begun: number;
  told: number;
  /** How much is done of it, and how much there is. */
  done: number;
  of: number;
  /** How much was done, of what was begun earlier, when it first said so, and when that was. */
  first?: { done: number; at: number };
  /** Why it failed, where it did. */
  error?: string;
}

/**
 * Does work and says so in a file: at its start, every 15 s, and why where it fails. At its end the file goes.
 * Nothing depends on the file, so that work goes on where it can't be written.
 * @param path of the file, in JSON
 * @param work is given a function to say how much is done
 */
export async function withSign<T>(
  path: string,
  of: number,
  work: (tell: (done: number) => void) => Promise<T>,
): Promise<T> {
  const sign: SignOfLife = { ...ownIdentity(), host: hostname(), begun: Date.now(), told: 0, done: 0, of };
  const write = () => {
    sign.told = Date.now();
    unlessImpossible(() => writeFileAtomically(path, `${JSON.stringify(sign)}\n`));
  };
  write();
  const timer = setInterval(write, INTERVAL).unref();
  try {
    const result = await work((done) => {
      sign.done = done;
      sign.first ??= { done, at: Date.now() };
      // Where the work leaves no turn to the timer.
      if (Date.now() - sign.told >= INTERVAL) write();
    });
    unlessImpossible(() => rmSync(path, { force: true }));
    return result;
  } catch (error) {
    sign.error = error instanceof Error ? error.message : String(error);
    write();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Refuses work that another process of this machine does. Of another machine's process it can't be told whether it lives, and
 * whoever starts lost work again must not wait for it: both then finish, and one whole file stands.
 * @param path of the work's sign
 */
export function requireAlone(path: string, work: string): void {
  const sign = readSign(path);
  if (!sign || sign.pid === process.pid || sign.host !== hostname() || signState(sign) !== "running") return;
  const since = new Date(sign.begun).toISOString();
  throw new CellkernelError(
    "path",
    `${work} is being done by process ${sign.pid} on ${sign.host}, since ${since}: wait for it, or end it (${path})`,
    { path, pid: sign.pid },
  );
}

function unlessImpossible(work: () => void): void {
  try {
    work();
  } catch {}
}

/** Reads what `withSign` wrote; undefined where there is nothing, or it goes at this moment. */
export function readSign(path: string): SignOfLife | undefined {
  try {
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  } catch {
    return undefined;
  }
}

/** What is known of work by its sign: it goes on, it failed, or nothing is heard of it any more. */
export function signState(sign: SignOfLife, now = Date.now()): "running" | "failed" | "lost" {
  if (sign.error !== undefined) return "failed";
  const here = sign.host === hostname();
  return now - sign.told > PATIENCE || (here && !isAlive(sign)) ? "lost" : "running";
}
