import koffi from "koffi";
import type { Call, CustomOp, CustomType } from "../../src/runtime/customOps.js";

// The operations of `graph/kernels.ts` for ONNX Runtime's CPU provider, in plain JavaScript and float64: graphs that are
// written in them can be run without a GPU. They say what `kernels/kernels.py` says, one element at a time; that the
// GPU's kernels compute the same, `kernels/check.py` and `kernels/device_check.py` see to.

const DROPOUT = { ints: ["threshold"], floats: ["boost"] };

export function referenceOps(): CustomOp[] {
  return [
    attention,
    attentionGradient,
    addNorm,
    addNormGradient("AddNormGradient", true, true),
    addNormGradient("AddNormGradientWide", true, false),
    addNormGradient("AddNormGradientNarrow", false, true),
    normAgain,
    reluDrop,
    reluDropGradient,
    columnSums,
    adam,
  ];
}

/** The number that the bits of a float16 stand for. */
export function fromHalf(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 31 ? (fraction ? Number.NaN : Number.POSITIVE_INFINITY) : undefined;
  const finite = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return (bits & 0x8000 ? -1 : 1) * (size ?? finite);
}

const WIDE = Float64Array.from({ length: 65536 }, (_, bits) => fromHalf(bits));
const SINGLE = new Float32Array(1);
const SINGLE_BITS = new Uint32Array(SINGLE.buffer);

/** The bits of the float16 that is nearest to the float32 that is nearest to x; of two, the even one. */
export function toHalf(x: number): number {
  SINGLE[0] = x;
  const sign = (SINGLE_BITS[0] >>> 16) & 0x8000;
  const size = SINGLE_BITS[0] & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 in steps of 2^-24: between 2^52 and 2^53 float64 has the integers, and rounds to them.
  if (size < 0x38800000) return sign | (Math.abs(SINGLE[0]) * 2 ** 24 + 2 ** 52 - 2 ** 52);
  // The exponent 112 lower, the fraction 13 bits shorter.
  return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
}

/** The numbers of a tensor in the host's memory. */
type Numbers = Float64Array | Float32Array | Int32Array;

const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

/** The first `count` inputs of a call. */
function inputsOf(call: Call, types: CustomType[], count = types.length): Numbers[] {
  return types.slice(0, count).map((type, i) => {
    const length = product(call.dims(i));
    const memory = koffi.view(call.input(i), length * (type === "float16" ? 2 : 4));
    if (type === "float16") {
      const [bits, data] = [new Uint16Array(memory), new Float64Array(length)];
      for (let k = 0; k < length; k++) data[k] = WIDE[bits[k]];
      return data;
    }
    return type === "int32" ? new Int32Array(memory) : new Float32Array(memory);
  });
}

/** Gives output i of a call, rounded to its type. */
function give(call: Call, i: number, type: CustomType, dims: readonly number[], data: Float64Array): void {
  const at = call.output(i, dims);
  if (type === "float32") new Float32Array(koffi.view(at, 4 * data.length)).set(data);
  else {
    const bits = new Uint16Array(koffi.view(at, 2 * data.length));
    for (let k = 0; k < bits.length; k++) bits[k] = toHalf(data[k]);
  }
}

/** What the kernels need for themselves: nothing here. */
function scratch(call: Call, i: number): void {
  call.output(i, [1]);
}

/** Whether dropout keeps the element of a row's and a column's key. */
const keeps = (row: number, column: number, threshold: number) => Math.imul(row, column) >= threshold;

interface Heads {
  qkv: Numbers;
  lengths: Numbers;
  /** Row, column and head keys. */
  keys: Numbers[];
  b: number;
  n: number;
  heads: number;
  /** Width of all heads, and of one. */
  d: number;
  width: number;
}

/** For each query of each head of each cell that is not padding: where it stands, its scores and what is kept. */
function forQueries(
  { qkv, lengths, keys: [rows, columns, headKeys], b, n, heads, d, width }: Heads,
  [threshold, scale]: [number, number],
  visit: (query: {
    row: number;
    /** Of its first element within out [B·N, d], and of its statistic within [B, H, N]. */
    out: number;
    statistic: number;
    /** Of its first element within qkv, and of key j's; a value's is d further. */
    query: number;
    key(j: number): number;
    scores: number[];
    kept: boolean[];
  }) => void,
): void {
  for (let cell = 0; cell < b; cell++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < lengths[cell]; i++) {
        const row = cell * n + i;
        const query = row * 3 * d + h * width;
        const key = (j: number) => (cell * n + j) * 3 * d + d + h * width;
        const rowKey = Math.imul(rows[row], headKeys[h]);
        const scores: number[] = [];
        const kept: boolean[] = [];
        for (let j = 0; j < lengths[cell]; j++) {
          let dot = 0;
          for (let c = 0; c < width; c++) dot += qkv[query + c] * qkv[key(j) + c];
          scores.push(scale * dot);
          kept.push(keeps(rowKey, columns[cell * n + j], threshold));
        }
        visit({
          row,
          ...{ out: row * d + h * width, statistic: (cell * heads + h) * n + i },
          ...{ query, key, scores, kept },
        });
      }
}

const attention: CustomOp = {
  name: "Attention",
  inputs: ["float16", "int32", "int32", "int32", "int32"],
  outputs: ["float16", "float32"],
  ints: DROPOUT.ints,
  floats: [...DROPOUT.floats, "scale"],
  compute(call) {
    const [qkv, lengths, ...keys] = inputsOf(call, this.inputs);
    const [rows, d] = [call.dims(0)[0], call.dims(0)[1] / 3];
    const [b, n] = call.dims(2);
    const [heads] = call.dims(4);
    const width = d / heads;
    const out = new Float64Array(rows * d);
    const lse = new Float64Array(b * heads * n);
    const boost = call.float("boost");
    const given = { qkv, lengths, keys, b, n, heads, d, width };
    forQueries(given, [call.int("threshold"), call.float("scale")], (q) => {
      const top = Math.max(...q.scores);
      const powers = q.scores.map((s) => Math.exp(s - top));
      const total = powers.reduce((x, y) => x + y, 0);
      lse[q.statistic] = (top + Math.log(total)) * Math.LOG2E;
      for (let c = 0; c < width; c++) {
        let sum = 0;
        powers.forEach((p, j) => {
          if (q.kept[j]) sum += p * qkv[q.key(j) + d + c];
        });
        out[q.out + c] = (boost * sum) / total;
      }
    });
    give(call, 0, "float16", [rows, d], out);
    give(call, 1, "float32", [b, heads, n], lse);
  },
};

const attentionGradient: CustomOp = {
  name: "AttentionGradient",
  inputs: ["float16", "float16", "float32", "float16", "int32", "int32", "int32", "int32", "any"],
  outputs: ["float16", "float32"],
  ints: DROPOUT.ints,
  floats: [...DROPOUT.floats, "scale"],
  compute(call) {
    const [qkv, out, lse, dOut, lengths, ...keys] = inputsOf(call, this.inputs, 8);
    const [rows, d] = call.dims(1);
    const [b, n] = call.dims(5);
    const [heads] = call.dims(7);
    const width = d / heads;
    scratch(call, 1);
    const [scale, boost] = [call.float("scale"), call.float("boost")];
    const dQkv = new Float64Array(rows * 3 * d);
    forQueries({ qkv, lengths, keys, b, n, heads, d, width }, [call.int("threshold"), scale], (q) => {
      let delta = 0;
      for (let c = 0; c < width; c++) delta += dOut[q.out + c] * out[q.out + c];
      q.scores.forEach((score, j) => {
        const [key, value] = [q.key(j), q.key(j) + d];
        const p = 2 ** (score * Math.LOG2E - lse[q.statistic]);
        let dP = 0;
        if (q.kept[j])
          for (let c = 0; c < width; c++) {
            dP += boost * dOut[q.out + c] * qkv[value + c];
            dQkv[value + c] += boost * p * dOut[q.out + c];
          }
        const dScore = scale * p * (dP - delta);
        for (let c = 0; c < width; c++) {
          dQkv[q.query + c] += dScore * qkv[key + c];
          dQkv[key + c] += dScore * qkv[q.query + c];
        }
      });
    });
    give(call, 0, "float16", [rows, 3 * d], dQkv);
  },
};

const addNorm: CustomOp = {
  name: "AddNorm",
  inputs: ["float16", "float32", "float32", "float32", "float32", "int32", "int32"],
  outputs: ["float32", "float16", "float16", "float32"],
  ints: DROPOUT.ints,
  floats: [...DROPOUT.floats, "epsilon"],
  compute(call) {
    const [x, bias, residual, weight, shift, rowKeys, columnKeys] = inputsOf(call, this.inputs);
    const dims = call.dims(0);
    const [rows, d] = dims;
    const [y, narrow, normal] = [0, 1, 2].map(() => new Float64Array(rows * d));
    const inverse = new Float64Array(rows);
    const [threshold, boost] = [call.int("threshold"), call.float("boost")];
    for (let r = 0; r < rows; r++) {
      const sums = Array.from({ length: d }, (_, c) => {
        const kept = keeps(rowKeys[r], columnKeys[c], threshold);
        return residual[r * d + c] + (kept ? (x[r * d + c] + bias[c]) * boost : 0);
      });
      const mean = sums.reduce((a, b) => a + b, 0) / d;
      const variance = sums.reduce((a, s) => a + (s - mean) ** 2, 0) / d;
      const scale = 1 / Math.sqrt(variance + call.float("epsilon"));
      inverse[r] = scale;
      sums.forEach((s, c) => {
        const value = (s - mean) * scale;
        normal[r * d + c] = value;
        y[r * d + c] = value * weight[c] + shift[c];
        narrow[r * d + c] = WIDE[toHalf(value)] * weight[c] + shift[c];
      });
    }
    for (const [i, data] of [y, narrow, normal].entries()) give(call, i, this.outputs[i], dims, data);
    give(call, 3, "float32", [rows], inverse);
  },
};

const normAgain: CustomOp = {
  name: "NormAgain",
  inputs: ["float16", "float32", "float32", "any"],
  outputs: ["float16"],
  compute(call) {
    const [normal, weight, shift] = inputsOf(call, this.inputs, 3);
    const d = weight.length;
    const y = Float64Array.from(normal, (n, i) => n * weight[i % d] + shift[i % d]);
    give(call, 0, "float16", call.dims(0), y);
  },
};

function addNormGradient(name: string, wide: boolean, narrow: boolean): CustomOp {
  const given: CustomType[] = [
    ...(wide ? ["float32" as const] : []),
    ...(narrow ? ["float16" as const] : []),
  ];
  const count = given.length;
  return {
    name,
    inputs: [...given, "float16", "float32", "float32", "int32", "int32", "any"],
    outputs: ["float32", "float16", "float32", "float32", "float32", "float32"],
    ...DROPOUT,
    compute(call) {
      const inputs = inputsOf(call, this.inputs, count + 5);
      const dys = inputs.slice(0, count);
      const [normal, inverse, weight, rowKeys, columnKeys] = inputs.slice(count);
      const dims = call.dims(count);
      const [rows, d] = dims;
      const [dResidual, dx] = [0, 1].map(() => new Float64Array(rows * d));
      scratch(call, 5);
      const [threshold, boost] = [call.int("threshold"), call.float("boost")];
      const [dWeight, dShift, dBias] = [0, 1, 2].map(() => new Float64Array(d));
      for (let r = 0; r < rows; r++) {
        const dy = Array.from({ length: d }, (_, c) => dys.reduce((sum, t) => sum + t[r * d + c], 0));
        let [mean, slope] = [0, 0];
        dy.forEach((g, c) => {
          mean += (g * weight[c]) / d;
          slope += (g * weight[c] * normal[r * d + c]) / d;
        });
        dy.forEach((g, c) => {
          const n = normal[r * d + c];
          const dSum = (g * weight[c] - mean - n * slope) * inverse[r];
          const dKept = keeps(rowKeys[r], columnKeys[c], threshold) ? dSum * boost : 0;
          dResidual[r * d + c] = dSum;
          dx[r * d + c] = dKept;
          dWeight[c] += g * n;
          dShift[c] += g;
          dBias[c] += dKept;
        });
      }
      give(call, 0, "float32", dims, dResidual);
      give(call, 1, "float16", dims, dx);
      for (const [i, sums] of [dWeight, dShift, dBias].entries()) give(call, 2 + i, "float32", [d], sums);
    },
  };
}

const reluDrop: CustomOp = {
  name: "ReluDrop",
  inputs: ["float16", "float32", "int32", "int32"],
  outputs: ["float16"],
  ...DROPOUT,
  compute(call) {
    const [x, bias, rowKeys, columnKeys] = inputsOf(call, this.inputs);
    const [rows, d] = call.dims(0);
    const y = new Float64Array(rows * d);
    const [threshold, boost] = [call.int("threshold"), call.float("boost")];
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < d; c++) {
        const a = (x[r * d + c] + bias[c]) * boost;
        y[r * d + c] = keeps(rowKeys[r], columnKeys[c], threshold) ? Math.max(a, 0) : 0;
      }
    give(call, 0, "float16", [rows, d], y);
  },
};

const reluDropGradient: CustomOp = {
  name: "ReluDropGradient",
  inputs: ["float16", "float16", "any"],
  outputs: ["float16", "float32", "float32"],
  ...DROPOUT,
  compute(call) {
    const [dy, y] = inputsOf(call, this.inputs, 2);
    const [rows, d] = call.dims(0);
    const dx = new Float64Array(rows * d);
    scratch(call, 2);
    const sums = new Float64Array(d);
    for (let i = 0; i < rows * d; i++) {
      const x = y[i] > 0 ? dy[i] * call.float("boost") : 0;
      dx[i] = x;
      sums[i % d] += x;
    }
    give(call, 0, "float16", [rows, d], dx);
    give(call, 1, "float32", [d], sums);
  },
};

const columnSums: CustomOp = {
  name: "ColumnSums",
  inputs: ["float16"],
  outputs: ["float32", "float32"],
  compute(call) {
    const [x] = inputsOf(call, this.inputs);
    const [rows, d] = call.dims(0);
    scratch(call, 1);
    const sums = new Float64Array(d);
    for (let i = 0; i < rows * d; i++) sums[i % d] += x[i];
    give(call, 0, "float32", [d], sums);
  },
};

const adam: CustomOp = {
  name: "Adam",
  inputs: ["float32", "float32", "float32", "float32", "float32"],
  outputs: ["float32", "float32", "float32", "float16"],
  compute(call) {
    const [w, m, v, g, scalars] = inputsOf(call, this.inputs);
    const dims = call.dims(0);
    const { length } = w;
    // Written at once, since these are the most numbers by far; what is given may be the memory of what came.
    const given = [0, 1, 2].map((i) => new Float32Array(koffi.view(call.output(i, dims), 4 * length)));
    const [weight, first, second] = given;
    const bits = new Uint16Array(koffi.view(call.output(3, dims), 2 * length));
    const [rate, correction, factor, decay, beta1, beta2, epsilon] = scalars;
    for (let i = 0; i < length; i++) {
      const gradient = g[i] * factor;
      const mean = beta1 * m[i] + (1 - beta1) * gradient;
      const square = beta2 * v[i] + (1 - beta2) * gradient * gradient;
      const next = w[i] - (decay * w[i] + (rate * mean) / (Math.sqrt(square) / correction + epsilon));
      first[i] = mean;
      second[i] = square;
      weight[i] = next;
      bits[i] = toHalf(next);
    }
  },
};
