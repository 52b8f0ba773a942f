import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Communicator } from "../runtime/communicator.js";
import { checkConnection, launchOf } from "../runtime/launcher.js";
import type { Mpi } from "../runtime/mpi.js";
import { RANKS, type RanksOptions } from "../settings/ranks.js";
import { resolve } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import type { Prepared } from "../store/prepared.js";
import { flatWeights, seal } from "../store/sealed.js";
import { identityOf, type PlannedTraining } from "../store/trainingFolder.js";
import { CellkernelError } from "../support/error.js";
import { processors } from "../support/processors.js";
import { requireSame } from "../train/sameOnAll.js";
import { versions } from "./versions.js";

const OFF = "for each to train by itself, in a folder of its own: mpi off (--mpi off)";

let joined: Promise<Mpi> | undefined;

/**
 * The processes that this one trains with: those that mpiexec or srun started it among, found at the first call.
 * @returns undefined where it trains alone
 * @throws where they can't be found, or where it is to have some and has none
 */
export async function joinRanks(mpi: RanksOptions["mpi"]): Promise<Mpi | undefined> {
  if (startedAlone(resolve(RANKS, { mpi }).mpi)) return undefined;
  const launch = launchOf(process.env);
  if (launch && !launch.mpi)
    throw new CellkernelError(
      "ranks",
      `srun started ${launch.size} processes of this command, which can't find each other: ` +
        `for one training by all of them: srun --mpi=pmi2 --kill-on-bad-exit; ${OFF}`,
    );
  checkConnection(process.env);
  joined ??= join();
  const ranks = await joined;
  const { size, path } = ranks;
  if (size > 1) return ranks;
  throw new CellkernelError(
    "ranks",
    launch
      ? `${launch.by} started ${launch.size} processes, of which the MPI ${path} finds one: start them by the mpiexec of the same MPI, ` +
          `or by srun --mpi=pmi2 --kill-on-bad-exit; ${OFF}`
      : "there is one process, which can train alone only (mpi off, --mpi off); for several: mpiexec -n 4 cellkernel finetune …",
    { library: path },
  );
}

async function join(): Promise<Mpi> {
  const { Mpi } = await import("../runtime/mpi.js");
  const ranks = Mpi.join();
  // A program that trains several times takes leave when it ends; one that fails ends the others.
  process.once("exit", (code) => (code === 0 ? ranks.end() : ranks.abort(code)));
  return ranks;
}

/** Whether this process is to train by itself. */
export function startedAlone(mpi: RanksOptions["mpi"]): boolean {
  return mpi === "off" || (mpi !== "on" && launchOf(process.env) === undefined);
}

/** @throws where several processes were started for trainings that one does in a row */
export function requireAlone(mpi: RanksOptions["mpi"]): void {
  if (startedAlone(mpi)) return;
  throw new CellkernelError(
    "ranks",
    "folds and seeds are trained in a row by one process, and several are started or asked for: " +
      `start a training of each by itself, say as a job of its own; ${OFF}`,
  );
}

/** Whether this process writes and shows what comes of the training: the only one, or the first of several. */
export function isFirst(ranks: Communicator | undefined): boolean {
  return ranks === undefined || ranks.rank === 0;
}

/** Errors after which all ranks know that there is no training. */
const agreed = new WeakSet<object>();

/** Whether all ranks have come to the same end, so that none waits for this one. */
export function endsAll(error: unknown): boolean {
  return saidByAll(error) || agreed.has(error as object);
}

/** Whether it is nothing of this rank's own: the first one says it for all. */
export function saidByAll(error: unknown): boolean {
  return error instanceof CellkernelError && error.code === "ranks";
}

/** What a rank's worker comes to, which may go on for a moment after a training was interrupted. */
let underWay: Promise<unknown> = Promise.resolve();

/** Names the work that ranks are in together. */
export function atWork(work: Promise<unknown>): void {
  underWay = work;
}

/** Takes leave of the other ranks, once all are at their end. */
export async function leaveRanks(ranks: Mpi): Promise<void> {
  await underWay.catch(() => {});
  await ranks.leave();
}

/**
 * What every rank does by itself before they train together. Where it fails on one, it fails on all: with its own error there,
 * once where several have the same, and elsewhere with one that says where.
 */
export async function together<T>(ranks: Communicator | undefined, work: () => T | Promise<T>): Promise<T> {
  if (!ranks) return work();
  const done = await Promise.resolve()
    .then(work)
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
  const digest =
    "error" in done ? createHash("sha256").update(done.error.message).digest() : Buffer.alloc(32);
  const all = (await ranks.gather(digest)).map((one) => Buffer.from(one));
  const failed = all.flatMap((one, rank) => (one.some((byte) => byte !== 0) ? [rank] : []));
  if ("value" in done && failed.length === 0) return done.value;
  if ("error" in done && all.findIndex((one) => one.equals(digest)) === ranks.rank) {
    agreed.add(done.error);
    throw done.error;
  }
  throw new CellkernelError(
    "ranks",
    `nothing was trained, since rank ${failed[0]} can't begin; it says why`,
    {},
    { cause: "error" in done ? done.error : undefined },
  );
}

/**
 * What all ranks have planned, with the pieces of a step that the memory of every one of them holds.
 * @throws where they have not planned the same training
 */
export async function agreedPlan(
  ranks: Communicator | undefined,
  planned: PlannedTraining,
  ready: Prepared,
  state: object = {},
): Promise<PlannedTraining> {
  if (!ranks) return planned;
  const { cellkernel, onnxruntime, node, platform } = versions();
  const remedy = `start all with the same; ${OFF}`;
  await requireSame(ranks, { cellkernel, onnxruntime, node, platform }, remedy);
  const { settings, start, split, args } = planned;
  // Each may have other threads.
  const options = Object.keys(TRAINING).filter((name) => name !== "threads") as (keyof typeof settings)[];
  await requireSame(
    ranks,
    {
      ...Object.fromEntries(options.map((name) => [name, JSON.stringify(settings[name]) ?? ""])),
      ...Object.fromEntries(
        Object.entries(identityOf(ready)).map(([what, hash]) => [`cells' ${what}`, hash]),
      ),
      ...{ architecture: JSON.stringify(args), weights: seal(new Map(flatWeights("", start))) },
      split: seal(new Map(Object.entries(split))),
      state: JSON.stringify(state),
    },
    remedy,
  );
  const pieces = await ranks.gather(new Uint8Array(Uint32Array.of(planned.microBatch).buffer));
  const microBatch = Math.min(...pieces.map((bytes) => new Uint32Array(bytes.slice().buffer)[0]));
  const note = `${ranks.size} processes trained it together, each on its part of every step's cells (MPI)`;
  const notes = planned.notes.includes(note) ? planned.notes : [note, ...planned.notes];
  return { ...planned, microBatch, notes };
}

/** What a rank has of a training and of the machine. */
export interface Part {
  /** How many ranks take the cells of a step. */
  of: number;
  /** How many of them, itself among them, are on its machine. */
  neighbours: number;
  /** Threads, where nothing else is said: its part of the processors that it shares with others; all when absent. */
  threads?: number;
}

/** What a process has that trains alone. */
export const ALONE: Part = { of: 1, neighbours: 1 };

export async function partOf(ranks: Communicator | undefined): Promise<Part> {
  if (!ranks) return ALONE;
  const sharers = await alike(ranks, `${hostname()} ${allowedProcessors()}`);
  return {
    of: ranks.size,
    neighbours: await alike(ranks, hostname()),
    threads: Math.max(1, Math.floor(processors() / sharers)),
  };
}

/** How many ranks have the same to say as this one. */
async function alike(ranks: Communicator, said: string): Promise<number> {
  const digest = createHash("sha256").update(said).digest();
  return (await ranks.gather(digest)).filter((one) => digest.equals(one)).length;
}

/** Which processors this process may run on, as Linux writes it: srun may give each rank its own. */
function allowedProcessors(): string {
  return /^Cpus_allowed:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
}
