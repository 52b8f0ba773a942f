import type { Random } from "../../src/support/random.js";

/** What one execution came to. */
export interface Execution {
  /** In one or two words, to be counted: "read", "refused", … */
  outcome: string;
  ms: number;
  /** Of memory, at most. */
  megabytes: number;
  /** What is wrong with it; undefined where all is well. */
  find?: string;
  /** What was wrong, to be kept: a path. */
  input?: string;
}

/** Something that is given random inputs. */
export interface Target {
  /** One input of these random numbers alone, so that it can be made again. */
  execute(random: Random): Promise<Execution>;
  close(): Promise<void>;
}

/** Nothing may take longer, … */
export const MOST_MS = 5000;
/** … or more memory. */
export const MOST_MEGABYTES = 500;

/** One of them. */
export function any<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)];
}
