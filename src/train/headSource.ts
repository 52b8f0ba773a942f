import type { Weights } from "../checkpoint/weights.js";
import { headGraph } from "../model/inference.js";
import type { Communicator } from "../runtime/communicator.js";
import { type Device, Session, tensor } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import type { TrainingPlan } from "./plan.js";
import { onAny } from "./ranks.js";
import { applyModel, classError, openPredictor, type Source, type Validation } from "./source.js";
import { slotTensors } from "./state.js";
import type { LabelledBatch, TrainerSpec } from "./trainer.js";

/**
 * Batches for a class decoder on a model that stays as it is: the cells' embeddings are computed once, before the
 * first step, instead of in every epoch. The frozen part runs as in evaluation, without dropout.
 */
export class HeadSource implements Source {
  private session: Session | undefined;

  private constructor(
    private readonly plan: TrainingPlan,
    private readonly spec: TrainerSpec,
    private readonly device: Device,
    /** Float32 [d] by cell of the store. */
    private readonly embeddings: ReadonlyMap<number, Float32Array>,
    private readonly ranks: Communicator | undefined,
  ) {}

  /** @returns undefined when `goOn` ended it early */
  static async create(
    plan: TrainingPlan,
    spec: TrainerSpec,
    device: Device,
    goOn: () => boolean,
    ranks?: Communicator,
  ): Promise<HeadSource | undefined> {
    const cells = Int32Array.from([...plan.train, ...plan.validation]);
    const backbone = await openPredictor(plan, spec, device, plan.weights);
    const applied = applyModel(plan, backbone, cells, "embeddings", goOn, ranks);
    const outputs = await applied.finally(() => backbone.release());
    if (!outputs) return undefined;
    const width = plan.args.embsize;
    const embeddings = new Map<number, Float32Array>();
    cells.forEach((cell, i) => {
      embeddings.set(cell, outputs.subarray(i * width, (i + 1) * width));
    });
    return new HeadSource(plan, spec, device, embeddings, ranks);
  }

  micro(cells: Int32Array): LabelledBatch[] {
    return [{ cells, labels: cells.map((cell) => this.plan.labels[cell]), embedding: this.stack(cells) }];
  }

  extent() {
    return { length: 0, masked: 0 };
  }

  tokens(cells: Int32Array): number {
    return cells.length;
  }

  async validate(weights: Weights, goOn: () => boolean): Promise<Validation | undefined> {
    const { plan, spec, device, ranks } = this;
    const ended = !goOn();
    if (ranks ? await onAny(ranks, ended) : ended) return undefined;
    const graph = headGraph(plan.args, spec);
    this.session ??= await Session.open(graph.onnx, { device, threads: plan.threads ?? processors() });
    const dims = [plan.validation.length, plan.args.embsize];
    const cells = tensor("float32", this.stack(plan.validation), dims);
    const out = await this.session.run({ ...slotTensors(graph.slots, weights), cells });
    return classError(plan, out.cls_output.data as Float32Array);
  }

  async release(): Promise<void> {
    await this.session?.release();
  }

  private stack(cells: Int32Array): Float32Array {
    const width = this.plan.args.embsize;
    const stacked = new Float32Array(cells.length * width);
    cells.forEach((cell, i) => {
      stacked.set(this.embeddings.get(cell)!, i * width);
    });
    return stacked;
  }
}
