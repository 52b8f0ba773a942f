import { mul } from "../graph/elementwise.js";
import { Graph } from "../graph/graph.js";
import { encodeOnnx } from "../graph/onnx.js";
import { type RoundedWeight, roundWeight } from "../graph/rounded.js";
import { softmax } from "../graph/softmax.js";
import type { ModelArgs } from "./args.js";
import type { Context, Third } from "./context.js";
import { decodeClass } from "./decoders.js";
import { fitsKernels } from "./kernelLayer.js";
import { type ModelSize, parameterShapes, usesBatchLabels } from "./parameters.js";
import { type ModelOutputs, scgpt, type Wanted } from "./scgpt.js";
import { type Slot, Slots, slotOf, slotView } from "./slots.js";

/** A trained model to be applied. */
export interface InferenceSpec {
  args: ModelArgs;
  size: ModelSize;
  /** Row of `<pad>` in the embedding table. */
  padRow: number;
  wanted: Wanted;
  /** Leaves padding out of a pooled embedding; the published model takes it in. */
  maskPool?: boolean;
  attentionLoop: Context["attentionLoop"];
  /** The layers by the kernels of the CUDA runtime, in float16; where it has them and they fit the architecture. */
  kernels?: boolean;
  /**
   * Data of a weight by its name in the state dict. When given, the transformer's products are in 8-bit integers,
   * and their weights stand in the graph; the encoders, the norms and the class decoder stay in float32.
   */
  int8?: (key: string) => Float32Array;
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
  const out = evaluated(g, slots, spec);
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

/**
 * The classifier as an .onnx file that stands alone: its weights are in it, and all its operations are of ONNX's own set.
 * Inputs `genes` int32 [B, N], `values` float32 [B, N], and `batchLabels` int32 [B] where used; cells may be padded, by
 * `padRow`. Outputs `probabilities` and `cls_output` [B, classes], `cell_emb` [B, d].
 * @param data of a weight by its name in the state dict
 * @param temperature by which `cls_output` is divided before its softmax is taken
 * @param metadata goes into the file
 */
export function standaloneOnnx(
  spec: Pick<InferenceSpec, "args" | "size" | "padRow">,
  data: (key: string) => Float32Array,
  temperature: number,
  metadata: Record<string, string>,
): Uint8Array {
  const g = new Graph();
  const slots = new Slots(g, parameterShapes(spec.args, spec.size), data);
  const wanted = { classes: true };
  const { cell, classes } = evaluated(g, slots, { ...spec, wanted, maskPool: true, attentionLoop: "heads" });
  g.output("probabilities", softmax(g, mul(g, classes!, 1 / temperature)));
  g.output("cls_output", classes!);
  g.output("cell_emb", cell);
  return encodeOnnx(g, metadata);
}

function evaluated(g: Graph, slots: Slots, spec: InferenceSpec): ModelOutputs {
  const shapes = parameterShapes(spec.args, spec.size);
  return scgpt(
    {
      g,
      args: spec.args,
      parameter: (name, third) => slots.tensor(name, third),
      training: false,
      attentionLoop: spec.attentionLoop,
      kernels: spec.kernels && fitsKernels(spec.args),
      narrow: (name) => g.cast(slots.tensor(name), "float16"),
      rounded: spec.int8 && roundedWeights(spec.int8, shapes),
    },
    {
      genes: g.input("genes", "int32", ["B", "N"]),
      values: g.input("values", "float32", ["B", "N"]),
      batchLabels: usesBatchLabels(spec.args) ? g.input("batchLabels", "int32", ["B"]) : undefined,
      padRow: spec.padRow,
      maskPool: spec.maskPool,
    },
    spec.size,
    spec.wanted,
  );
}

/** The transformer's weights in integers, as they are asked for. */
function roundedWeights(
  data: (key: string) => Float32Array,
  shapes: ReadonlyMap<string, number[]>,
): (key: string, third?: Third) => RoundedWeight | undefined {
  return (key, third) => {
    if (!key.startsWith("transformer_encoder.")) return undefined;
    const slot = slotOf(key, shapes.get(key)!, third);
    return roundWeight(slotView(slot, data(key)), slot.shape[0]);
  };
}

/** The class decoder alone, on embeddings computed before. Input `cells` [B, d]; output `cls_output` [B, classes]. */
export function headGraph(args: ModelArgs, size: ModelSize): InferenceGraph {
  const g = new Graph();
  const slots = new Slots(g, parameterShapes(args, size));
  const parameter: Context["parameter"] = (name, third) => slots.tensor(name, third);
  const context: Context = { g, args, parameter, training: false, attentionLoop: "heads" };
  g.output("cls_output", decodeClass(context, g.input("cells", "float32", ["B", args.embsize])));
  return {
    onnx: encodeOnnx(g),
    slots: slots.all,
    inputs: g.inputs.map((t) => t.name),
    outputs: ["cls_output"],
  };
}
