import { readSign, signState } from "../../store/signOfLife.js";
import { duration } from "../../views/contract.js";

/** How it stands with a shard of a plan, or with a training of a sweep. */
export interface PieceOfWork {
  /** "shard 3", "fold 2, seed 0". */
  name: string;
  /**
   * `waiting`: nobody has begun, or it is queued; `lost`: who did it is gone, or has said nothing for two minutes; `wrong`: what
   * is there is not what should be.
   */
  state: "done" | "running" | "failed" | "lost" | "wrong" | "waiting";
  /** Cells or steps that are done. */
  done: number;
  /** And all of them; null while that is not known. */
  of: number | null;
  /** How many are done in a second, where it runs. */
  perSecond?: number;
  /** Where it runs, or ran. */
  host?: string;
  /** Why it failed, or what is wrong. */
  fault?: string;
}

/** What a piece of work says of itself, if it does. */
export function bySign(path: string): Omit<PieceOfWork, "name"> | undefined {
  const sign = readSign(path);
  if (!sign) return undefined;
  const { done, of, host, pid, told, first, error } = sign;
  const state = signState(sign);
  if (state === "failed") return { state, done, of, host, fault: error };
  const silent = `nothing is heard of process ${pid} on ${host} for ${duration((Date.now() - told) / 1000)}`;
  if (state === "lost") return { state, done, of, host, fault: silent };
  const seconds = first ? (told - first.at) / 1000 : 0;
  return { state, done, of, host, ...(seconds > 0 && { perSecond: (done - first!.done) / seconds }) };
}
