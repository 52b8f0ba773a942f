import type { Weights } from "../checkpoint/weights.js";
import { crossEntropy } from "../predict/crossEntropy.js";
import { cudaCard } from "../runtime/cudaDriver.js";
import type { Device } from "../runtime/session.js";
import { bucketBatches, cellLength } from "../tokenize/batches.js";
import { chooseDevice } from "./chooseDevice.js";
import type { Control } from "./control.js";
import { type DevicePlan, planDeviceMemory } from "./deviceMemory.js";
import { isFrozen } from "./frozen.js";
import { HeadSource } from "./headSource.js";
import type { EpochEvent, TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";
import { stepLearningRate } from "./schedule.js";
import { TokenSource } from "./source.js";
import { Trainer, type TrainerSpec } from "./trainer.js";

/**
 * Fine-tunes a classifier: Adam on the cross-entropy of the class output over batches of like-long cells,
 * StepLR, and after each epoch the loss of the validation cells, by which the weights to keep are chosen.
 * Method: protocol of Ding et al. 2025 (doi 10.1038/s41596-025-01220-1), fine-tuning.
 *
 * @param control looked at between steps
 */
export async function train(
  given: TrainingPlan,
  control: Control,
  report: (event: TrainingEvent) => void,
): Promise<TrainingResult> {
  const { args, tokens, labels } = given;
  const spec = { args, genes: tokens.genes.length + 2, classes: given.classes, batches: given.batches };
  const { device, why } = await chooseDevice(given.device);
  report({ kind: "note", text: why });
  const onDevice = device === "cpu" ? undefined : planForDevice(given, spec, device);
  if (onDevice) report({ kind: "note", text: onDevice.why });
  const plan = onDevice ? { ...given, microBatch: onDevice.microBatch } : given;
  let [step, epoch, skippedSteps] = [0, 0, 0];
  let weightsNow = () => plan.weights;
  const snapshot = () => report({ kind: "snapshot", epoch, step, weights: weightsNow() });

  const head = plan.freeze === "backbone";
  const source = head
    ? await HeadSource.create(plan, spec, device, () => control.next(snapshot) === "run")
    : new TokenSource(plan, spec, device);
  if (!source) return { weights: plan.weights, bestEpoch: null, stopped: true, steps: 0, skippedSteps: 0 };
  const trainer = await Trainer.create(spec, plan.weights, {
    device,
    threads: plan.threads,
    seed: plan.seed,
    classWeights: plan.classWeights,
    head,
    half: plan.amp,
    headByHead: onDevice?.form === "heads",
    frozen: (parameter) => isFrozen(plan.freeze, parameter),
  });
  try {
    const epochs = Array.from({ length: plan.epochs }, (_, i) => epochBatches(plan, i + 1));
    const plannedTokens = epochs.flat().reduce((sum, cells) => sum + source.tokens(cells), 0);
    let best: { epoch: number; score: number; weights: Weights } | undefined;
    weightsNow = () => trainer.weights();
    const result = (stopped: boolean): TrainingResult => ({
      weights: best?.weights ?? trainer.weights(),
      bestEpoch: best?.epoch ?? null,
      stopped,
      steps: step,
      skippedSteps,
    });

    for (const batches of epochs) {
      epoch++;
      const learningRate = stepLearningRate(plan.lr, plan.scheduleRatio, plan.scheduleInterval, epoch);
      const mean = { loss: 0, wrong: 0, cells: 0 };
      for (let start = 0; start < batches.length; start += trainer.group) {
        if (control.next(snapshot) === "stop") return result(true);
        const group = batches.slice(start, start + trainer.group);
        const taken = await trainer.steps(
          group.map((cells) => ({ micro: source.micro(cells, epoch), learningRate })),
        );
        for (const [i, done] of taken.entries()) {
          step++;
          if (done.skipped) skippedSteps++;
          else {
            mean.loss += done.loss * done.cells;
            mean.wrong += done.cells - done.correct;
            mean.cells += done.cells;
          }
          report({
            kind: "step",
            step,
            epoch,
            loss: done.loss,
            error: 1 - done.correct / done.cells,
            gradNorm: done.gradNorm,
            learningRate,
            skipped: done.skipped,
            seconds: done.seconds,
            tokens: source.tokens(group[i]),
            plannedTokens,
          });
        }
      }

      const weights = trainer.weights();
      const logits = await source.validate(weights, () => control.next(snapshot) === "run");
      if (!logits) return result(true);
      const truth = plan.validation.map((cell) => labels[cell]);
      const { loss, error } = crossEntropy(logits, truth, plan.classWeights);
      // A loss that is not a number is never the best, but some weights have to be kept.
      const score = Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss;
      if (!best || score < best.score) best = { epoch, score, weights };
      const event: EpochEvent = {
        kind: "epoch",
        epoch,
        step,
        trainLoss: mean.loss / mean.cells,
        trainError: mean.wrong / mean.cells,
        validationLoss: loss,
        validationError: error,
        learningRate,
      };
      report(event);
    }
    return result(false);
  } finally {
    await trainer.release();
    await source.release();
  }
}

/** The pieces of a step by the device's memory, not by the host's. */
function planForDevice(plan: TrainingPlan, spec: TrainerSpec, device: Device): DevicePlan {
  const { args, tokens, train, validation, maxSeqLen, batchSize } = plan;
  const longest = [train, validation].reduce(
    (most, cells) => cells.reduce((m, cell) => Math.max(m, cellLength(tokens, cell, maxSeqLen)), most),
    0,
  );
  const free = device === "cuda" ? cudaCard()?.free : undefined;
  return planDeviceMemory(args, spec, batchSize, longest, free, plan.amp === true);
}

function epochBatches(plan: TrainingPlan, epoch: number): Int32Array[] {
  const { batchSize, maxSeqLen, seed } = plan;
  return bucketBatches(plan.tokens, plan.train, { batchSize, maxSeqLen, seed, epoch });
}
