import assert from "node:assert/strict";
import { gradients } from "../../src/graph/autodiff.js";
import { mul } from "../../src/graph/elementwise.js";
import { Graph } from "../../src/graph/graph.js";
import { reduceSum } from "../../src/graph/reduce.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { inputsOf, type Operand, RunnableGraph, uniform } from "./runGraph.js";

/** Half the distance of the two values of a central difference. In float64 its error is of the order of 1e-10. */
const H = 1e-5;

/**
 * Checks the derivative of an operation by each of its float64 operands against central differences.
 * The operation's output is multiplied by fixed random numbers and summed, so that every element of the derivative
 * that flows back is another number.
 *
 * @param ignore operands that have no derivative by design, by their place
 * @returns the operation's output
 */
export async function checkGradient(
  operands: Operand[],
  build: (g: Graph, inputs: Tensor[]) => Tensor,
  options: { outputDims: number[]; ignore?: number[]; tolerance?: number },
): Promise<number[]> {
  const { outputDims, ignore = [], tolerance = 1e-7 } = options;
  const weights = uniform(outputDims, 99, 0.5, 1.5);
  const all = [...operands, weights];
  const g = new Graph();
  const inputs = inputsOf(g, operands);
  const y = build(g, inputs);
  const weighted = mul(g, y, g.input(`x${operands.length}`, "float64", y.shape));
  const loss = reduceSum(
    g,
    weighted,
    y.shape.map((_, i) => i),
  );
  const wanted = operands.flatMap((o, i) => (o.dtype === "float64" && !ignore.includes(i) ? [i] : []));
  const found = gradients(
    g,
    loss,
    wanted.map((i) => inputs[i]),
  );
  g.output("y", y);
  g.output("loss", loss);
  wanted.forEach((i, k) => {
    const gradient = found[k];
    assert.ok(gradient, `no derivative by operand ${i}`);
    g.output(`grad${i}`, gradient);
  });

  const graph = await RunnableGraph.open(g);
  const out = await graph.run(all);
  for (const i of wanted) {
    const data = operands[i].data as Float64Array;
    assert.equal(out[`grad${i}`].length, data.length, `elements of the derivative by operand ${i}`);
    const lossAt = async (element: number, value: number) => {
      const moved = Float64Array.from(data);
      moved[element] = value;
      const { loss } = await graph.run(all.map((o, k) => (k === i ? { ...o, data: moved } : o)));
      return loss[0];
    };
    for (let e = 0; e < data.length; e++) {
      const difference = ((await lossAt(e, data[e] + H)) - (await lossAt(e, data[e] - H))) / (2 * H);
      const ours = out[`grad${i}`][e];
      assert.ok(
        Math.abs(ours - difference) <= tolerance * Math.max(1, Math.abs(difference)),
        `derivative by element ${e} of operand ${i}: ${ours}, by differences ${difference}`,
      );
    }
  }
  await graph.release();
  return out.y;
}

/** Numbers that agree to `tolerance` relative to the larger of 1 and the number. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i])),
      `element ${i}: ${actual[i]} for ${expected[i]}`,
    );
}
