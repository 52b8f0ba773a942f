import { cpus } from "node:os";
import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { type InferenceGraph, inferenceGraph } from "../model/inference.js";
import type { ModelSize } from "../model/parameters.js";
import { slotView } from "../model/slots.js";
import { type Device, Session, tensor } from "../runtime/session.js";
import type { Batch } from "../tokenize/batches.js";

export interface PredictorSpec extends ModelSize {
  args: ModelArgs;
  /** Row of `<pad>` in the gene table; 0 when absent, as in a table cut to the data. */
  padRow?: number;
}

export interface PredictorOptions {
  device: Device;
  /** Threads of the CPU; all cores when absent. */
  threads?: number;
}

export interface Prediction {
  /** Float32 [B × classes] */
  logits: Float32Array;
  /** Float32 [B × embsize]: the cells' embeddings, as the model gives them (not scaled to length 1). */
  embedding: Float32Array;
}

/** A model ready to be applied. Each call blocks its thread while it computes: keep it in a worker. */
export class Predictor {
  private constructor(
    private readonly graph: InferenceGraph,
    private readonly session: Session,
    private readonly weights: Weights,
  ) {}

  /**
   * @param weights by state-dict name, the gene table cut so that its rows are those of the batches
   * @throws where a weight is missing
   */
  static async create(spec: PredictorSpec, weights: Weights, options: PredictorOptions): Promise<Predictor> {
    const graph = inferenceGraph({
      args: spec.args,
      size: spec,
      padRow: spec.padRow ?? 0,
      wanted: { classes: true },
      attentionLoop: "scan",
    });
    for (const { key } of graph.slots)
      if (!weights.has(key)) throw new Error(`The weights have no "${key}", which the architecture needs.`);
    const session = await Session.open(graph.onnx, {
      device: options.device,
      threads: options.threads ?? cpus().length,
    });
    return new Predictor(graph, session, weights);
  }

  /** @param batchLabels int32 [B], where the architecture uses batch labels */
  async predict(batch: Batch, batchLabels?: Int32Array): Promise<Prediction> {
    const cells = batch.cells.length;
    if (cells === 0) throw new Error("Prediction got an empty batch.");
    const dims = [cells, batch.length];
    const weights = this.graph.slots.map((s) => [
      s.input,
      tensor("float32", slotView(s, this.weights.get(s.key)!.data), s.shape),
    ]);
    const out = await this.session.run({
      ...Object.fromEntries(weights),
      genes: tensor("int32", batch.genes, dims),
      values: tensor("float32", batch.values, dims),
      ...(batchLabels ? { batchLabels: tensor("int32", batchLabels, [cells]) } : {}),
    });
    return { logits: out.cls_output.data as Float32Array, embedding: out.cell_emb.data as Float32Array };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
