import { writeSync } from "node:fs";
import { endsAll, joinRanks, leaveRanks, saidByAll, together } from "../protocol/ranks.js";
import type { RanksOptions } from "../settings/ranks.js";
import { printable } from "../support/printable.js";
import { type Invocation, Silent } from "./command.js";

/** What it is called that a process exits with when its work failed. */
const FAILED = 1;

/**
 * Does a command's work as one of the processes that mpiexec or srun started, where there are several: the first one shows how
 * it goes and what comes of it, the others only what goes wrong with them alone. A failure of one ends all.
 * @param begin reads what is asked for, on every one of them, before anything is written
 * @param work does it, and tells how it goes by the call that it is given
 * @returns undefined on others than the first
 */
export async function asRank<Begun, T>(
  call: Invocation,
  { mpi }: RanksOptions,
  begin: () => Promise<Begun>,
  work: (begun: Begun, call: Invocation) => Promise<T>,
): Promise<T | undefined> {
  const ranks = await joinRanks(mpi);
  if (!ranks) return work(await begin(), call);
  const { rank } = ranks;
  try {
    const begun = await together(ranks, begin);
    const result = await work(begun, rank === 0 ? call : { ...call, progress() {} });
    await leaveRanks(ranks);
    return rank === 0 ? result : undefined;
  } catch (error) {
    const { message } = error as Error;
    const said = rank === 0 ? message : `rank ${rank}: ${message}`;
    if (!endsAll(error) && !call.signal.aborted) {
      // All end before another thread could say it.
      writeSync(2, `cellkernel: ${printable(said)}\n`);
      ranks.abort(FAILED);
    }
    await leaveRanks(ranks);
    if (rank > 0 && (saidByAll(error) || call.signal.aborted)) throw new Silent();
    throw rank === 0 ? error : new Error(said, { cause: error });
  }
}
