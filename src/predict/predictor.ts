import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { inferenceGraph } from "../model/inference.js";
import { checkedWeight, type ModelSize, parameterShapes, usesBatchLabels } from "../model/parameters.js";
import { type Slot, slotView } from "../model/slots.js";
import { hasKernels } from "../runtime/deviceRuntime.js";
import { type Device, Session, tensor } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import type { Batch } from "../tokenize/batches.js";
import { checkBatch, checkLabels } from "../tokenize/checkBatch.js";

export interface PredictorSpec extends ModelSize {
  args: ModelArgs;
  /** Row of `<pad>` in the gene table; 0 when absent, as in a table cut to the data. */
  padRow?: number;
}

export interface PredictorOptions {
  device: Device;
  /** Threads of the CPU; all cores when absent. */
  threads?: number;
  /** The transformer in float16, by the kernels of the CUDA runtime; nothing to other devices. */
  half?: boolean;
  /** The transformer's products in 8-bit integers: faster, a little less exact; see `int8Agreement`. */
  int8?: boolean;
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
    private readonly session: Session,
    private readonly slots: readonly Slot[],
    /** Whether batches may hold padding. The CPU's attention is without a mask, and so without padding. */
    readonly padding: boolean,
    private readonly spec: PredictorSpec,
    private readonly int8: boolean,
  ) {}

  /**
   * @param weights by state-dict name, the gene table cut so that its rows are those of the batches
   * @throws where a weight is missing or of another shape than the architecture's
   */
  static async create(spec: PredictorSpec, weights: Weights, options: PredictorOptions): Promise<Predictor> {
    const { device, threads, half, int8 } = options;
    const shapes = parameterShapes(spec.args, spec);
    const data = (key: string) => checkedWeight(weights, key, shapes).data;
    const graph = inferenceGraph({
      args: spec.args,
      size: spec,
      padRow: spec.padRow ?? 0,
      wanted: { classes: true },
      maskPool: true,
      attentionLoop: device === "cpu" ? "fused" : "heads",
      kernels: half && hasKernels(device),
      int8: int8 ? data : undefined,
    });
    const session = await Session.open(graph.onnx, { device, threads: threads ?? processors() });
    const predictor = new Predictor(session, graph.slots, device !== "cpu", spec, int8 === true);
    predictor.feed(weights);
    return predictor;
  }

  /**
   * Predicts with other weights of the same architecture from now on.
   * @throws where a weight is missing or of another shape, and with `int8`, whose weights are in the graph
   */
  setWeights(weights: Weights): void {
    if (this.int8) throw new Error("A predictor in int8 keeps its weights.");
    this.feed(weights);
  }

  private feed(weights: Weights): void {
    const { session, slots, spec } = this;
    const shapes = parameterShapes(spec.args, spec);
    const fed = slots.map((s) => {
      const { data } = checkedWeight(weights, s.key, shapes);
      return [s.input, tensor("float32", slotView(s, data), s.shape)];
    });
    session.keep(Object.fromEntries(fed));
  }

  /**
   * @param batchLabels int32 [B], where the architecture uses batch labels
   * @throws where the batch is empty or not one that the model can take; the message names the cell
   */
  async predict(batch: Batch, batchLabels?: Int32Array): Promise<Prediction> {
    const cells = batch.cells.length;
    if (cells === 0) throw new Error("Prediction got an empty batch.");
    checkBatch(batch, this.spec.genes);
    if (usesBatchLabels(this.spec.args)) {
      if (!batchLabels) throw new Error("The model uses batch labels, and prediction got none.");
      checkLabels(batch, batchLabels, this.spec.batches!, "batch");
    }
    if (!this.padding && batch.genes.includes(this.spec.padRow ?? 0))
      throw new Error("Prediction on the CPU got cells of unlike lengths: group them by length first.");
    if (cells * batch.length === 1) return this.predictTwice(batch, batchLabels);
    const dims = [cells, batch.length];
    const out = await this.session.run({
      genes: tensor("int32", batch.genes, dims),
      values: tensor("float32", batch.values, dims),
      ...(batchLabels ? { batchLabels: tensor("int32", batchLabels, [cells]) } : {}),
    });
    return { logits: out.cls_output.data as Float32Array, embedding: out.cell_emb.data as Float32Array };
  }

  /** A cell without a gene that stands alone: every product would be of a single row (see `spared`). */
  private async predictTwice(batch: Batch, batchLabels?: Int32Array): Promise<Prediction> {
    const [cell, gene, value] = [batch.cells[0], batch.genes[0], batch.values[0]];
    const { logits, embedding } = await this.predict(
      {
        cells: Int32Array.of(cell, cell),
        length: 1,
        genes: Int32Array.of(gene, gene),
        values: Float32Array.of(value, value),
      },
      batchLabels && Int32Array.of(batchLabels[0], batchLabels[0]),
    );
    return {
      logits: logits.slice(0, logits.length / 2),
      embedding: embedding.slice(0, embedding.length / 2),
    };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
