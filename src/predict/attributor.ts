import type { Weights } from "../checkpoint/weights.js";
import { attributionGraph } from "../model/attribution.js";
import { checkedWeight, parameterShapes } from "../model/parameters.js";
import { slotView } from "../model/slots.js";
import { type Device, Session, tensor } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import type { Batch } from "../tokenize/batches.js";
import { checkBatch } from "../tokenize/checkBatch.js";
import type { PredictorSpec } from "./predictor.js";

/** A model ready to say what its answers come from. Each call blocks its thread while it computes: keep it in a worker. */
export class Attributor {
  private constructor(
    private readonly session: Session,
    private readonly genes: number,
  ) {}

  /**
   * @param weights by state-dict name, the gene table cut so that its rows are those of the batches
   * @throws where a weight is missing or of another shape than the architecture's
   */
  static async create(
    spec: PredictorSpec,
    weights: Weights,
    { device, threads }: { device: Device; threads?: number },
  ): Promise<Attributor> {
    const { args, padRow = 0, ...size } = spec;
    const attentionLoop = device === "cpu" ? "scan" : "heads";
    const { onnx, slots } = attributionGraph({ args, size, padRow, attentionLoop });
    const session = await Session.open(onnx, { device, threads: threads ?? processors() });
    const shapes = parameterShapes(args, size);
    const fed = slots.map((slot) => {
      const { data } = checkedWeight(weights, slot.key, shapes);
      return [slot.input, tensor("float32", slotView(slot, data), slot.shape)];
    });
    session.keep(Object.fromEntries(fed));
    return new Attributor(session, size.genes);
  }

  /**
   * What each token gives to its cell's class.
   * @param codes int32 [B]: the class asked for, of each cell
   * @param batchLabels int32 [B], where the architecture uses batch labels
   * @returns Float32 [B × N]
   */
  async attribute(batch: Batch, codes: Int32Array, batchLabels?: Int32Array): Promise<Float32Array> {
    checkBatch(batch, this.genes);
    const cells = batch.cells.length;
    const dims = [cells, batch.length];
    const { attribution } = await this.session.run({
      genes: tensor("int32", batch.genes, dims),
      values: tensor("float32", batch.values, dims),
      classes: tensor("int32", codes, [cells]),
      ...(batchLabels ? { batchLabels: tensor("int32", batchLabels, [cells]) } : {}),
    });
    return attribution.data as Float32Array;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
