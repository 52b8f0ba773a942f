import type { Pretrained } from "../protocol/pretrained.js";
import type { Run } from "../protocol/run.js";

/** What the commands that train print. */
export interface Trained {
  out: string;
  steps: number;
  seconds: number;
  history: Run["training"]["history"];
  bestEpoch: number | null;
  /** Of a fine-tuned model. */
  classes?: string[];
  notes: string[];
}

export function trained(out: string, what: Run | Pretrained): Trained {
  const { training, notes } = what;
  const { step, seconds, history, bestEpoch } = training;
  const classes = "classes" in what ? what.classes : undefined;
  return { out, steps: step, seconds, history, bestEpoch, classes, notes };
}

export function describeTrained({ out, steps, seconds, history, bestEpoch, notes }: Trained): string {
  return [
    ...notes.map((note) => `- ${note}`),
    ...history.map(
      ({ epoch, trainLoss, validationLoss, validationError }) =>
        `epoch ${epoch}${epoch === bestEpoch ? " (kept)" : ""}: training loss ${trainLoss.toFixed(4)}, ` +
        `validation loss ${validationLoss.toFixed(4)}` +
        (validationError === null ? "" : `, ${(100 * validationError).toFixed(1)} % wrong`),
    ),
    `${steps} steps in ${seconds.toFixed(0)} s. Written to ${out}`,
  ].join("\n");
}

/** Says how to go on with a training that Ctrl-C ended: where it stands is written after the step under way. */
export async function untilInterrupted<T>(out: string, signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`Interrupted. To go on: cellkernel resume ${out}`, { cause: error });
  }
}
