import assert from "node:assert/strict";
import { test } from "node:test";
import { attention } from "../../src/graph/attention.js";
import { gradients } from "../../src/graph/autodiff.js";
import { oddKeys } from "../../src/graph/dropout.js";
import { add, cast, mul } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import {
  halfLinear,
  type KernelDropout,
  kernelAdamScalars,
  kernelAddNorm,
  kernelAttention,
  kernelReluDrop,
} from "../../src/graph/kernels.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import { reduceSum } from "../../src/graph/reduce.js";
import { reshape } from "../../src/graph/shape.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { kernelUpdateGraph, updateGraph } from "../../src/model/update.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import type { DeviceSession } from "../../src/runtime/deviceSession.js";
import { tensor } from "../../src/runtime/session.js";
import { fromHalf, referenceOps, toHalf } from "../support/kernelReference.js";
import { uniform } from "../support/smallModel.js";

// What `graph/kernels.ts` writes, with `kernelReference.ts`'s operations: the recorded derivatives against differences of
// the values, op by op. That the kernels for GPUs compute what those operations do, `kernels/check.py` sees to.

const runtime = DeviceRuntime.open({ device: "cpu", threads: 1, operations: referenceOps() });

type Values = Record<string, { dims: number[]; data: Float32Array }>;

/** Uniform numbers in ±1, of seven bits: float16 has them, and what is a step of differences away. */
function drawn(dims: number[], seed: number): Values[string] {
  const random = uniform(seed);
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    random();
    return Math.round((2 * random() - 1) * 64) / 64;
  });
  return { dims, data };
}

function run(session: DeviceSession, values: Values): Record<string, Float32Array> {
  const feeds = Object.entries(values).map(([name, { dims, data }]) => [name, tensor("float32", data, dims)]);
  const into = Object.fromEntries(session.outputs.map((name) => [name, "host" as const]));
  const { host } = session.run(Object.fromEntries(feeds), into);
  return Object.fromEntries(Object.entries(host).map(([name, t]) => [name, t.data as Float32Array]));
}

/**
 * Checks the derivatives that `build` records, of random sums of its outputs by each of its operands, against central
 * differences. Outputs are rounded to float16, derivatives too: they agree in norm, to about a hundredth.
 * @returns the outputs
 */
function checkDerivative(
  values: Values,
  build: (g: Graph, operands: Record<string, Tensor>) => Tensor[],
  { step, tolerance = 1e-2 }: { step: number; tolerance?: number },
): Float32Array[] {
  const g = new Graph();
  const operands = Object.fromEntries(
    Object.entries(values).map(([name, { dims }]) => [name, g.input(name, "float32", dims)]),
  );
  const outputs = build(g, operands).map((t) => cast(g, t, "float32"));
  const factors = outputs.map((t, i) => drawn(t.shape as number[], 90 + i));
  const sums = outputs.map((t, i) => {
    const { data, dims } = factors[i];
    return reduceSum(
      g,
      mul(g, t, g.constant(data, "float32", dims)),
      dims.map((_, axis) => axis),
    );
  });
  const found = gradients(
    g,
    sums.reduce((a, b) => add(g, a, b)),
    Object.values(operands),
  );
  outputs.forEach((t, i) => {
    g.output(`y${i}`, t);
  });
  Object.keys(values).forEach((name, i) => {
    const gradient = found[i];
    assert.ok(gradient, `no derivative by ${name}`);
    g.output(`grad.${name}`, gradient);
  });

  const session = runtime.session(encodeOnnx(g));
  const out = run(session, values);
  for (const [name, { dims, data }] of Object.entries(values)) {
    const sumAt = (i: number, x: number) => {
      const moved = data.slice();
      moved[i] = x;
      const y = run(session, { ...values, [name]: { dims, data: moved } });
      return factors.reduce((sum, f, k) => f.data.reduce((s, w, j) => s + w * y[`y${k}`][j], sum), 0);
    };
    const differences = Array.from(data, (x, i) => (sumAt(i, x + step) - sumAt(i, x - step)) / (2 * step));
    const off = distance(out[`grad.${name}`], differences);
    assert.ok(off < tolerance, `the derivative by ${name} is off by ${off} of it`);
  }
  session.forget();
  session.release();
  return outputs.map((_, i) => out[`y${i}`]);
}

/** |a − b| / |b|. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let [off, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    off += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  assert.ok(size > 0);
  return Math.sqrt(off / size);
}

/** Keys for `rows` rows of d columns: drop half of the elements, or none. */
function dropoutOf(g: Graph, p: number, rows: number, d: number): KernelDropout {
  const keys = (count: number, stream: number) => g.constant(oddKeys(count, 5, stream), "int32", [count]);
  return { p, rowKeys: keys(rows, 1), columnKeys: keys(d, 2) };
}

test("float16: all numbers come back; halves of a step go to the even one; too large is infinite", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const x = fromHalf(bits);
    if (Number.isNaN(x)) assert.ok(Number.isNaN(fromHalf(toHalf(x))));
    else assert.equal(toHalf(x), bits);
  }
  // numpy 2.2's.
  for (const [x, bits] of [
    [0.1, 0x2e66],
    [1 / 3, 0x3555],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [2 ** -25, 0],
    [3 * 2 ** -25, 2],
    [-6.1e-5, 0x83ff],
  ])
    assert.equal(toHalf(x), bits, `${x}`);
});

test("halfLinear: derivatives by x, weight and bias", () => {
  const values = { x: drawn([5, 6], 1), w: drawn([4, 6], 2), b: drawn([4], 3) };
  const [y] = checkDerivative(
    values,
    (g, { x, w, b }) => {
      const doubled = (wide: Tensor) => ({ wide, narrow: g.cast(wide, "float16") });
      return [halfLinear(g, cast(g, x, "float16"), doubled(w), doubled(b))];
    },
    { step: 1 / 4 },
  );
  const expected = Array.from(y, (_, i) => {
    const [row, column] = [Math.floor(i / 4), i % 4];
    let sum = values.b.data[column];
    for (let k = 0; k < 6; k++) sum += values.x.data[6 * row + k] * values.w.data[6 * column + k];
    return sum;
  });
  assert.ok(distance(y, expected) < 1e-3);
});

const [B, N, HEADS, D] = [2, 6, 2, 8];
const LENGTHS = [6, 4];

for (const p of [0.5, 0])
  test(`kernelAttention with dropout ${p}: what attention gives, its derivative, nothing of padding`, () => {
    const rows = oddKeys(B * N, 7, 1);
    const columns = oddKeys(B * N, 7, 2);
    const heads = oddKeys(HEADS, 7, 3);
    const dropout = (g: Graph) => ({
      p,
      rowKeys: g.constant(rows, "int32", [B, N]),
      columnKeys: g.constant(columns, "int32", [B, N]),
    });
    const qkv = drawn([B * N, 3 * D], 11);
    for (let i = 0; i < qkv.data.length; i++) qkv.data[i] *= 2;
    const [y] = checkDerivative(
      { qkv },
      (g, operands) => {
        const lengths = g.constant(Int32Array.from(LENGTHS), "int32", [B]);
        return [kernelAttention(g, cast(g, operands.qkv, "float16"), lengths, dropout(g), heads)];
      },
      { step: 1 / 8, tolerance: 2e-2 },
    );

    const g = new Graph();
    const part = (from: number) => {
      const data = Float32Array.from({ length: B * N * D }, (_, i) => {
        return qkv.data[3 * D * Math.floor(i / D) + D * from + (i % D)];
      });
      return g.constant(data, "float32", [B, N, D]);
    };
    const bias = Float32Array.from({ length: B * N }, (_, i) =>
      i % N < LENGTHS[Math.floor(i / N)] ? 0 : -1e9,
    );
    const mixed = attention(
      g,
      mul(g, part(0), 1 / Math.sqrt(D / HEADS)),
      part(1),
      mul(g, part(2), 1 / (1 - p)),
      {
        heads: HEADS,
        bias: g.constant(bias, "float32", [B, N]),
        dropout: p > 0 ? { ...dropout(g), headKeys: heads } : undefined,
        loop: "batch",
      },
    );
    g.output("y", reshape(g, mixed, [B * N, D]));
    const session = runtime.session(encodeOnnx(g));
    const expected = run(session, {}).y;
    session.release();
    const kept = (i: number) => bias[Math.floor(i / D)] === 0;
    assert.ok(
      distance(
        y.filter((_, i) => kept(i)),
        expected.filter((_, i) => kept(i)),
      ) < 1e-3,
    );
    assert.ok(y.every((x, i) => kept(i) || x === 0));
  });

for (const p of [0.5, 0])
  for (const read of ["wide", "narrow", "both"] as const)
    test(`kernelAddNorm with dropout ${p}: derivatives where ${read} is read on`, () => {
      const [rows, d] = [5, 8];
      const values = {
        x: drawn([rows, d], 21),
        bias: drawn([d], 22),
        residual: drawn([rows, d], 23),
        weight: drawn([d], 24),
        shift: drawn([d], 25),
      };
      let both: { wide: Tensor; narrow: Tensor };
      const [y] = checkDerivative(
        values,
        (g, { x, bias, residual, weight, shift }) => {
          const dropout = dropoutOf(g, p, rows, d);
          both = kernelAddNorm(g, cast(g, x, "float16"), bias, residual, weight, shift, dropout);
          return read === "both" ? [both.wide, both.narrow] : [both[read]];
        },
        { step: 1 / 16, tolerance: 2e-2 },
      );
      const [row, column] = [oddKeys(rows, 5, 1), oddKeys(d, 5, 2)];
      for (let r = 0; r < rows; r++) {
        const sums = Array.from({ length: d }, (_, c) => {
          const kept = p === 0 || Math.imul(row[r], column[c]) >= 0;
          const { x, bias, residual } = values;
          return residual.data[r * d + c] + (kept ? (x.data[r * d + c] + bias.data[c]) / (1 - p) : 0);
        });
        const mean = sums.reduce((a, b) => a + b) / d;
        const deviation = Math.sqrt(sums.reduce((a, s) => a + (s - mean) ** 2, 0) / d + 1e-5);
        sums.forEach((s, c) => {
          const expected = ((s - mean) / deviation) * values.weight.data[c] + values.shift.data[c];
          assert.ok(Math.abs(y[r * d + c] - expected) < 2e-3, `${y[r * d + c]} for ${expected}`);
        });
      }
    });

test("kernelAddNorm: what the derivative makes again is the same to the bit", () => {
  const [rows, d] = [7, 24];
  const shapes = { x: [rows, d], bias: [d], residual: [rows, d], weight: [d], shift: [d] };
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, dims], i) => [name, drawn(dims, 50 + i)]),
  );
  const g = new Graph();
  const [x, ...rest] = Object.entries(shapes).map(([name, dims]) => g.input(name, "float32", dims));
  const [bias, residual, weight, shift] = rest;
  const dropout = dropoutOf(g, 0.5, rows, d);
  const made = kernelAddNorm(g, g.cast(x, "float16"), bias, residual, weight, shift, dropout);
  const again = made.again(x);
  assert.equal(made.again(bias), again);
  g.output("narrow", made.narrow);
  g.output("again", again);
  const session = runtime.session(encodeOnnx(g));
  const out = run(session, values);
  session.release();
  assert.deepEqual(out.again, out.narrow);
});

for (const p of [0.5, 0])
  test(`kernelReluDrop with dropout ${p}: values, derivatives by x and bias`, () => {
    const [rows, d] = [6, 10];
    const values = { x: drawn([rows, d], 31), bias: drawn([d], 32) };
    // Their sums are 1/32 from 0 at least: no difference goes over the bend.
    for (let i = 0; i < rows * d; i++)
      values.x.data[i] =
        Math.round(values.x.data[i] * 16) / 16 + 1 / 32 - (values.bias.data[i % d] % (1 / 16));
    const [y] = checkDerivative(
      values,
      (g, { x, bias }) => [kernelReluDrop(g, cast(g, x, "float16"), bias, dropoutOf(g, p, rows, d))],
      { step: 1 / 64 },
    );
    const [row, column] = [oddKeys(rows, 5, 1), oddKeys(d, 5, 2)];
    let [zeros, dropped] = [0, 0];
    y.forEach((value, i) => {
      const kept = p === 0 || Math.imul(row[Math.floor(i / d)], column[i % d]) >= 0;
      const sum = values.x.data[i] + values.bias.data[i % d];
      assert.equal(value, kept ? Math.max(0, sum) / (1 - p) : 0);
      if (!kept) dropped++;
      if (value === 0) zeros++;
    });
    assert.ok(zeros > dropped && zeros < rows * d);
    assert.ok(p === 0 ? dropped === 0 : dropped > 0);
  });

test("kernelAdam: the step of the optimiser's graph, and the new weights in float16", () => {
  const shape = [3, 512];
  const all = { input: "all", key: "all", shape, offset: 0 };
  const options = { beta1: 0.9, beta2: 0.98, epsilon: 1e-4, weightDecay: 0.02 };
  const numbers = { learningRate: 3e-3, rate: 5e-3, correction: 0.3, factor: 0.02 };
  const v = drawn(shape, 43);
  v.data.forEach((x, i) => {
    v.data[i] = x * x;
  });
  const values = {
    all: drawn(shape, 41),
    "m.all": drawn(shape, 42),
    "v.all": v,
    "grad.all": drawn(shape, 44),
  };
  const [plain, kernel] = [updateGraph([all], options), kernelUpdateGraph(all)].map((onnx) =>
    runtime.session(onnx),
  );
  const scalars = Object.entries(numbers).map(([name, x]) => [name, { dims: [], data: Float32Array.of(x) }]);
  const expected = run(plain, { ...values, ...Object.fromEntries(scalars) });
  const found = run(kernel, { ...values, scalars: { dims: [8], data: kernelAdamScalars(numbers, options) } });
  for (const name of ["new.all", "newm.all", "newv.all"])
    expected[name].forEach((x, i) => {
      assert.ok(
        Math.abs(found[name][i] - x) <= 1e-6 * Math.max(1, Math.abs(x)),
        `${name}[${i}]: ${found[name][i]} for ${x}`,
      );
    });
  assert.deepEqual(Array.from(found["half.all"]), Array.from(found["new.all"], toHalf));
  for (const session of [plain, kernel]) session.release();
});

test("the derivative of a layer's attention waits for its projection's, which else would keep its operands", () => {
  const g = new Graph();
  const parameter = (name: string, shape: number[]) => {
    const wide = g.input(name, "float32", shape);
    return { wide, narrow: g.cast(wide, "float16") };
  };
  const keys = g.input("keys", "int32", ["B", "N"]);
  const lengths = g.input("lengths", "int32", ["B"]);
  const x = g.cast(g.input("x", "float32", ["B*N", 8]), "float16");
  const weights = [parameter("in", [24, 8]), parameter("out", [8, 8])];
  const dropout = { p: 0.5, rowKeys: keys, columnKeys: keys };
  const mixed = kernelAttention(g, halfLinear(g, x, weights[0]), lengths, dropout, oddKeys(2, 1, 1));
  const y = cast(g, halfLinear(g, mixed, weights[1]), "float32");
  const [, dOut] = gradients(
    g,
    reduceSum(g, y, [0, 1]),
    weights.map((w) => w.wide),
  );
  const node = g.nodes.find((n) => n.op === "AttentionGradient");
  assert.equal(node?.inputs.at(-1), dOut?.name);
});
