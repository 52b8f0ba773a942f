import { CellkernelError } from "../support/error.js";
import type { Storage } from "./storage.js";

/** Groups within groups: Python's own reader ends at some 200. */
const MOST_DEPTH = 64;
/** A group may be linked from several places; so many visits for each are enough for any file but a trap. */
const MOST_VISITS = 4;
const ALWAYS_VISITS = 100;

/**
 * The way from a group down into the groups that it holds. Links may lead back to where one came from, or to the same
 * group in 2ⁿ ways: such a file is refused instead of being read without end.
 */
export class Descent {
  private readonly above: string[] = [];
  private readonly seen = new Set<string>();
  private visits = 0;

  constructor(private readonly file: Storage) {}

  /** Does the work for the group at a path, on the way down. */
  into<T>(path: string, work: () => T): T {
    const group = this.file.identity?.(path) ?? path;
    this.seen.add(group);
    this.visits++;
    if (this.above.includes(group)) throw this.refused(path, "holds itself");
    if (this.above.length >= MOST_DEPTH) throw this.refused(path, `lies in more than ${MOST_DEPTH} groups`);
    if (this.visits > ALWAYS_VISITS + MOST_VISITS * this.seen.size)
      throw this.refused(path, "is linked from too many places");
    this.above.push(group);
    try {
      return work();
    } finally {
      this.above.pop();
    }
  }

  private refused(path: string, what: string): CellkernelError {
    // The path of what holds itself is as long as the way that was taken.
    const short = path.length > 100 ? `${path.slice(0, 100)}…` : path;
    return new CellkernelError("format", `${this.file.at(short)} ${what}; it cannot be read.`, {
      path: this.file.path,
      member: short,
    });
  }
}
