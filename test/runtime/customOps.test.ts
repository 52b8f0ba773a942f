import assert from "node:assert/strict";
import { test } from "node:test";
import koffi from "koffi";
import { Graph } from "../../src/graph/graph.js";
import { KERNEL_DOMAIN } from "../../src/graph/kernels.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import type { Tensor } from "../../src/graph/tensor.js";
import type { Call, CustomOp } from "../../src/runtime/customOps.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import { tensor } from "../../src/runtime/session.js";

/** x [n, 2] · times + offset, turned: [2, n]. */
const turned = (compute?: (call: Call) => void): CustomOp => ({
  name: "Turned",
  inputs: ["float32", "any"],
  outputs: ["float32"],
  ints: ["times"],
  floats: ["offset"],
  compute(call) {
    compute?.(call);
    const [n, width] = call.dims(0);
    const x = new Float32Array(koffi.view(call.input(0), 4 * n * width));
    const y = new Float32Array(koffi.view(call.output(0, [width, n]), 4 * n * width));
    x.forEach((value, i) => {
      y[n * (i % width) + Math.floor(i / width)] = value * call.int("times") + call.float("offset");
    });
  },
});

function graph(): Uint8Array {
  const g = new Graph();
  const x = g.input("x", "float32", ["n", 2]);
  const node = (input: Tensor, times: number, offset: number) =>
    g.nodesOf(
      "Turned",
      [input, x],
      [{ dtype: "float32", shape: [2, "n"] }],
      { times, offset: { float: offset } },
      KERNEL_DOMAIN,
    )[0];
  g.output("once", node(x, 3, 0.5));
  g.output("twice", node(node(x, -2, 0), 1, 1));
  return encodeOnnx(g);
}

const x = tensor("float32", Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
const into = { once: "host", twice: "host" } as const;

test("an operation is given shapes, memory and each node's attributes", () => {
  const runtime = DeviceRuntime.open({ device: "cpu", threads: 1, operations: [turned()] });
  assert.ok(runtime.hasKernels);
  const session = runtime.session(graph());
  const { once, twice } = session.run({ x }, into).host;
  assert.deepEqual(
    [once.dims, twice.dims],
    [
      [2, 3],
      [3, 2],
    ],
  );
  assert.deepEqual(Array.from(once.data as Float32Array), [3.5, 9.5, 15.5, 6.5, 12.5, 18.5]);
  assert.deepEqual(Array.from(twice.data as Float32Array), [-1, -3, -5, -7, -9, -11]);
  session.release();
  runtime.release();
});

test("an operation's error is the run's, and the next run goes well", () => {
  let wrong = true;
  const fails = turned(() => {
    if (wrong) throw new Error("nothing fits");
  });
  const runtime = DeviceRuntime.open({ device: "cpu", threads: 1, operations: [fails] });
  const session = runtime.session(graph());
  assert.throws(() => session.run({ x }, into), /nothing fits/);
  wrong = false;
  assert.deepEqual(session.run({ x }, into).host.once.dims, [2, 3]);
  session.release();
  runtime.release();
});

test("what is released leaves room: a process has 8,192 callbacks", () => {
  const operations = Array.from({ length: 10 }, (_, i) => ({
    ...turned(),
    name: i === 0 ? "Turned" : `Other${i}`,
  }));
  for (let i = 0; i < 80; i++) {
    const runtime = DeviceRuntime.open({ device: "cpu", threads: 1, operations });
    const session = runtime.session(graph());
    assert.equal(session.run({ x }, into).host.once.data[0], 3.5);
    session.release();
    runtime.release();
  }
});
