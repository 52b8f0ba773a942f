import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Call } from "../../src/runtime/customOps.js";
import type { Argument, Kernels } from "../../src/runtime/kernelLaunch.js";
import { kernelOps } from "../../src/runtime/kernelOps.js";

// Which kernels the operations start, with what: each argument against the name and the type that `kernels.json` has for
// it. No GPU is asked.

interface Kernel {
  grid: string[];
  blocks: Record<string, number>;
  arguments: { name: string; type: string; hidden?: boolean }[];
}

const FILE = new URL("../../../kernels/kernels.json", import.meta.url);
const KERNELS: Record<string, Kernel> = JSON.parse(readFileSync(FILE, "utf8")).kernels;

const [B, N, H, D] = [3, 700, 8, 512];
const T = B * N;
const STRIP = 32;
const ATTENTION = { threshold: -7, scale: 0.125, boost: 1.25 };
const DROPOUT = { threshold: -7, boost: 1.25 };

/** Inputs and outputs by the names that the kernels have for them, and the inputs' shapes. */
interface Expected {
  inputs: [name: string, dims?: number[]][];
  outputs: string[];
  kernels: string[];
  numbers: Record<string, number>;
}

const keys: Expected["inputs"] = [
  ["row_keys", [B, N]],
  ["column_keys", [B, N]],
  ["head_keys", [H]],
];
const gradientOfNorm = (given: Expected["inputs"], kernel: string): Expected => ({
  inputs: [...given, ["xhat", [T, D]], ["rstd"], ["weight"], ["row_keys"], ["column_keys"], ["moment"]],
  outputs: ["dres", "dx", "first", "second", "third", "partials"],
  kernels: [kernel, "sum_rows-d512"],
  numbers: { T, strip: STRIP, P: Math.ceil(T / STRIP), G: 3, ...DROPOUT },
});

const OPERATIONS: Record<string, Expected> = {
  Attention: {
    inputs: [["qkv", [T, 3 * D]], ["lengths"], ...keys],
    outputs: ["out", "lse2"],
    kernels: ["attn_fwd"],
    numbers: { N, H, B, ...ATTENTION },
  },
  AttentionGradient: {
    inputs: [["qkv", [T, 3 * D]], ["out"], ["lse2"], ["d_out"], ["lengths"], ...keys, ["moment"]],
    outputs: ["dqkv", "delta"],
    kernels: ["attn_delta", "attn_bwd_dkdv", "attn_bwd_dq"],
    numbers: { N, H, B, ...ATTENTION },
  },
  AddNorm: {
    inputs: [["x", [T, D]], ["bias"], ["residual"], ["weight"], ["shift"], ["row_keys"], ["column_keys"]],
    outputs: ["y", "y16", "xhat", "rstd"],
    kernels: ["norm_fwd"],
    numbers: { T, epsilon: 1e-5, ...DROPOUT },
  },
  AddNormGradient: gradientOfNorm([["dy"], ["dy16"]], "norm_bwd-both"),
  AddNormGradientWide: gradientOfNorm([["dy"]], "norm_bwd-dy"),
  AddNormGradientNarrow: gradientOfNorm([["dy16"]], "norm_bwd-dy16"),
  NormAgain: {
    inputs: [["xhat", [T, D]], ["weight"], ["shift"], ["moment"]],
    outputs: ["y16"],
    kernels: ["norm_again"],
    numbers: { T },
  },
  ReluDrop: {
    inputs: [["x", [T, D]], ["bias"], ["row_keys"], ["column_keys"]],
    outputs: ["y"],
    kernels: ["relu_drop_fwd"],
    numbers: { T, ...DROPOUT },
  },
  ReluDropGradient: {
    inputs: [["dy", [T, D]], ["y"], ["moment"]],
    outputs: ["dx", "first", "partials"],
    kernels: ["relu_drop_bwd", "sum_rows-d512"],
    numbers: { T, strip: STRIP, P: Math.ceil(T / STRIP), G: 1, ...DROPOUT },
  },
  ColumnSums: {
    inputs: [["x", [T, 3 * D]]],
    outputs: ["first", "partials"],
    kernels: ["column_sums-d1536", "sum_rows-d1536"],
    numbers: { T, strip: STRIP, P: Math.ceil(T / STRIP), G: 1 },
  },
  Adam: {
    inputs: [["w", [9, 512]], ["m"], ["v"], ["g"], ["scalars"]],
    outputs: ["w_out", "m_out", "v_out", "w16_out"],
    kernels: ["adam"],
    numbers: { n: 9 * 512 },
  },
};

/** The number of blocks that a formula of `kernels.json` stands for. */
function blocksOf(formula: string, known: Record<string, number>): number {
  const value = (text: string) => (/^\d+$/.test(text) ? Number(text) : known[text]);
  const [, ceil, a, b] = /^(?:(ceil)\()?(\w+)(?:\/(\w+))?\)?$/.exec(formula)!;
  const quotient = b ? value(a) / value(b) : value(a);
  assert.ok(Number.isFinite(quotient) && (ceil || Number.isInteger(quotient)), formula);
  return Math.ceil(quotient);
}

for (const generation of [80, 90])
  test(`each operation starts its kernels as they are described, of generation ${generation}`, () => {
    const launches: { name: string; grid: number[]; args: Argument[] }[] = [];
    const kernels = {
      blocks: (name: string) => KERNELS[`${name}-sm${generation}`].blocks,
      launch(name: string, stream: bigint, grid: number[], args: Argument[]) {
        assert.equal(stream, 1n);
        launches.push({ name, grid, args });
      },
    } as unknown as Kernels;
    const operations = kernelOps(kernels);
    assert.deepEqual(operations.map((o) => o.name).sort(), Object.keys(OPERATIONS).sort());
    for (const operation of operations) {
      const { inputs, outputs, kernels: started, numbers } = OPERATIONS[operation.name];
      assert.equal(operation.inputs.length, inputs.length, operation.name);
      assert.equal(operation.outputs.length, outputs.length, operation.name);
      // Every tensor is a number of its own, as pointers are.
      const names = [...inputs.map(([name]) => name), ...outputs];
      const pointer = (i: number) => BigInt(1000 + i);
      const given: string[] = [];
      const call: Call = {
        input: pointer,
        dims: (i) => inputs[i][1] ?? assert.fail(`${operation.name} asks for the shape of ${inputs[i][0]}`),
        output(i) {
          given.push(outputs[i]);
          return pointer(inputs.length + i);
        },
        stream: 1n,
        int: (name) => numbers[operation.ints!.find((n) => n === name)!],
        float: (name) => numbers[operation.floats!.find((n) => n === name)!],
      };
      launches.length = 0;
      operation.compute(call);
      assert.deepEqual(given, outputs, operation.name);
      assert.deepEqual(
        launches.map((l) => l.name),
        started,
      );
      for (const { name, grid, args } of launches) {
        const kernel = KERNELS[`${name}-sm${generation}`];
        const known = { ...kernel.blocks, ...numbers };
        assert.deepEqual(
          grid,
          kernel.grid.map((f) => blocksOf(f, known)),
          name,
        );
        assert.equal(args.length, kernel.arguments.length, name);
        kernel.arguments.forEach((argument, i) => {
          const what = `${operation.name}: ${argument.name} of ${name}`;
          if (argument.type.endsWith("*")) {
            const at = names.indexOf(argument.name);
            assert.equal(args[i], at < 0 ? 0n : pointer(at), what);
            if (at < 0) return;
            const declared = [...operation.inputs, ...operation.outputs][at];
            const type = { "half*": "float16", "float*": "float32", "int32_t*": "int32" }[argument.type];
            assert.equal(declared, type, what);
          } else {
            assert.equal(args[i], numbers[argument.name], what);
          }
        });
      }
    }
  });
