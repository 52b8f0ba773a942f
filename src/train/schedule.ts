/** How the learning rate goes over the steps of a training. */
export interface Schedule {
  lr: number;
  /** "step": falls by `scheduleRatio` every `scheduleInterval` epochs; "cosine": falls to 0 at the end. Default "step". */
  schedule?: "step" | "cosine";
  scheduleRatio: number;
  scheduleInterval: number;
  /** Steps over which it rises to `lr` first; none when absent. */
  warmupSteps?: number;
}

/**
 * The learning rate of a step. As PyTorch's StepLR stepped once an epoch, or its CosineAnnealingLR stepped once a step, behind
 * a LinearLR from 1 / warmupSteps.
 *
 * @param step 0 for the first of the run
 * @param epoch that the step is in, 1 for the first
 * @param steps that the run has
 */
export function learningRate(schedule: Schedule, step: number, epoch: number, steps: number): number {
  const { lr, schedule: how = "step", scheduleRatio, scheduleInterval, warmupSteps = 0 } = schedule;
  const warm = step < warmupSteps ? (step + 1) / warmupSteps : 1;
  if (how === "step") return warm * lr * scheduleRatio ** Math.floor((epoch - 1) / scheduleInterval);
  if (step < warmupSteps) return warm * lr;
  return (lr * (1 + Math.cos((Math.PI * (step - warmupSteps)) / (steps - warmupSteps)))) / 2;
}
