import type { AttentionOptions } from "../graph/attention.js";
import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import type { ModelArgs } from "./args.js";
import { type ModelSize, parameterShapes, usesDomainNorm } from "./parameters.js";
import { scgpt, type Wanted } from "./scgpt.js";
import { type Slot, Slots } from "./slots.js";

/** A trained model to be applied. */
export interface InferenceSpec {
  args: ModelArgs;
  size: ModelSize;
  /** Row of `<pad>` in the embedding table. */
  padRow: number;
  wanted: Wanted;
  attentionLoop: AttentionOptions["loop"];
}

export interface InferenceGraph {
  onnx: Uint8Array;
  /** The weights that it reads. */
  slots: Slot[];
  inputs: string[];
  outputs: string[];
}

/**
 * Builds the model in evaluation mode. Inputs, besides the slots: `genes` int32 [B, N], `values` [B, N],
 * `batchLabels` int32 [B] where used. Outputs, by the published model's names: `cell_emb` [B, d],
 * `cls_output` [B, classes], `mlm_output`, `mvc_output`, `mlm_zero_probs`, `mvc_zero_probs` [B, N].
 */
export function inferenceGraph(spec: InferenceSpec): InferenceGraph {
  const g = new Graph();
  const slots = new Slots(g, parameterShapes(spec.args, spec.size));
  const labelled = spec.args.use_batch_labels || usesDomainNorm(spec.args);
  const out = scgpt(
    {
      g,
      args: spec.args,
      parameter: (name, third) => slots.tensor(name, third),
      training: false,
      attentionLoop: spec.attentionLoop,
    },
    {
      genes: g.input("genes", "int32", ["B", "N"]),
      values: g.input("values", "float32", ["B", "N"]),
      batchLabels: labelled ? g.input("batchLabels", "int32", ["B"]) : undefined,
      padRow: spec.padRow,
    },
    spec.size,
    spec.wanted,
  );
  const outputs = {
    cell_emb: out.cell,
    cls_output: out.classes,
    mlm_output: out.mlm?.values,
    mlm_zero_probs: out.mlm?.probability,
    mvc_output: out.mvc?.values,
    mvc_zero_probs: out.mvc?.probability,
  };
  const given = Object.entries(outputs).flatMap(([name, t]) => {
    if (t) g.output(name, t);
    return t ? [name] : [];
  });
  return { onnx: encodeOnnx(g), slots: slots.all, inputs: g.inputs.map((t) => t.name), outputs: given };
}
