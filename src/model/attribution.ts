import { gradients } from "../graph/autodiff.js";
import { mul } from "../graph/elementwise.js";
import { indices } from "../graph/gather.js";
import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import { reduceSum } from "../graph/reduce.js";
import { reshape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Context } from "./context.js";
import type { InferenceGraph, InferenceSpec } from "./inference.js";
import { parameterShapes, usesBatchLabels } from "./parameters.js";
import { scgpt } from "./scgpt.js";
import { Slots } from "./slots.js";

/** A trained model whose answers are to be explained. */
export interface AttributionSpec extends Pick<InferenceSpec, "args" | "size" | "padRow"> {
  attentionLoop: Exclude<Context["attentionLoop"], "fused">;
}

/**
 * Builds gradient × input (Shrikumar et al. 2017) of one class of each cell: the derivative of its logit with respect to
 * what a token is to the transformer, times that, summed over the embedding's dimensions. A token's input is its gene's
 * embedding together with its value's, as `embedTokens` makes it in every `input_emb_style`: so it is said how much the
 * logit owes to this gene at this value. (By the value's embedding alone it is said less: where values are added, the model may
 * read most from a gene's being there.)
 *
 * Inputs, besides the slots: `genes` int32 [B, N], `values` [B, N], `classes` int32 [B], `batchLabels` int32 [B] where used.
 * Output: `attribution` [B, N], in logits.
 */
export function attributionGraph({ args, size, padRow, attentionLoop }: AttributionSpec): InferenceGraph {
  const g = new Graph();
  g.waits = attentionLoop === "scan" ? "shape" : "element";
  const slots = new Slots(g, parameterShapes(args, size));
  const [B, N] = ["B", "N"];
  const inputs = {
    genes: g.input("genes", "int32", [B, N]),
    values: g.input("values", "float32", [B, N]),
    batchLabels: usesBatchLabels(args) ? g.input("batchLabels", "int32", [B]) : undefined,
    ...{ padRow, maskPool: true },
  };
  const context: Context = {
    ...{ g, args, attentionLoop, training: false, differentiated: true },
    parameter: (name, third) => slots.tensor(name, third),
  };
  const { classes: logits, embedded } = scgpt(context, inputs, size, { classes: true });
  const [slope] = gradients(g, asked(g, logits!, g.input("classes", "int32", [B])), [embedded]);
  g.output("attribution", reshape(g, reduceSum(g, mul(g, slope!, embedded), [1]), [B, N]));
  return {
    onnx: encodeOnnx(g),
    slots: slots.all,
    inputs: g.inputs.map((t) => t.name),
    outputs: ["attribution"],
  };
}

/**
 * The sum of the cells' logits, of each cell that of its class: no cell has a part in another's, so that the derivative of
 * the sum holds each cell's own.
 * @param logits [B, classes]
 * @param classes int32 [B]
 */
function asked(g: Graph, logits: Tensor, classes: Tensor): Tensor {
  const [b, count] = logits.shape;
  const own = reshape(g, classes, [b, 1]);
  const every = reshape(g, indices(g, count), [1, count]);
  const same = g.node("Equal", [own, every], "bool", logits.shape);
  return reduceSum(g, mul(g, logits, g.cast(same, logits.dtype)), [0, 1]);
}
