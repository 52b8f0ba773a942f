import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { type Lora, trainingShapes } from "../model/lora.js";
import type { Objective } from "../model/objectives.js";
import { checkedWeight, type ModelSize } from "../model/parameters.js";
import type { TrainingSpec } from "../model/training.js";
import type { Communicator } from "../runtime/communicator.js";
import { DeviceRuntime } from "../runtime/deviceRuntime.js";
import { checkDevice } from "../runtime/devices.js";
import type { Device } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import { mergedWeights, withAdapters } from "./adapters.js";
import { checkStep } from "./checkStep.js";
import { CpuEngine } from "./cpuEngine.js";
import { DeviceEngine } from "./deviceEngine.js";
import type { Engine, LabelledBatch, LossScaler, PlannedStep, StepResult, TrainingState } from "./engine.js";
import { copyWeights } from "./state.js";

/** What is trained: the architecture and its size. */
export interface TrainerSpec extends ModelSize {
  args: ModelArgs;
  /** Row of `<pad>` in the gene table; 0 when absent, as in a table cut to the data. */
  padRow?: number;
}

export interface TrainerOptions {
  device: Device;
  /** Threads of the CPU; all cores when absent. */
  threads?: number;
  /** Writes a trace of every node's time to files with this prefix. */
  profile?: string;
  /** Seed of dropout. */
  seed: number;
  /** Dropout rate; the architecture's own when absent. */
  dropout?: number;
  /** Parts of the loss; the cell type alone when absent. */
  objectives?: Objective[];
  /** Weights of ECS and DAB; 1 when absent. */
  ecsWeight?: number;
  dabWeight?: number;
  /**
   * 1e-8 when absent; with mixed precision 1e-4, as in the published code. Not with `lora`, whose gradients begin so small
   * that it would hardly learn.
   */
  adamEps?: number;
  weightDecay?: number;
  /** Limit of the gradients' global norm; 1 when absent, as in the published code. */
  clipNorm?: number;
  /** Weight of each class in the loss; all alike when absent. Float32 [classes] */
  classWeights?: Float32Array;
  /** Share of each cell's weight in the loss that goes to all classes alike; 0 when absent. */
  labelSmoothing?: number;
  /** State-dict names that stay as they are. */
  frozen?: (parameter: string) => boolean;
  /** Low-rank adapters of matrices that are frozen; what of them the weights do not hold starts anew, by the seed. */
  lora?: Lora;
  /** Trains the class decoder alone, on embeddings that come with the batches. */
  head?: boolean;
  /** Matrix products in float16, on devices other than the CPU. */
  half?: boolean;
  /** Without kernels, attention one head at a time on a device whose memory has no room for all at once. */
  headByHead?: boolean;
  /** Products of float32 in TensorFloat-32 on CUDA; yes when absent. */
  tf32?: boolean;
  /** Those who train the same model together, each on its part of every step's cells. */
  ranks?: Communicator;
}

/** Where a training run stands, for going on later. */
export interface OptimizerState {
  step: number;
  attempts: number;
  m: Weights;
  v: Weights;
  /** The loss scale, where the device has one. */
  scaler?: LossScaler;
}

/**
 * Owns a model's weights and the optimiser's state, and takes training steps.
 * Each call blocks its thread while it computes: keep it in a worker.
 */
export class Trainer {
  private constructor(
    private readonly engine: Engine,
    private readonly state: TrainingState,
    private readonly merge: (weights: Weights) => Weights,
    private readonly check: (micro: LabelledBatch[]) => void,
  ) {}

  /**
   * @param weights by state-dict name, the gene table cut so that its rows are those of the batches
   * @throws where a weight is missing or of another shape than the architecture's
   */
  static async create(spec: TrainerSpec, weights: Weights, options: TrainerOptions): Promise<Trainer> {
    checkDevice(options.device);
    const onCpu = options.device === "cpu";
    const training: TrainingSpec = {
      args: spec.args,
      size: spec,
      padRow: spec.padRow ?? 0,
      objectives: options.objectives ?? ["CLS"],
      ecsWeight: options.ecsWeight,
      dabWeight: options.dabWeight,
      dropout: options.dropout ?? spec.args.dropout,
      labelSmoothing: options.labelSmoothing,
      frozen: options.frozen,
      lora: options.lora,
      attentionLoop: onCpu ? "scan" : options.headByHead ? "heads" : "batch",
      head: options.head,
      half: options.half && !onCpu,
    };
    const { lora } = options;
    const all = lora ? withAdapters(weights, spec.args, spec, lora, options.seed) : weights;
    const shapes = trainingShapes(spec.args, spec, lora);
    for (const name of shapes.keys()) checkedWeight(all, name, shapes);
    const state = { weights: copyWeights(all), m: new Map(), v: new Map(), step: 0, attempts: 0 };
    const session = {
      device: options.device,
      threads: options.threads ?? processors(),
      profile: options.profile,
      tf32: options.tf32,
    };
    const { seed, classWeights, labelSmoothing: share = 0 } = options;
    const smoothing = share > 0 ? { share, classes: spec.classes } : undefined;
    const feeds = { ...training, seed, classWeights, smoothing };
    const adam = {
      epsilon: options.adamEps ?? (training.half && !lora ? 1e-4 : 1e-8),
      weightDecay: options.weightDecay ?? 0,
      clipNorm: options.clipNorm ?? 1,
    };
    const engine = onCpu
      ? await CpuEngine.create(training, state, session, feeds, adam, options.ranks)
      : DeviceEngine.create(training, state, DeviceRuntime.open(session), feeds, adam, options.ranks);
    const merge = (held: Weights) => (lora ? mergedWeights(held, spec.args, lora) : held);
    return new Trainer(engine, state, merge, (micro) => checkStep(micro, spec, training.objectives));
  }

  /** How many steps are best given to `steps` at once. */
  get group(): number {
    return this.engine.group;
  }

  /**
   * Several optimiser steps, one after the other.
   * @throws where a batch cannot be trained on, before the first step
   */
  async steps(planned: PlannedStep[]): Promise<StepResult[]> {
    // Of a step of few cells, some ranks have none.
    for (const { micro, whole } of planned) if (micro.length > 0 || !whole) this.check(micro);
    return this.engine.run(planned);
  }

  /** One optimiser step on the cells of all `micro` batches together. */
  async step(micro: LabelledBatch[], learningRate: number): Promise<StepResult> {
    return (await this.steps([{ micro, learningRate }]))[0];
  }

  /** A copy of the gradients of the last step, before clipping. */
  lastGradients(): Weights {
    return copyWeights(this.engine.gradients ?? new Map());
  }

  /** A copy of the model's weights as they are now, into which its adapters are merged. */
  model(): Weights {
    return this.merge(this.weights());
  }

  /** A copy of the weights as they are now, and of the adapters by themselves: what a training goes on from. */
  weights(): Weights {
    this.engine.read?.();
    return copyWeights(this.state.weights);
  }

  /** A copy of Adam's moments and the number of steps taken, for going on later. */
  optimizerState(): OptimizerState {
    this.engine.read?.();
    const { step, attempts, m, v, scaler } = this.state;
    return { step, attempts, m: copyWeights(m), v: copyWeights(v), ...(scaler && { scaler: { ...scaler } }) };
  }

  /**
   * Goes on from a state that `optimizerState` gave.
   * @param weights what the weights were then, all of them; those that it holds when absent
   */
  restore(saved: OptimizerState, weights: Weights = this.state.weights): void {
    for (const [name, { data }] of this.state.weights) data.set(weights.get(name)!.data);
    this.state.step = saved.step;
    this.state.attempts = saved.attempts;
    for (const [held, from] of [[this.state.m, saved.m] as const, [this.state.v, saved.v] as const])
      for (const [name, { data }] of held) {
        const there = from.get(name);
        // A state from before the first step has no moments: they are zero.
        if (there) data.set(there.data);
        else data.fill(0);
      }
    if (this.state.scaler && saved.scaler) Object.assign(this.state.scaler, saved.scaler);
    this.engine.write?.();
  }

  release(): Promise<void> {
    return this.engine.release();
  }
}

export type { LabelledBatch, PlannedStep, StepResult, TokenBatch, TokenStep } from "./engine.js";
