import type * as ort from "onnxruntime-node";
import { type StepsGraph, stepsGraph } from "../model/steps.js";
import type { TrainingSpec } from "../model/training.js";
import { Session, type SessionOptions, tensor } from "../runtime/session.js";
import type { AdamChoice } from "./cpuEngine.js";
import {
  BETA1,
  BETA2,
  type Engine,
  type PlannedStep,
  type StepResult,
  type TrainingState,
} from "./engine.js";
import { countCorrect, type FeedOptions, only, stepFeeds } from "./feeds.js";
import { addMoments, slotTensors } from "./state.js";

/** Steps in one graph: weights and moments cross the bus once for all of them. */
const GROUP = 4;
/** Loss scale of mixed precision: its start, and after how many good steps it doubles (PyTorch's `GradScaler`). */
const START_SCALE = 2 ** 16;
const GROWTH_INTERVAL = 2000;

interface Opened {
  graph: StepsGraph;
  session: Session;
}

/**
 * Training on a device with memory of its own (WebGPU, CUDA): whole steps in one graph, several at a time.
 * A graph is made for each number of steps and batches that turns up; they are few.
 */
export class DeviceEngine implements Engine {
  readonly group = GROUP;
  private readonly opened = new Map<string, Opened>();
  private lossScale: number;
  private goodSteps = 0;

  constructor(
    private readonly spec: TrainingSpec,
    private readonly state: TrainingState,
    private readonly session: SessionOptions,
    private readonly feedOptions: FeedOptions,
    private readonly adam: AdamChoice,
  ) {
    this.lossScale = spec.half ? START_SCALE : 1;
  }

  /** The loss scale of mixed precision as it stands; 1 without. */
  get scale(): number {
    return this.lossScale;
  }

  async run(steps: PlannedStep[]): Promise<StepResult[]> {
    const results: StepResult[] = [];
    for (let start = 0; start < steps.length; ) {
      const batches = steps[start].micro.length;
      const alike = steps.slice(start, start + GROUP).findIndex((s) => s.micro.length !== batches);
      const count = alike < 0 ? Math.min(GROUP, steps.length - start) : alike;
      results.push(...(await this.runAlike(steps.slice(start, start + count), batches)));
      start += count;
    }
    return results;
  }

  private async runAlike(steps: PlannedStep[], batches: number): Promise<StepResult[]> {
    const started = performance.now();
    const { graph, session } = await this.open(steps.length, batches);
    const { state } = this;
    const inputs = new Set(graph.inputs);
    const feeds: Record<string, ort.Tensor> = {
      ...slotTensors(graph.slots, state.weights),
      ...slotTensors(graph.trained, state.m, "m."),
      ...slotTensors(graph.trained, state.v, "v."),
      progress: tensor(
        "float32",
        Float32Array.of(1 - BETA1 ** state.step, 1 - BETA2 ** state.step, this.lossScale),
        [3],
      ),
    };
    for (const [i, step] of steps.entries()) {
      feeds[`learningRate@${i}`] = tensor("float32", Float32Array.of(step.learningRate), []);
      for (const [j, own] of stepFeeds(step.micro, state.attempts++, this.feedOptions).entries())
        Object.assign(feeds, only(own, inputs, `@${i}.${j}`));
    }
    const out = await session.run(feeds);
    const seconds = (performance.now() - started) / 1000 / steps.length;
    const results = steps.map((step, i) => this.result(graph, out, step, i, seconds));
    this.keep(graph, out);
    this.lossScale = Number(out["new.progress"].data[2]);
    for (const r of results) this.count(r.skipped);
    return results;
  }

  private result(
    graph: StepsGraph,
    out: Record<string, ort.Tensor>,
    { micro }: PlannedStep,
    i: number,
    seconds: number,
  ): StepResult {
    const gradNorm = Number(out[`norm@${i}`].data[0]);
    const all = { loss: 0, parts: {} as Record<string, number>, correct: 0, cells: 0 };
    for (const [j, { labels }] of micro.entries()) {
      all.loss += Number(out[`loss@${i}.${j}`].data[0]);
      for (const [k, name] of graph.parts.entries())
        all.parts[name] = (all.parts[name] ?? 0) + Number(out[`parts@${i}.${j}`].data[k]);
      const logits = out[`logits@${i}.${j}`];
      if (logits) all.correct += countCorrect(logits.data as Float32Array, labels);
      all.cells += labels.length;
    }
    return { ...all, gradNorm, skipped: !Number.isFinite(gradNorm), seconds };
  }

  private keep(graph: StepsGraph, out: Record<string, ort.Tensor>): void {
    const { weights, m, v } = this.state;
    for (const [held, prefix] of [[weights, "new."] as const, [m, "newm."] as const, [v, "newv."] as const])
      for (const slot of graph.trained)
        held.get(slot.key)!.data.set(out[prefix + slot.input].data as Float32Array, slot.offset);
    for (const name of graph.statistics) weights.get(name)!.data.set(out[`new.${name}`].data as Float32Array);
  }

  private count(skipped: boolean): void {
    if (skipped) {
      this.goodSteps = 0;
      return;
    }
    this.state.step++;
    if (this.spec.half && ++this.goodSteps % GROWTH_INTERVAL === 0) this.lossScale *= 2;
  }

  private async open(steps: number, batches: number): Promise<Opened> {
    const key = `${steps}×${batches}`;
    const known = this.opened.get(key);
    if (known) return known;
    const graph = stepsGraph(this.spec, { steps, batches, beta1: BETA1, beta2: BETA2, ...this.adam });
    addMoments(this.state, graph.trained);
    const opened = { graph, session: await Session.open(graph.onnx, this.session) };
    this.opened.set(key, opened);
    return opened;
  }

  async release(): Promise<void> {
    for (const { session } of this.opened.values()) await session.release();
  }
}
