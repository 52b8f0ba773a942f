import type * as ort from "onnxruntime-node";
import type { Weights } from "../checkpoint/weights.js";
import { type GradientGraph, gradientGraph } from "../model/gradient.js";
import { GRADIENT, M, NEW, NEW_M, NEW_V, SUM, V } from "../model/names.js";
import type { TrainingSpec } from "../model/training.js";
import { updateGraph } from "../model/update.js";
import type { Communicator } from "../runtime/communicator.js";
import { Session, type SessionOptions, tensor } from "../runtime/session.js";
import {
  BETA1,
  BETA2,
  type Engine,
  type PlannedStep,
  type StepResult,
  type TrainingState,
  type WholeStep,
} from "./engine.js";
import { countCorrect, type FeedOptions, only, stepFeeds } from "./feeds.js";
import { addMoments, slotTensors } from "./state.js";
import { StepVector } from "./stepVector.js";

export interface AdamChoice {
  epsilon: number;
  weightDecay: number;
  clipNorm: number;
}

/** What a step comes to before it is known whether it is taken. */
type Sums = Omit<StepResult, "skipped" | "seconds">;

/**
 * Training on the CPU: one graph for the gradients, and one for Adam. Until a step has several batches, or ranks, the former
 * leaves out what adds them up.
 * Weights, moments and gradients lie in memory of ours that onnxruntime reads and writes in place; between the two
 * graphs gradients are added up over the ranks, where there are several, and the norm is looked at, so that a step that is
 * not finite changes nothing.
 */
export class CpuEngine implements Engine {
  readonly group = 1;
  private readonly vector: StepVector;

  private constructor(
    private readonly spec: TrainingSpec,
    private readonly session: SessionOptions,
    private graph: GradientGraph,
    private gradientSession: Session,
    private readonly updateSession: Session,
    private readonly state: TrainingState,
    private readonly feedOptions: FeedOptions,
    private readonly adam: AdamChoice,
    private readonly ranks: Communicator | undefined,
  ) {
    this.vector = new StepVector(graph.trained, state.weights, graph.statistics, graph.parts);
    addMoments(state, graph.trained);
  }

  get gradients(): Weights {
    return this.vector.gradients;
  }

  static async create(
    spec: TrainingSpec,
    state: TrainingState,
    session: SessionOptions,
    feeds: FeedOptions,
    adam: AdamChoice,
    ranks?: Communicator,
  ): Promise<CpuEngine> {
    // Of several ranks, none has the whole step.
    const graph = gradientGraph(spec, ranks ? "added" : "whole");
    const update = updateGraph(graph.trained, { beta1: BETA1, beta2: BETA2, ...adam });
    const opened = [await Session.open(graph.onnx, session), await Session.open(update, session)];
    return new CpuEngine(spec, session, graph, opened[0], opened[1], state, feeds, adam, ranks);
  }

  async run(steps: PlannedStep[]): Promise<StepResult[]> {
    const results: StepResult[] = [];
    for (const step of steps) {
      const started = performance.now();
      if (step.micro.length > 1 && this.graph.form === "whole") await this.accumulate();
      const mine = await this.addGradients(step);
      const result = this.ranks && step.whole ? await this.overRanks(this.ranks, step.whole, mine) : mine;
      const skipped = !Number.isFinite(result.gradNorm);
      if (!skipped) await this.update(result.gradNorm, step.learningRate);
      results.push({ ...result, skipped, seconds: (performance.now() - started) / 1000 });
    }
    return results;
  }

  /** From now on with the graph that adds up the gradients of several batches. */
  private async accumulate(): Promise<void> {
    await this.gradientSession.release();
    this.graph = gradientGraph(this.spec, "added");
    this.gradientSession = await Session.open(this.graph.onnx, this.session);
  }

  /** The step of all ranks, of which this one has its part. */
  private async overRanks(ranks: Communicator, { labels }: WholeStep, mine: Sums): Promise<Sums> {
    const { vector, state } = this;
    const sums = await vector.sum(ranks, mine, state.weights);
    return { ...sums, gradNorm: vector.norm(), cells: labels.length };
  }

  private async addGradients({ micro, whole }: PlannedStep): Promise<Sums> {
    const { graph, state } = this;
    const sums = slotTensors(graph.trained, this.gradients);
    const adds = graph.form === "added";
    if (adds || micro.length === 0) this.vector.clear();
    const inputs = new Set(graph.inputs);
    const all = { loss: 0, parts: {} as Record<string, number>, gradNorm: 0, correct: 0, cells: 0 };
    for (const [i, feeds] of stepFeeds(micro, state.attempts++, this.feedOptions, whole).entries()) {
      const fed = { ...slotTensors(graph.slots, state.weights), ...only(feeds, inputs) };
      const into: Record<string, ort.Tensor | null> = { loss: null, parts: null, squares: null };
      if (graph.logits) into.logits = null;
      for (const [input, t] of Object.entries(sums)) {
        if (adds) fed[SUM + input] = t;
        into[GRADIENT + input] = t;
      }
      for (const name of graph.statistics) into[NEW + name] = null;
      const out = await this.gradientSession.run(fed, into);
      all.loss += Number(out.loss.data[0]);
      all.gradNorm = Math.sqrt(Number(out.squares.data[0]));
      for (const [k, name] of graph.parts.entries())
        all.parts[name] = (all.parts[name] ?? 0) + Number(out.parts.data[k]);
      all.cells += micro[i].labels.length;
      if (out.logits) all.correct += countCorrect(out.logits.data as Float32Array, micro[i].labels);
      for (const name of graph.statistics)
        state.weights.get(name)!.data.set(out[NEW + name].data as Float32Array);
    }
    return all;
  }

  private async update(norm: number, learningRate: number): Promise<void> {
    const t = ++this.state.step;
    const scalar = (x: number) => tensor("float32", Float32Array.of(x), []);
    const slots = this.graph.trained;
    const { weights, m, v } = this.state;
    const feeds: Record<string, ort.Tensor> = {
      learningRate: scalar(learningRate),
      rate: scalar(learningRate / (1 - BETA1 ** t)),
      correction: scalar(Math.sqrt(1 - BETA2 ** t)),
      factor: scalar(Math.min(1, this.adam.clipNorm / (norm + 1e-6))),
      ...slotTensors(slots, this.gradients, GRADIENT),
    };
    const into: Record<string, ort.Tensor> = {};
    for (const [held, input, output] of [
      [weights, "", NEW],
      [m, M, NEW_M],
      [v, V, NEW_V],
    ] as const) {
      Object.assign(feeds, slotTensors(slots, held, input));
      Object.assign(into, slotTensors(slots, held, output));
    }
    await this.updateSession.run(feeds, into);
  }

  async release(): Promise<void> {
    await this.gradientSession.release();
    await this.updateSession.release();
  }
}
