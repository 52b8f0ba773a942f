import type { Pretrained } from "../protocol/pretrained.js";
import type { Run } from "../protocol/run.js";
import { seriesSpread, seriesTable } from "../protocol/seriesTable.js";
import type { Series } from "../store/runParts.js";
import { tableText } from "../views/table.js";

/** What the commands that train print. */
export type Trained = {
  out: string;
  /** Of a fine-tuned model. */
  classes?: string[];
  notes: string[];
} & (OneTraining | SeveralTrainings);

interface OneTraining {
  steps: number;
  seconds: number;
  history: Run["training"]["history"];
  bestEpoch: number | null;
}

/** How each of several trainings did, and their mean. */
interface SeveralTrainings {
  series: Series & ReturnType<typeof seriesSpread>;
}

export function trained(out: string, what: Run | Pretrained): Trained {
  const { training, notes } = what;
  const [classes, series] = "classes" in what ? [what.classes, what.parts.series] : [];
  if (series) return { out, series: { ...series, ...seriesSpread(series) }, classes, notes };
  const { step, seconds, history, bestEpoch } = training;
  return { out, steps: step, seconds, history, bestEpoch, classes, notes };
}

export function describeTrained(result: Trained): string {
  const { out, notes } = result;
  return [
    ...notes.map((note) => `- ${note}`),
    ...("series" in result
      ? [tableText(seriesTable(result.series)), `Their ensemble is written to ${out}`]
      : describeOne(result, out)),
  ].join("\n");
}

function describeOne({ steps, seconds, history, bestEpoch }: OneTraining, out: string): string[] {
  return [
    ...history.map(
      ({ epoch, trainLoss, validationLoss, validationError }) =>
        `epoch ${epoch}${epoch === bestEpoch ? " (kept)" : ""}: training loss ${trainLoss.toFixed(4)}, ` +
        `validation loss ${validationLoss.toFixed(4)}` +
        (validationError === null ? "" : `, ${(100 * validationError).toFixed(1)} % wrong`),
    ),
    `${steps} steps in ${seconds.toFixed(0)} s. Written to ${out}`,
  ];
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
