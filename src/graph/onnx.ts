import type { Root } from "protobufjs/light.js";
import { whenAsked } from "../support/whenAsked.js";
import { type Attribute, Graph, ONNX_TYPE } from "./graph.js";
import { KERNEL_DOMAIN } from "./kernels.js";
import type { Tensor } from "./tensor.js";

const protobuf = whenAsked<typeof import("protobufjs/light.js")>("protobufjs/light.js");

/**
 * The part of ONNX's schema that we write, with its field numbers.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const SCHEMA = {
  nested: {
    ModelProto: message({
      irVersion: ["int64", 1],
      producerName: ["string", 2],
      graph: ["GraphProto", 7],
      metadataProps: ["StringStringEntryProto", 14, "repeated"],
      opsetImport: ["OperatorSetIdProto", 8, "repeated"],
    }),
    StringStringEntryProto: message({ key: ["string", 1], value: ["string", 2] }),
    OperatorSetIdProto: message({ domain: ["string", 1], version: ["int64", 2] }),
    GraphProto: message({
      node: ["NodeProto", 1, "repeated"],
      name: ["string", 2],
      initializer: ["TensorProto", 5, "repeated"],
      input: ["ValueInfoProto", 11, "repeated"],
      output: ["ValueInfoProto", 12, "repeated"],
    }),
    NodeProto: message({
      input: ["string", 1, "repeated"],
      output: ["string", 2, "repeated"],
      name: ["string", 3],
      opType: ["string", 4],
      attribute: ["AttributeProto", 5, "repeated"],
      domain: ["string", 7],
    }),
    AttributeProto: message({
      name: ["string", 1],
      f: ["float", 2],
      i: ["int64", 3],
      s: ["bytes", 4],
      g: ["GraphProto", 6],
      ints: ["int64", 8, "repeated"],
      type: ["int32", 20],
    }),
    TensorProto: message({
      dims: ["int64", 1, "repeated"],
      dataType: ["int32", 2],
      name: ["string", 8],
      rawData: ["bytes", 9],
    }),
    ValueInfoProto: message({ name: ["string", 1], type: ["TypeProto", 2] }),
    TypeProto: message({ tensorType: ["TensorTypeProto", 1] }),
    TensorTypeProto: message({ elemType: ["int32", 1], shape: ["TensorShapeProto", 2] }),
    TensorShapeProto: message({ dim: ["DimensionProto", 1, "repeated"] }),
    DimensionProto: message({ dimValue: ["int64", 1], dimParam: ["string", 2] }),
  },
};
let schema: Root | undefined;

type Field = [type: string, id: number, rule?: "repeated"];

function message(fields: Record<string, Field>) {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [type, id, rule]]) => [
        name,
        rule ? { type, id, rule } : { type, id },
      ]),
    ),
  };
}

/** The operator set that the graphs are written in, and the file format's version that goes with it. */
const OPSET = 21;
const IR_VERSION = 10;

/**
 * The graph as the bytes of an .onnx file.
 * @param metadata what goes along with it, for those who open the file
 */
export function encodeOnnx(graph: Graph, metadata: Record<string, string> = {}): Uint8Array {
  schema ??= protobuf().Root.fromJSON(SCHEMA);
  const Model = schema.lookupType("ModelProto");
  const model = {
    irVersion: IR_VERSION,
    producerName: "cellkernel",
    opsetImport: [
      { domain: "", version: OPSET },
      // A domain that a runtime does not know keeps it from opening the file, needed or not.
      ...["com.microsoft", KERNEL_DOMAIN]
        .filter((domain) => uses(graph, domain))
        .map((domain) => ({ domain, version: 1 })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: graphProto(graph),
  };
  return Model.encode(Model.create(model)).finish();
}

/** Whether a graph, or the body of a loop in it, has a node of the domain. */
function uses(graph: Graph, domain: string): boolean {
  return graph.nodes.some(
    (node) =>
      node.domain === domain ||
      Object.values(node.attributes).some((value) => value instanceof Graph && uses(value, domain)),
  );
}

function graphProto(graph: Graph, outer: (name: string) => string = (name) => name): object {
  const { rename, copies } = outputNames(graph);
  const named = (name: string) => rename.get(name) ?? outer(name);
  return {
    name: "graph",
    node: [
      ...graph.nodes.map((n) => ({
        input: n.inputs.map(named),
        output: n.outputs.map(named),
        name: n.outputs[0],
        opType: n.op,
        domain: n.domain,
        attribute: Object.entries(n.attributes).map(([name, value]) => attributeProto(name, value, named)),
      })),
      ...copies.map((o) => ({
        input: [named(o.from)],
        output: [o.tensor.name],
        name: o.tensor.name,
        opType: "Identity",
      })),
    ],
    initializer: graph.constants.map(({ tensor, data }) => ({
      name: tensor.name,
      dims: tensor.shape,
      dataType: ONNX_TYPE[tensor.dtype],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map((o) => valueInfo(o.tensor)),
  };
}

/**
 * A value that goes out takes the output's name, so that it is written where the caller wants it.
 * Only an input, a constant, or a value that goes out twice has to be copied.
 */
function outputNames(graph: Graph): { rename: Map<string, string>; copies: Graph["outputs"] } {
  const made = new Set(graph.nodes.flatMap((n) => n.outputs));
  const rename = new Map<string, string>();
  const copies = graph.outputs.filter((o) => {
    if (!made.has(o.from) || rename.has(o.from)) return true;
    rename.set(o.from, o.tensor.name);
    return false;
  });
  return { rename, copies };
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, GRAPH 5, INTS 7. */
function attributeProto(name: string, value: Attribute, named: (name: string) => string): object {
  if (typeof value === "number") return { name, type: 2, i: value };
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: 7, ints: value };
  if ("float" in value) return { name, type: 1, f: value.float };
  return { name, type: 5, g: graphProto(value, named) };
}

function valueInfo(tensor: Tensor): object {
  const dim = tensor.shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
  return { name: tensor.name, type: { tensorType: { elemType: ONNX_TYPE[tensor.dtype], shape: { dim } } } };
}
