import type { AttentionOptions } from "../graph/attention.js";
import type { ModelArgs } from "./args.js";
import type { Lora } from "./lora.js";
import type { Objective } from "./objectives.js";
import type { ModelSize } from "./parameters.js";

/** What is to be trained, and how. */
export interface TrainingSpec {
  args: ModelArgs;
  size: ModelSize;
  /** Row of `<pad>` in the embedding table. */
  padRow: number;
  objectives: Objective[];
  /** Weights of ECS and DAB in the loss; 1 when absent. */
  ecsWeight?: number;
  dabWeight?: number;
  dropout: number;
  /** As in evaluation: without dropout, batch norm by its running statistics. */
  evaluation?: boolean;
  /** Share of each cell's weight in the loss that goes to all classes alike; none when absent. */
  labelSmoothing?: number;
  /** State-dict names that are not trained; they get no derivative and no optimiser state. */
  frozen?: (name: string) => boolean;
  /** Matrices that are learnt by adapters: weights of their own, beside the model's; see `adapterShapes`. */
  lora?: Lora;
  attentionLoop: AttentionOptions["loop"];
  /** Only the class decoder is trained, on embeddings of the cells that are fed: input `cells` [B, d]. */
  head?: boolean;
  /** The layers by the kernels of the CUDA runtime, where it has them and they fit the architecture; with `half`. */
  kernels?: boolean;
  /** Matrix products in float16, all else in float32 (mixed precision, Micikevicius et al. 2018). */
  half?: boolean;
}
