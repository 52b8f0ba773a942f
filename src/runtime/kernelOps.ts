import type { Call, CustomOp, CustomType } from "./customOps.js";
import type { Argument, Kernels } from "./kernelLaunch.js";
import type { Pointer } from "./onnxruntimeC.js";

// The operations of `graph/kernels.ts`: which kernels each starts, with what. Arguments are in the kernels' order.

const NULL = 0n;
/** Rows of a strip whose columns are added up by one block: few for short batches, so that there are blocks enough. */
const stripOf = (rows: number) => (rows <= 8192 ? 32 : 64);
const ceilDiv = (a: number, b: number) => Math.ceil(a / b);
const DROPOUT = { ints: ["threshold"], floats: ["boost"] };

/** The operations, for the kernels of the GPU that there is. */
export function kernelOps(kernels: Kernels): CustomOp[] {
  return [
    attention(kernels),
    attentionGradient(kernels),
    addNorm(kernels),
    addNormGradient(kernels, "AddNormGradient", true, true),
    addNormGradient(kernels, "AddNormGradientWide", true, false),
    addNormGradient(kernels, "AddNormGradientNarrow", false, true),
    normAgain(kernels),
    reluDrop(kernels),
    reluDropGradient(kernels),
    columnSums(kernels),
    adam(kernels),
  ];
}

/** The kernels of one operation, into its stream. */
function starter(kernels: Kernels, { stream }: Call) {
  return (name: string, grid: number[], args: Argument[]) => {
    const [x, y = 1, z = 1] = grid;
    kernels.launch(name, stream, [x, y, z], [...args, NULL, NULL]);
  };
}

function attention(kernels: Kernels): CustomOp {
  return {
    name: "Attention",
    inputs: ["float16", "int32", "int32", "int32", "int32"],
    outputs: ["float16", "float32"],
    ints: DROPOUT.ints,
    floats: [...DROPOUT.floats, "scale"],
    compute(call) {
      const [qkv, lengths, rowKeys, columnKeys, headKeys] = [0, 1, 2, 3, 4].map((i) => call.input(i));
      const [rows, width] = call.dims(0);
      const [b, n] = call.dims(2);
      const [heads] = call.dims(4);
      const out = call.output(0, [rows, width / 3]);
      const lse = call.output(1, [b, heads, n]);
      const { BM } = kernels.blocks("attn_fwd");
      const factors = [call.int("threshold"), call.float("scale"), call.float("boost")];
      const args = [qkv, lengths, rowKeys, columnKeys, headKeys, out, lse, n, heads, ...factors];
      starter(kernels, call)("attn_fwd", [ceilDiv(n, BM), heads, b], args);
    },
  };
}

function attentionGradient(kernels: Kernels): CustomOp {
  return {
    name: "AttentionGradient",
    inputs: ["float16", "float16", "float32", "float16", "int32", "int32", "int32", "int32", "any"],
    outputs: ["float16", "float32"],
    ints: DROPOUT.ints,
    floats: [...DROPOUT.floats, "scale"],
    compute(call) {
      const start = starter(kernels, call);
      const [qkv, out, lse, dOut, lengths, ...keys] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => call.input(i));
      const [b, n] = call.dims(5);
      const [heads] = call.dims(7);
      const dQkv = call.output(0, call.dims(0));
      const delta = call.output(1, [b, heads, n]);
      const blocks = (kernel: string, of: string) => [ceilDiv(n, kernels.blocks(kernel)[of]), heads, b];
      start("attn_delta", blocks("attn_delta", "BM"), [out, dOut, lengths, delta, n, heads]);
      const factors = [call.int("threshold"), call.float("scale"), call.float("boost")];
      const args = [qkv, dOut, lse, delta, lengths, ...keys, dQkv, n, heads, ...factors];
      start("attn_bwd_dkdv", blocks("attn_bwd_dkdv", "BN"), args);
      start("attn_bwd_dq", blocks("attn_bwd_dq", "BM"), args);
    },
  };
}

function addNorm(kernels: Kernels): CustomOp {
  return {
    name: "AddNorm",
    inputs: ["float16", "float32", "float32", "float32", "float32", "int32", "int32"],
    outputs: ["float32", "float16", "float16", "float32"],
    ints: DROPOUT.ints,
    floats: [...DROPOUT.floats, "epsilon"],
    compute(call) {
      const inputs = [0, 1, 2, 3, 4, 5, 6].map((i) => call.input(i));
      const dims = call.dims(0);
      const outputs = [...[0, 1, 2].map((i) => call.output(i, dims)), call.output(3, [dims[0]])];
      const grid = [ceilDiv(dims[0], kernels.blocks("norm_fwd").ROWS)];
      const factors = [call.int("threshold"), call.float("epsilon"), call.float("boost")];
      starter(kernels, call)("norm_fwd", grid, [...inputs, ...outputs, dims[0], ...factors]);
    },
  };
}

function addNormGradient(kernels: Kernels, name: string, wide: boolean, narrow: boolean): CustomOp {
  const given: CustomType[] = [
    ...(wide ? ["float32" as const] : []),
    ...(narrow ? ["float16" as const] : []),
  ];
  const kernel = `norm_bwd-${wide && narrow ? "both" : wide ? "dy" : "dy16"}`;
  return {
    name,
    inputs: [...given, "float16", "float32", "float32", "int32", "int32", "any"],
    outputs: ["float32", "float16", "float32", "float32", "float32", "float32"],
    ...DROPOUT,
    compute(call) {
      const start = starter(kernels, call);
      const count = given.length;
      const dy = wide ? call.input(0) : NULL;
      const dy16 = narrow ? call.input(count - 1) : NULL;
      const rest = [0, 1, 2, 3, 4].map((i) => call.input(count + i));
      const dims = call.dims(count);
      const [rows, d] = dims;
      const [dResidual, dx] = [0, 1].map((i) => call.output(i, dims));
      const vectors = [2, 3, 4].map((i) => call.output(i, [d]));
      const strip = stripOf(rows);
      const strips = ceilDiv(rows, strip);
      const partials = call.output(5, [3, strips, d]);
      const numbers = [rows, strip, call.int("threshold"), call.float("boost")];
      start(kernel, [strips], [dy, dy16, ...rest, dResidual, dx, partials, ...numbers]);
      sumRows(kernels, start, partials, vectors, strips, d);
    },
  };
}

function normAgain(kernels: Kernels): CustomOp {
  return {
    name: "NormAgain",
    inputs: ["float16", "float32", "float32", "any"],
    outputs: ["float16"],
    compute(call) {
      const inputs = [0, 1, 2].map((i) => call.input(i));
      const dims = call.dims(0);
      const grid = [ceilDiv(dims[0], kernels.blocks("norm_again").ROWS)];
      starter(kernels, call)("norm_again", grid, [...inputs, call.output(0, dims), dims[0]]);
    },
  };
}

function reluDrop(kernels: Kernels): CustomOp {
  return {
    name: "ReluDrop",
    inputs: ["float16", "float32", "int32", "int32"],
    outputs: ["float16"],
    ...DROPOUT,
    compute(call) {
      const inputs = [0, 1, 2, 3].map((i) => call.input(i));
      const [rows, d] = call.dims(0);
      const { ROWS, BC } = kernels.blocks("relu_drop_fwd");
      const args = [...inputs, call.output(0, [rows, d]), rows, call.int("threshold"), call.float("boost")];
      starter(kernels, call)("relu_drop_fwd", [ceilDiv(rows, ROWS), ceilDiv(d, BC)], args);
    },
  };
}

function reluDropGradient(kernels: Kernels): CustomOp {
  return {
    name: "ReluDropGradient",
    inputs: ["float16", "float16", "any"],
    outputs: ["float16", "float32", "float32"],
    ...DROPOUT,
    compute(call) {
      const start = starter(kernels, call);
      const [dy, y] = [0, 1].map((i) => call.input(i));
      const [rows, d] = call.dims(0);
      const dx = call.output(0, [rows, d]);
      const bias = call.output(1, [d]);
      const strip = stripOf(rows);
      const strips = ceilDiv(rows, strip);
      const partials = call.output(2, [strips, d]);
      const grid = [strips, ceilDiv(d, kernels.blocks("relu_drop_bwd").BC)];
      start("relu_drop_bwd", grid, [dy, y, dx, partials, rows, strip, call.float("boost")]);
      sumRows(kernels, start, partials, [bias], strips, d);
    },
  };
}

function columnSums(kernels: Kernels): CustomOp {
  return {
    name: "ColumnSums",
    inputs: ["float16"],
    outputs: ["float32", "float32"],
    compute(call) {
      const start = starter(kernels, call);
      const x = call.input(0);
      const [rows, d] = call.dims(0);
      const sums = call.output(0, [d]);
      const strip = stripOf(rows);
      const strips = ceilDiv(rows, strip);
      const partials = call.output(1, [strips, d]);
      const kernel = `column_sums-d${d}`;
      start(kernel, [strips, ceilDiv(d, kernels.blocks(kernel).BC)], [x, partials, rows, strip]);
      sumRows(kernels, start, partials, [sums], strips, d);
    },
  };
}

function adam(kernels: Kernels): CustomOp {
  return {
    name: "Adam",
    inputs: ["float32", "float32", "float32", "float32", "float32"],
    outputs: ["float32", "float32", "float32", "float16"],
    compute(call) {
      const inputs = [0, 1, 2, 3, 4].map((i) => call.input(i));
      const dims = call.dims(0);
      const outputs = [0, 1, 2, 3].map((i) => call.output(i, dims));
      const n = dims[0] * dims[1];
      starter(kernels, call)("adam", [ceilDiv(n, kernels.blocks("adam").BLOCK)], [...inputs, ...outputs, n]);
    },
  };
}

/** The sums over the strips, of up to three vectors. */
function sumRows(
  kernels: Kernels,
  start: ReturnType<typeof starter>,
  partials: Pointer,
  into: Pointer[],
  strips: number,
  d: number,
): void {
  const kernel = `sum_rows-d${d}`;
  const [first, second = NULL, third = NULL] = into;
  const grid = [ceilDiv(d, kernels.blocks(kernel).BC), into.length];
  start(kernel, grid, [partials, first, second, third, strips]);
}
