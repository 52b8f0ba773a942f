import type { Weights } from "../../src/checkpoint/weights.js";

/** The largest difference of two models' weights, but of key biases: these have no gradient, and Adam makes steps of its noise. */
export function farthest(a: Weights, b: Weights): number {
  let most = 0;
  for (const [name, { data }] of a)
    if (!name.endsWith("in_proj_bias"))
      data.forEach((x, i) => {
        most = Math.max(most, Math.abs(x - b.get(name)!.data[i]));
      });
  return most;
}
