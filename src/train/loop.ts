import type { Weights } from "../checkpoint/weights.js";
import type { Communicator } from "../runtime/communicator.js";
import { cudaCard } from "../runtime/cudaDriver.js";
import type { Device } from "../runtime/session.js";
import { flatWeights, seal } from "../store/sealed.js";
import { bucketBatches, cellLength } from "../tokenize/batches.js";
import { loraOf } from "./adapters.js";
import { chooseDevice } from "./chooseDevice.js";
import type { Control } from "./control.js";
import { type DevicePlan, planDeviceMemory } from "./deviceMemory.js";
import { isFrozen } from "./frozen.js";
import { HeadSource } from "./headSource.js";
import { type LoopState, type Progress, start } from "./loopState.js";
import { ObjectiveSource } from "./objectiveSource.js";
import { ECS_WEIGHT } from "./objectives.js";
import { oversampled } from "./oversample.js";
import type { EpochEvent, TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";
import { onAny, rowsOf } from "./ranks.js";
import { requireSame } from "./sameOnAll.js";
import { learningRate } from "./schedule.js";
import { type Source, TokenSource } from "./source.js";
import { type PlannedStep, type StepResult, Trainer, type TrainerSpec } from "./trainer.js";

/** Something that watches a training: told of each step, epoch and note, in order. */
export type Observer = (event: TrainingEvent) => void;

/** Something that keeps where a training stands: asked between two steps, after each epoch and when it ends. */
export interface Keeper {
  hear: Observer;
  keep(moment: "step" | "epoch" | "end", state: () => LoopState): void;
}

/**
 * Trains a model: Adam on the plan's objectives (the cross-entropy of the class output, unless it says otherwise) over
 * batches of like-long cells, StepLR, and after each epoch the loss of the validation cells, by which the weights to keep
 * are chosen.
 * Method: protocol of Ding et al. 2025 (doi 10.1038/s41596-025-01220-1), fine-tuning.
 *
 * @param control looked at between steps
 * @param observers told of what happens
 * @param from goes on from a state of the same plan, as if nothing had happened
 * @param keeper keeps where it stands
 * @param ranks those who train it together, each on its part of every step's cells: all have the same plan and state, and end
 *   with the same weights
 */
export async function train(
  given: TrainingPlan,
  control: Control,
  observers: readonly Observer[],
  from?: LoopState,
  keeper?: Keeper,
  ranks?: Communicator,
): Promise<TrainingResult> {
  const { args, tokens } = given;
  const tell: Observer = (event) => {
    keeper?.hear(event);
    for (const observer of observers) observer(event);
  };
  const spec = { args, genes: tokens.genes.length + 2, classes: given.classes, batches: given.batches };
  const { device, why } = await chooseDevice(given.device);
  tell({ kind: "note", text: why });
  if (ranks) await requireSame(ranks, { device }, "give all the same (--device)");
  const amp = device !== "cpu" && (given.amp ?? device === "cuda");
  if (amp && given.amp === undefined) tell({ kind: "note", text: AMP_ON });
  const onDevice = device === "cpu" ? undefined : planForDevice({ ...given, amp }, spec, device);
  if (onDevice) tell({ kind: "note", text: onDevice.why });
  const plan = { ...given, amp, microBatch: onDevice?.microBatch ?? given.microBatch };

  const head = plan.freeze === "backbone";
  const untouched = from ?? { ...start(), weights: plan.weights, optimizer: NO_STEPS };
  const goOn = () => control.next(() => tell({ kind: "snapshot", ...untouched })) === "run";
  const source = head
    ? await HeadSource.create(plan, spec, device, goOn, ranks)
    : new (learnsLabels(plan) ? TokenSource : ObjectiveSource)(plan, spec, device, ranks);
  if (!source) return resultOf(untouched, untouched.weights, true, amp);
  const trainer = await Trainer.create(spec, from?.weights ?? plan.weights, {
    device,
    threads: plan.threads,
    seed: plan.seed,
    objectives: plan.objectives,
    ecsWeight: ECS_WEIGHT,
    dabWeight: plan.dabWeight,
    classWeights: plan.classWeights,
    labelSmoothing: plan.labelSmoothing,
    lora: loraOf(plan),
    head,
    half: amp,
    headByHead: onDevice?.form === "heads",
    frozen: (parameter) => isFrozen(plan.freeze, parameter, args.nlayers),
    ranks,
  });
  if (from) trainer.restore(from.optimizer);
  try {
    return await new Loop(plan, control, tell, source, trainer, from, keeper, ranks).run();
  } finally {
    await trainer.release();
    await source.release();
  }
}

/** The pieces of a step by the device's memory, not by the host's. */
function planForDevice(plan: TrainingPlan, spec: TrainerSpec, device: Device): DevicePlan {
  const { args, tokens, train, validation, maxSeqLen } = plan;
  const longest = [train, validation].reduce(
    (most, cells) => cells.reduce((m, cell) => Math.max(m, cellLength(tokens, cell, maxSeqLen)), most),
    0,
  );
  const free = device === "cuda" ? cudaCard()?.free : undefined;
  const cells = free === undefined ? plan.microBatch : plan.batchSize;
  return planDeviceMemory(args, spec, cells, longest, free, plan.amp === true && !loraOf(plan));
}

const AMP_ON =
  "Mixed precision (amp) is on, as CUDA's default is: the numbers differ a little from those of other devices. Off: amp: false (--amp off).";

const NO_STEPS = { step: 0, attempts: 0, m: new Map(), v: new Map() };

/** Whether the cell type is among what is learnt. */
function learnsLabels({ objectives }: TrainingPlan): boolean {
  return objectives === undefined || objectives.includes("CLS");
}

class Loop {
  private readonly progress: Progress;
  private readonly epochs: Int32Array[][];
  private tokensLeft: number;

  constructor(
    private readonly plan: TrainingPlan,
    private readonly control: Control,
    private readonly tell: Observer,
    private readonly source: Source,
    private readonly trainer: Trainer,
    from: LoopState | undefined,
    private readonly keeper: Keeper | undefined,
    private readonly ranks: Communicator | undefined,
  ) {
    const { weights, optimizer, ...progress } = from ?? {
      ...start(),
      weights: undefined,
      optimizer: undefined,
    };
    this.progress = structuredClone(progress);
    this.epochs = Array.from({ length: plan.epochs }, (_, i) => epochBatches(plan, i + 1));
    const { epoch, batch } = this.progress;
    const ahead = this.epochs
      .slice(epoch - 1)
      .flatMap((batches, i) => (i === 0 ? batches.slice(batch) : batches));
    this.tokensLeft = ahead.reduce((sum, cells) => sum + source.tokens(cells), 0);
  }

  async run(): Promise<TrainingResult> {
    const { progress, epochs } = this;
    while (progress.epoch <= epochs.length && !this.outOfPatience()) {
      const finished =
        (await this.steps(epochs[progress.epoch - 1])) && (!this.validates() || (await this.validate()));
      if (!finished) {
        this.keep("end");
        return this.result(true);
      }
      progress.epoch++;
      progress.batch = 0;
      progress.sums = start().sums;
      if (this.ranks) await this.checkAgreement(this.ranks);
      this.keep("epoch");
    }
    return this.result(false);
  }

  /** Early stopping: whether too many validations have gone by since the best. */
  private outOfPatience(): boolean {
    const { epoch, best } = this.progress;
    const { patience, saveEvalInterval = 1 } = this.plan;
    if (patience === undefined || best === undefined) return false;
    const validations = (epochs: number) => Math.floor(epochs / saveEvalInterval);
    return validations(epoch - 1) - validations(best.epoch) >= patience;
  }

  private keep(moment: Parameters<Keeper["keep"]>[0]): void {
    this.keeper?.keep(moment, () => this.state());
  }

  /** The epoch's steps that are not done yet. @returns false when it was stopped */
  private async steps(batches: Int32Array[]): Promise<boolean> {
    const { progress, source, trainer } = this;
    while (progress.batch < batches.length) {
      if (!(await this.allGoOn())) return false;
      const group = batches.slice(progress.batch, progress.batch + trainer.group);
      const taken = await trainer.steps(
        group.map((cells, i) => ({
          ...this.partOf(cells),
          learningRate: this.learningRate(progress.step + i),
        })),
      );
      for (const [i, done] of taken.entries()) this.count(done, source.tokens(group[i]));
      this.keep("step");
    }
    return true;
  }

  /** This rank's part of a step's cells; all of them where it trains alone. */
  private partOf(cells: Int32Array): Omit<PlannedStep, "learningRate"> {
    const { source, ranks, plan } = this;
    const { epoch } = this.progress;
    if (!ranks) return { micro: source.micro(cells, epoch) };
    const [from, to] = rowsOf(cells.length, ranks);
    const labels = cells.map((cell) => plan.labels[cell]);
    return {
      micro: from < to ? source.micro(cells.subarray(from, to), epoch) : [],
      whole: { labels, first: from, ...source.extent(cells, epoch) },
    };
  }

  /**
   * That all ranks hold the same weights, to the bit.
   * @throws where they do not: the machines compute otherwise, and what follows would be no one's training
   */
  private async checkAgreement(ranks: Communicator): Promise<void> {
    const { epoch, step, best } = this.progress;
    await requireSame(
      ranks,
      {
        weights: seal(new Map(flatWeights("", this.trainer.weights()))),
        "validation loss": String(best?.score),
      },
      `after step ${step} they must be the same to the bit: the ranks' machines compute differently, so use machines of one kind. ` +
        `What was kept before epoch ${epoch} is in the folder`,
    );
  }

  private count(done: StepResult, tokens: number): void {
    const { progress } = this;
    this.tokensLeft -= tokens;
    const { sums, epoch } = progress;
    progress.step++;
    progress.batch++;
    if (done.skipped) progress.skippedSteps++;
    else {
      sums.loss += done.loss * done.cells;
      sums.wrong += done.cells - done.correct;
      sums.cells += done.cells;
    }
    const { loss, parts, gradNorm, skipped, seconds } = done;
    this.tell({
      kind: "step",
      ...{ step: progress.step, epoch, loss, gradNorm, skipped, seconds, tokens },
      ...(Object.keys(parts).join() !== "CLS" && { parts }),
      tokensLeft: this.tokensLeft,
      error: this.errorOf(done.cells - done.correct, done.cells),
      learningRate: this.learningRate(progress.step - 1),
    });
  }

  /** Whether the validation comes after this epoch; it does after the last. */
  private validates(): boolean {
    const { epoch } = this.progress;
    return epoch % (this.plan.saveEvalInterval ?? 1) === 0 || epoch === this.epochs.length;
  }

  /** Loss of the validation cells, by which the best weights are kept. @returns false when it was stopped */
  private async validate(): Promise<boolean> {
    const { progress } = this;
    const { epoch, step, sums } = progress;
    const weights = this.trainer.model();
    const validation = await this.source.validate(weights, () => this.goesOn());
    if (!validation) return false;
    const { loss, error, parts } = validation;
    // A loss that is not a number is never the best, but some weights have to be kept.
    const score = Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss;
    if (!progress.best || score < progress.best.score) progress.best = { epoch, score, weights };
    const event: EpochEvent = {
      ...{ kind: "epoch", epoch, step },
      trainLoss: sums.loss / sums.cells,
      trainError: this.errorOf(sums.wrong, sums.cells),
      validationLoss: loss,
      validationError: error,
      ...(parts && { parts }),
      learningRate: this.learningRate(step - 1),
    };
    this.tell(event);
    return true;
  }

  private errorOf(wrong: number, cells: number): number | null {
    return learnsLabels(this.plan) ? wrong / cells : null;
  }

  /** The same, of all ranks: one that is to stop stops all of them, after the same step. */
  private async allGoOn(): Promise<boolean> {
    const here = this.goesOn();
    return this.ranks ? !(await onAny(this.ranks, !here)) : here;
  }

  /** Gives the state where it was asked for; false when training is to stop. */
  private goesOn(): boolean {
    return this.control.next(() => this.tell({ kind: "snapshot", ...this.state() })) === "run";
  }

  private state(): LoopState {
    const { trainer, progress } = this;
    return {
      ...progress,
      sums: { ...progress.sums },
      weights: trainer.weights(),
      optimizer: trainer.optimizerState(),
    };
  }

  private learningRate(step: number): number {
    return learningRate(this.plan, step, this.progress.epoch, this.epochs.flat().length);
  }

  private result(stopped: boolean): TrainingResult {
    const { progress, trainer } = this;
    const result = resultOf(
      progress,
      progress.best?.weights ?? trainer.model(),
      stopped,
      this.plan.amp === true,
    );
    return { ...result, early: !stopped && progress.epoch <= this.epochs.length };
  }
}

function resultOf(
  { best, step, skippedSteps }: Progress,
  last: Weights,
  stopped: boolean,
  amp: boolean,
): TrainingResult {
  return {
    ...{ weights: best?.weights ?? last, bestEpoch: best?.epoch ?? null },
    ...{ stopped, early: false, steps: step, skippedSteps, amp },
  };
}

function epochBatches(plan: TrainingPlan, epoch: number): Int32Array[] {
  const { batchSize, maxSeqLen, seed, oversample = 0 } = plan;
  const cells = oversample > 0 ? oversampled(plan.train, plan.labels, oversample, seed, epoch) : plan.train;
  return bucketBatches(plan.tokens, cells, { batchSize, maxSeqLen, seed, epoch });
}
