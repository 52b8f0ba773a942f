import { cpus } from "node:os";
import type * as ort from "onnxruntime-node";
import type { Weights } from "../checkpoint/weights.js";
import { oddKeys } from "../graph/dropout.js";
import type { ModelArgs } from "../model/args.js";
import type { Objective } from "../model/objectives.js";
import type { ModelSize } from "../model/parameters.js";
import { type GradientGraph, gradientGraph } from "../model/gradient.js";
import { updateGraph } from "../model/update.js";
import { type Device, Session, tensor } from "../runtime/session.js";
import type { Batch } from "../tokenize/batches.js";
import { copyWeights, slotTensors, zerosLike } from "./state.js";

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
  ecsWeight?: number;
  adamEps?: number;
  weightDecay?: number;
  /** Limit of the gradients' global norm; 1 when absent, as in the published code. */
  clipNorm?: number;
  /** Weight of each class in the loss; all alike when absent. Float32 [classes] */
  classWeights?: Float32Array;
  /** State-dict names that stay as they are. */
  frozen?: (parameter: string) => boolean;
}

/** One batch with its answers. */
export interface LabelledBatch {
  batch: Batch;
  /** Int32 [B] */
  labels: Int32Array;
  /** Int32 [B], where the architecture uses batch labels. */
  batchLabels?: Int32Array;
  /** Masked values: what they should be and which count, each Float32 [B × N]. */
  masked?: { target: Float32Array; mask: Float32Array };
}

export interface StepResult {
  loss: number;
  /** The loss by parts, where it has several. */
  parts: Record<string, number>;
  gradNorm: number;
  /** Cells whose largest logit is their label's. */
  correct: number;
  cells: number;
  /** The gradients were not finite, and nothing was changed. */
  skipped: boolean;
  seconds: number;
}

export interface OptimizerState {
  step: number;
  m: Weights;
  v: Weights;
}

const BETA1 = 0.9;
const BETA2 = 0.999;

/**
 * Owns a model's weights and the optimiser's state, and takes training steps.
 * Each call blocks its thread while it computes: keep it in a worker.
 */
export class Trainer {
  private stepsTaken = 0;

  private constructor(
    private readonly graph: GradientGraph,
    private readonly gradientSession: Session,
    private readonly updateSession: Session,
    private readonly current: Weights,
    private readonly gradients: Weights,
    private readonly moments: { m: Weights; v: Weights },
    private readonly options: TrainerOptions & {
      dropout: number;
      objectives: Objective[];
      accumulate: boolean;
    },
  ) {}

  /**
   * @param weights by state-dict name, the gene table cut so that its rows are those of the batches
   * @param accumulate whether a step may be made of several batches
   * @throws where a weight is missing or of another shape than the architecture's
   */
  static async create(
    spec: TrainerSpec,
    weights: Weights,
    options: TrainerOptions,
    accumulate = true,
  ): Promise<Trainer> {
    const objectives = options.objectives ?? ["CLS"];
    const dropout = options.dropout ?? spec.args.dropout;
    const graph = gradientGraph(
      {
        args: spec.args,
        size: spec,
        padRow: spec.padRow ?? 0,
        objectives,
        ecsWeight: options.ecsWeight,
        dropout,
        frozen: options.frozen,
        attentionLoop: "scan",
      },
      accumulate,
    );
    for (const { key } of graph.slots)
      if (!weights.has(key)) throw new Error(`The weights have no "${key}", which the architecture needs.`);
    const current = copyWeights(weights);
    const names = graph.trained.map((s) => s.key);
    const update = updateGraph(graph.trained, {
      beta1: BETA1,
      beta2: BETA2,
      epsilon: options.adamEps ?? 1e-8,
      weightDecay: options.weightDecay ?? 0,
    });
    const session = {
      device: options.device,
      threads: options.threads ?? cpus().length,
      profile: options.profile,
    };
    return new Trainer(
      graph,
      await Session.open(graph.onnx, session),
      await Session.open(update, session),
      current,
      zerosLike(current, names),
      { m: zerosLike(current, names), v: zerosLike(current, names) },
      { ...options, dropout, objectives, accumulate },
    );
  }

  /** One optimiser step on the cells of all `micro` batches together. */
  async step(micro: LabelledBatch[], learningRate: number): Promise<StepResult> {
    const started = performance.now();
    const result = await this.accumulateGradients(micro);
    const skipped = !Number.isFinite(result.gradNorm);
    if (!skipped) await this.update(result.gradNorm, learningRate);
    return { ...result, skipped, seconds: (performance.now() - started) / 1000 };
  }

  /** Loss and gradients of the batches, without a step; the gradients are read by `lastGradients`. */
  async accumulateGradients(micro: LabelledBatch[]): Promise<Omit<StepResult, "skipped" | "seconds">> {
    if (micro.length === 0 || micro.some((m) => m.labels.length === 0))
      throw new Error("A training step got an empty batch.");
    if (micro.length > 1 && !this.options.accumulate)
      throw new Error("This trainer was made for steps of one batch.");
    const cells = micro.reduce((sum, m) => sum + m.labels.length, 0);
    const weightOf = (label: number) => this.options.classWeights?.[label] ?? 1;
    const total = micro.reduce((sum, m) => m.labels.reduce((s, l) => s + weightOf(l), sum), 0);
    const sums = slotTensors(this.graph.trained, this.gradients);
    for (const g of this.gradients.values()) g.data.fill(0);

    let [loss, squares, correct] = [0, 0, 0];
    const parts: Record<string, number> = {};
    for (const [i, m] of micro.entries()) {
      const share = m.labels.length / cells;
      const feeds = {
        ...slotTensors(this.graph.slots, this.current),
        ...this.batchFeeds(
          m,
          Float32Array.from(m.labels, (l) => weightOf(l) / total),
          share,
          i,
        ),
      };
      const into: Record<string, ort.Tensor | null> = { loss: null, parts: null, squares: null };
      if (this.options.objectives.includes("CLS")) into.logits = null;
      for (const [input, t] of Object.entries(sums)) {
        if (this.options.accumulate) feeds[`sum.${input}`] = t;
        into[`grad.${input}`] = t;
      }
      for (const name of this.graph.statistics) into[`new.${name}`] = null;
      const out = await this.gradientSession.run(feeds, into);
      loss += Number(out.loss.data[0]);
      squares = Number(out.squares.data[0]);
      this.graph.parts.forEach((name, k) => {
        parts[name] = (parts[name] ?? 0) + Number(out.parts.data[k]);
      });
      if (out.logits) correct += countCorrect(out.logits.data as Float32Array, m.labels);
      for (const name of this.graph.statistics)
        this.current.get(name)!.data.set(out[`new.${name}`].data as Float32Array);
    }
    return { loss, parts, gradNorm: Math.sqrt(squares), correct, cells };
  }

  private async update(norm: number, learningRate: number): Promise<void> {
    const t = ++this.stepsTaken;
    const scalar = (x: number) => tensor("float32", Float32Array.of(x), []);
    const slots = this.graph.trained;
    const [w, m, v] = [this.current, this.moments.m, this.moments.v].map((s) => slotTensors(slots, s));
    const feeds: Record<string, ort.Tensor> = {
      learningRate: scalar(learningRate),
      rate: scalar(learningRate / (1 - BETA1 ** t)),
      correction: scalar(Math.sqrt(1 - BETA2 ** t)),
      factor: scalar(Math.min(1, (this.options.clipNorm ?? 1) / (norm + 1e-6))),
      ...slotTensors(slots, this.gradients, "grad."),
    };
    const into: Record<string, ort.Tensor> = {};
    for (const { input } of slots) {
      Object.assign(feeds, { [input]: w[input], [`m.${input}`]: m[input], [`v.${input}`]: v[input] });
      Object.assign(into, {
        [`new.${input}`]: w[input],
        [`newm.${input}`]: m[input],
        [`newv.${input}`]: v[input],
      });
    }
    await this.updateSession.run(feeds, into);
  }

  private batchFeeds(
    { batch, labels, batchLabels, masked }: LabelledBatch,
    cellWeights: Float32Array,
    share: number,
    index: number,
  ): Record<string, ort.Tensor> {
    const dims = [labels.length, batch.length];
    const feeds: Record<string, ort.Tensor> = {
      genes: tensor("int32", batch.genes, dims),
      values: tensor("float32", batch.values, dims),
    };
    if (this.options.objectives.includes("CLS")) {
      feeds.labels = tensor("int32", labels, [labels.length]);
      feeds.cellWeights = tensor("float32", cellWeights, [labels.length]);
    }
    if (batchLabels) feeds.batchLabels = tensor("int32", batchLabels, [labels.length]);
    if (masked) {
      feeds.target = tensor("float32", masked.target, dims);
      feeds.mask = tensor("float32", masked.mask, dims);
    }
    if (this.options.accumulate && this.options.objectives.some((o) => o !== "CLS"))
      feeds.share = tensor("float32", Float32Array.of(share), []);
    if (this.options.dropout > 0) {
      const stream = 2 * (this.stepsTaken * 4096 + index);
      feeds.rowKeys = tensor("int32", oddKeys(dims[0] * dims[1], this.options.seed, stream), dims);
      feeds.columnKeys = tensor("int32", oddKeys(dims[0] * dims[1], this.options.seed, stream + 1), dims);
    }
    return feeds;
  }

  /** A copy of the gradients of the last step, before clipping. */
  lastGradients(): Weights {
    return copyWeights(this.gradients);
  }

  /** A copy of the weights as they are now. */
  weights(): Weights {
    return copyWeights(this.current);
  }

  /** A copy of Adam's moments and the number of steps taken, for going on later. */
  optimizerState(): OptimizerState {
    return { step: this.stepsTaken, m: copyWeights(this.moments.m), v: copyWeights(this.moments.v) };
  }

  /** Goes on from a state that `optimizerState` gave. */
  restore(state: OptimizerState): void {
    this.stepsTaken = state.step;
    for (const which of ["m", "v"] as const)
      for (const [name, { data }] of state[which]) this.moments[which].get(name)?.data.set(data);
  }

  async release(): Promise<void> {
    await this.gradientSession.release();
    await this.updateSession.release();
  }
}

function countCorrect(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  let correct = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (row.every((x) => x <= row[label])) correct++;
  });
  return correct;
}
