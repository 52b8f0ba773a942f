import type { CommMessage } from "./comms.js";
import type { Member } from "./members.js";
import type { Header, Outgoing } from "./wire.js";

/**
 * The kernel is two threads and a process beside them, so that none can hold up another:
 * - main runs the user's cells, and nothing else;
 * - front end (a worker) owns the sockets: it queues, replies, beats and interrupts;
 * - language (a process, which starts from a snapshot) owns TypeScript: it compiles, completes, inspects.
 *
 * This file is what they say to each other.
 */

/** A cell to run. */
export interface ExecuteOrder {
  code: string;
  count: number;
  silent: boolean;
  allowStdin: boolean;
  expressions: Record<string, string>;
  parent: Header;
}

/** What an `error` message and an error reply say. */
export interface ErrorContent {
  ename: string;
  evalue: string;
  traceback: string[];
}

/** How a cell ended. */
export type Outcome =
  | { status: "ok"; user_expressions: Record<string, unknown> }
  | ({ status: "error" } & ErrorContent);

/** Front end to main. */
export type ToMain =
  | { kind: "execute"; order: ExecuteOrder }
  | { kind: "comm"; message: CommMessage }
  | { kind: "comm info"; id: number; target?: string }
  /** Which names has the value at this path? */
  | { kind: "members"; id: number; path: string[] }
  | { kind: "input"; value: string }
  | { kind: "interrupt" }
  | { kind: "shutdown" }
  /** The sockets are closed: the process can end. */
  | { kind: "closed" };

/** Main to front end. */
export type ToFrontEnd =
  | { kind: "publish"; message: Outgoing }
  | { kind: "done"; outcome: Outcome }
  | { kind: "comm done"; parent: Header }
  /** To what was asked under this number: comms by id, or the names of a value. */
  | { kind: "answer"; id: number; answer: Record<string, { target_name: string }> | Member[] }
  | { kind: "input"; prompt: string; password: boolean }
  | { kind: "interrupted" }
  | { kind: "gone" };

/** Slots of the memory that main shares with the front end's thread. */
export const Slot = {
  /** 1 from an interrupt until the running cell has ended; compiled loops look at it. */
  interrupt: 0,
  /** A `Phase`. */
  phase: 1,
  /** How many cells have begun: tells the running one from the next. */
  cells: 2,
  /** How many answers of the user have come in: main may sleep until there is one. */
  answers: 3,
} as const;

/** What the main thread is doing. */
export const Phase = {
  idle: 0,
  /** In the cell's first synchronous part, where SIGINT ends it. */
  synchronous: 1,
  /** In the cell's asynchronous part, where only terminating the execution ends it. */
  asynchronous: 2,
} as const;

/** Bytes of the shared memory. */
export const SHARED_BYTES = 16;
