import { CellkernelError } from "../support/error.js";
import type { Run } from "./run.js";

let latest: Promise<Run> | undefined;

/** Keeps what an interrupted fine-tuning comes to, for whoever asks. */
export function keepInterrupted(run: Promise<Run>): void {
  latest = run;
  latest.catch(() => {});
}

/**
 * The run of the fine-tuning that was interrupted last: with the weights of the lowest validation loss that it had
 * reached or, when none were validated, its last ones. Settles when the step has ended that was under way.
 *
 * @throws when none was interrupted
 * @example
 * const stop = new AbortController();
 * const onProgress = ({ step }: { step: number }) => step === 4 && stop.abort();
 * await finetune(ready, { epochs: 50, signal: stop.signal, onProgress }).catch(() => "interrupted"); // → "interrupted"
 * (await interruptedRun()).training.state; // → "stopped"
 */
export async function interruptedRun(): Promise<Run> {
  if (!latest) throw new CellkernelError("nothing", "no fine-tuning was interrupted in this session");
  return latest;
}
