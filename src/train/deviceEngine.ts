import type * as ort from "onnxruntime-node";
import type { Weights } from "../checkpoint/weights.js";
import { type GradientGraph, gradientGraph } from "../model/gradient.js";
import { ALL, GRADIENT, HALF, M, NEW, NEW_M, NEW_SUM, NEW_V, SUM, V } from "../model/names.js";
import { isStatistic } from "../model/parameters.js";
import { slotView } from "../model/slots.js";
import type { TrainingSpec } from "../model/training.js";
import {
  additionGraph,
  halfGraph,
  kernelAdamScalars,
  kernelUpdateGraph,
  squaresGraph,
  updateGraph,
} from "../model/update.js";
import type { Communicator } from "../runtime/communicator.js";
import type { DeviceRuntime } from "../runtime/deviceRuntime.js";
import type { Destination, DeviceSession } from "../runtime/deviceSession.js";
import type { Block, DeviceTensor } from "../runtime/deviceTensor.js";
import { tensor } from "../runtime/session.js";
import type { AdamChoice } from "./cpuEngine.js";
import {
  BETA1,
  BETA2,
  type Engine,
  isTokens,
  type LabelledBatch,
  type LossScaler,
  type PlannedStep,
  type StepResult,
  type TrainingState,
  type WholeStep,
} from "./engine.js";
import { countCorrect, type FeedOptions, only, stepFeeds } from "./feeds.js";
import { isOutOfMemory, memoryIsFull } from "./outOfMemory.js";
import { halfWeights, ParameterVector } from "./parameterVector.js";
import { halves } from "./splitBatch.js";
import { addMoments, addZeros, slotTensors } from "./state.js";
import { StepVector } from "./stepVector.js";

/** What a step's derivatives come with. */
type Sums = Omit<StepResult, "gradNorm" | "skipped" | "seconds">;

/** Loss scale of mixed precision: its start, and after how many good steps it doubles (PyTorch's `GradScaler`). */
const START_SCALE = 2 ** 16;
const GROWTH_INTERVAL = 2000;

/**
 * Training on a device with memory of its own (WebGPU, CUDA). Weights, moments and derivatives stay there; what crosses
 * the bus in a step is the batch and the loss; of several ranks, the derivatives too, to be added up by the host. Four
 * graphs: the derivatives of a batch, their sum over the batches of a step, their norm, and Adam.
 */
export class DeviceEngine implements Engine {
  readonly group = 1;
  private readonly derivatives: DeviceSession;
  private readonly addition: DeviceSession;
  private readonly squares: DeviceSession;
  private readonly update: DeviceSession;
  /** The trained weights in half precision, where the kernels read them, and what makes them of those in single. */
  private readonly half?: Block;
  private readonly narrow?: DeviceSession;
  private readonly weights: ParameterVector;
  private readonly m: ParameterVector;
  private readonly v: ParameterVector;
  private readonly gradient: ParameterVector;
  /** The sum of several batches' derivatives. Had from the start: when a batch turns out too large, it is too late. */
  private readonly sum: ParameterVector;
  /** The derivatives in the host's memory, where they are added up with other ranks'. */
  private readonly vector?: StepVector;
  /** Where the last step's derivatives are, and by how much they are too large. */
  private last?: { gradient: ParameterVector; scale: number };
  private readonly inputs: ReadonlySet<string>;
  private readonly scaler: LossScaler;
  /** Tokens that a batch may have, once the device's memory has turned out too small for more. */
  private mostTokens = Number.POSITIVE_INFINITY;

  private constructor(
    private readonly spec: TrainingSpec,
    private readonly state: TrainingState,
    private readonly runtime: DeviceRuntime,
    private readonly graph: GradientGraph,
    private readonly feedOptions: FeedOptions,
    private readonly adam: AdamChoice,
    private readonly ranks: Communicator | undefined,
  ) {
    const { trained } = graph;
    this.vector = ranks && new StepVector(trained, state.weights, graph.statistics, graph.parts);
    addMoments(state, trained);
    this.scaler = state.scaler = { scale: spec.half ? START_SCALE : 1, goodSteps: 0 };
    this.inputs = new Set(graph.inputs);
    const pieces = ParameterVector.pieces(runtime, trained);
    this.derivatives = runtime.session(graph.onnx);
    this.addition = runtime.session(additionGraph(pieces));
    this.squares = runtime.session(squaresGraph(pieces));
    this.half = graph.kernels ? halfWeights(runtime, trained) : undefined;
    this.update = runtime.session(
      this.half ? kernelUpdateGraph(pieces[0]) : updateGraph(pieces, { beta1: BETA1, beta2: BETA2, ...adam }),
    );
    this.narrow = this.half && runtime.session(halfGraph(pieces[0]));
    if (this.half)
      for (const name of this.inputs)
        if (name.startsWith(HALF))
          this.derivatives.fixed[name] = this.half.parts.get(name.slice(HALF.length))!;
    const vector = () => new ParameterVector(runtime, trained);
    [this.weights, this.m, this.v] = [vector(), vector(), vector()];
    [this.gradient, this.sum] = [vector(), vector()];
    const isTrained = new Set(trained);
    for (const slot of graph.slots)
      if (!isTrained.has(slot) && !isStatistic(slot.key))
        this.derivatives.fixed[slot.input] = runtime.upload(
          tensor("float32", slotView(slot, state.weights.get(slot.key)!.data), slot.shape),
        );
    this.write();
  }

  /** @throws an Error that says what to install where the device can't be used */
  static create(
    spec: TrainingSpec,
    state: TrainingState,
    runtime: DeviceRuntime,
    feeds: FeedOptions,
    adam: AdamChoice,
    ranks?: Communicator,
  ): DeviceEngine {
    const graph = gradientGraph({ ...spec, kernels: runtime.hasKernels }, "apart");
    try {
      return new DeviceEngine(spec, state, runtime, graph, feeds, adam, ranks);
    } catch (error) {
      throw memoryIsFull(error);
    }
  }

  /** The loss scale of mixed precision as it stands; 1 without. */
  get scale(): number {
    return this.scaler.scale;
  }

  async run(steps: PlannedStep[]): Promise<StepResult[]> {
    try {
      const results: StepResult[] = [];
      for (const step of steps) results.push(await this.step(step));
      return results;
    } catch (error) {
      throw memoryIsFull(error);
    }
  }

  private async step({ micro: planned, learningRate, whole }: PlannedStep): Promise<StepResult> {
    const started = performance.now();
    const { result: mine, pieces } = this.addGradientsInPieces(planned, whole);
    const gradient = pieces > 1 ? this.sum : this.gradient;
    const result = whole ? await this.overRanks(gradient, pieces, whole, mine) : mine;
    this.last = { gradient, scale: this.scaler.scale };
    const { squares } = this.squares.run(gradient.named(GRADIENT), { squares: "host" }).host;
    const gradNorm = Math.sqrt(Number(squares.data[0])) / this.scaler.scale;
    const skipped = !Number.isFinite(gradNorm);
    if (skipped) {
      this.scaler.goodSteps = 0;
      this.scaler.scale /= 2;
    } else {
      this.takeStep(gradient, gradNorm, learningRate);
      if (this.spec.half && ++this.scaler.goodSteps % GROWTH_INTERVAL === 0) this.scaler.scale *= 2;
    }
    return { ...result, gradNorm, skipped, seconds: (performance.now() - started) / 1000 };
  }

  /** The step of all ranks, of which this one has its part: the sum of all derivatives is left in `gradient`. */
  private async overRanks(
    gradient: ParameterVector,
    pieces: number,
    { labels }: WholeStep,
    mine: Sums,
  ): Promise<Sums> {
    const { ranks, vector, state } = this;
    if (!ranks || !vector) return mine;
    if (pieces === 0) vector.clear();
    else gradient.download(vector.gradients);
    const sums = await vector.sum(ranks, mine, state.weights);
    gradient.upload(vector.gradients);
    return { ...sums, cells: labels.length };
  }

  /**
   * The derivatives of all batches. Where the device's memory does not hold one of them, they are halved, and from then
   * on none is larger: the step goes on.
   */
  private addGradientsInPieces(planned: LabelledBatch[], whole: WholeStep | undefined) {
    let micro = planned;
    while (micro.some((one) => sizeOf(one) > this.mostTokens && one.labels.length > 1))
      micro = micro.flatMap(halves);
    for (;;) {
      try {
        return { result: this.addGradients(micro, whole), pieces: micro.length };
      } catch (error) {
        const longest = micro.reduce((most, one) => Math.max(most, sizeOf(one)), 0);
        const alone = micro.every(({ labels }) => labels.length < 2);
        if (!isOutOfMemory(error) || alone) throw error;
        this.mostTokens = longest / 2;
        this.derivatives.shrink();
        this.state.attempts--;
        micro = micro.flatMap(halves);
      }
    }
  }

  /** The derivatives of all batches, in `gradient` where it is one, else in `sum`. */
  private addGradients(micro: LabelledBatch[], whole: WholeStep | undefined): Sums {
    const { state, graph } = this;
    const all = { loss: 0, parts: {} as Record<string, number>, correct: 0, cells: 0 };
    for (const [i, feeds] of stepFeeds(micro, state.attempts++, this.feedOptions, whole).entries()) {
      const target = micro.length > 1 && i === 0 ? this.sum : this.gradient;
      const out = this.differentiate(feeds, target);
      if (i > 0) this.addTo(this.sum);
      all.loss += Number(out.loss.data[0]);
      for (const [k, name] of graph.parts.entries())
        all.parts[name] = (all.parts[name] ?? 0) + Number(out.parts.data[k]);
      if (out.logits) all.correct += countCorrect(out.logits.data as Float32Array, micro[i].labels);
      all.cells += micro[i].labels.length;
      for (const name of graph.statistics)
        state.weights.get(name)!.data.set(out[NEW + name].data as Float32Array);
    }
    return all;
  }

  private differentiate(
    feeds: Record<string, ort.Tensor>,
    target: ParameterVector,
  ): Record<string, ort.Tensor> {
    const { graph, state } = this;
    const statistics = graph.slots.filter((s) => isStatistic(s.key));
    const scale: Record<string, ort.Tensor> = this.inputs.has("lossScale")
      ? { lossScale: tensor("float32", Float32Array.of(this.scaler.scale), []) }
      : {};
    const into: Record<string, Destination> = {
      ...target.destinations(GRADIENT, "parts"),
      loss: "host",
      parts: "host",
    };
    if (graph.logits) into.logits = "host";
    for (const name of graph.statistics) into[NEW + name] = "host";
    const weights = Object.fromEntries([...this.weights.parts].filter(([input]) => this.inputs.has(input)));
    const fed = {
      ...weights,
      ...slotTensors(statistics, state.weights),
      ...only(feeds, this.inputs),
      ...scale,
    };
    const out = this.derivatives.run(fed, into);
    target.adopt(GRADIENT, out.device);
    return out.host;
  }

  private addTo(sum: ParameterVector): void {
    const fed = { ...sum.named(SUM), ...this.gradient.named(GRADIENT) };
    const out = this.addition.run(fed, sum.destinations(NEW_SUM, "pieces"));
    sum.adopt(NEW_SUM, out.device);
  }

  private takeStep(gradient: ParameterVector, norm: number, learningRate: number): void {
    const t = ++this.state.step;
    const scalar = (x: number) => tensor("float32", Float32Array.of(x), []);
    const vectors = [
      [this.weights, "", NEW],
      [this.m, M, NEW_M],
      [this.v, V, NEW_V],
    ] as const;
    const numbers = {
      learningRate,
      rate: learningRate / (1 - BETA1 ** t),
      correction: Math.sqrt(1 - BETA2 ** t),
      factor: Math.min(1, this.adam.clipNorm / (norm + 1e-6)) / this.scaler.scale,
    };
    const options = { beta1: BETA1, beta2: BETA2, ...this.adam };
    const feeds: Record<string, ort.Tensor | DeviceTensor> = this.half
      ? { scalars: tensor("float32", kernelAdamScalars(numbers, options), [8]) }
      : Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, scalar(x)]));
    Object.assign(feeds, gradient.named(GRADIENT));
    const into: Record<string, Destination> = this.half ? { [HALF + ALL]: this.half.whole } : {};
    for (const [vector, input, output] of vectors) {
      Object.assign(feeds, vector.named(input));
      Object.assign(into, vector.destinations(output, "pieces"));
    }
    const { device } = this.update.run(feeds, into);
    for (const [vector, , output] of vectors) vector.adopt(output, device);
  }

  /** A copy of the derivatives of the last step, before clipping. */
  get gradients(): Weights {
    const { state, graph, last } = this;
    const gradients: Weights = new Map();
    addZeros(gradients, graph.trained, state.weights);
    if (!last) return gradients;
    last.gradient.download(gradients);
    for (const { data } of gradients.values()) for (let i = 0; i < data.length; i++) data[i] /= last.scale;
    return gradients;
  }

  read(): void {
    const { weights, m, v } = this.state;
    this.weights.download(weights);
    this.m.download(m);
    this.v.download(v);
  }

  write(): void {
    const { weights, m, v } = this.state;
    this.weights.upload(weights);
    this.m.upload(m);
    this.v.upload(v);
    if (this.half) this.narrow!.run(this.weights.named(""), { [HALF + ALL]: this.half.whole });
  }

  async release(): Promise<void> {
    const sessions = [this.derivatives, this.addition, this.squares, this.update, this.narrow];
    for (const session of sessions) session?.forget();
    for (const vector of [this.weights, this.m, this.v, this.gradient, this.sum, this.half]) vector?.free();
    for (const session of sessions) session?.release();
    this.runtime.release();
  }
}

/** What a batch's memory goes with: its tokens, padding included, or its cells. */
function sizeOf(one: LabelledBatch): number {
  return isTokens(one) ? one.batch.genes.length : one.labels.length;
}
