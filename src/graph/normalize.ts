import { add, atLeast, div, mul, sqrt, square, sub } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { columnSums, reduceMean, reduceSum } from "./reduce.js";
import { reshape } from "./shape.js";
import { GraphError, showShape, type Tensor } from "./tensor.js";

/**
 * Normalises each row to mean 0 and variance 1, then scales and shifts (Ba et al. 2016; PyTorch's `LayerNorm`).
 * @param x [rows, d]
 * @param weight [d]
 * @param bias [d]
 */
export function layerNorm(g: Graph, x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  if (x.dim(-1) !== weight.dim(0))
    throw new GraphError(`layerNorm: input ${showShape(x.shape)}, weight ${showShape(weight.shape)}`);
  const perRow = [...x.shape.slice(0, -1), 1];
  const [y, mean, inverse] = g.nodesOf(
    "LayerNormalization",
    [x, weight, bias],
    [
      { dtype: x.dtype, shape: x.shape },
      // Whatever the input's type, ONNX gives these in single precision.
      { dtype: "float32", shape: perRow },
      { dtype: "float32", shape: perRow },
    ],
    { axis: -1, epsilon: { float: epsilon } },
  );
  return g.record(y, [x, weight, bias], (dy, want) => {
    const scale = g.cast(inverse, x.dtype);
    const normal = mul(g, sub(g, x, g.after(g.cast(mean, x.dtype), dy)), scale);
    const along = mul(g, dy, normal);
    const dWeight = want[1] ? columnSums(g, along) : undefined;
    const dBias = want[2] ? columnSums(g, dy) : undefined;
    // The parameters' derivatives first: put off, they would keep dy until the end of the step.
    const late = [dWeight, dBias].reduce<Tensor>((t, d) => (d ? g.after(t, d, dy) : t), scale);
    const dx = () => {
      const d = weight.dim(0) as number;
      const share = reshape(g, div(g, weight, d), [d, 1]);
      const [flat, slope] = [dy, along].map((t) => g.node("MatMul", [t, share], t.dtype, [x.dim(0), 1]));
      const dn = mul(g, dy, weight);
      return mul(g, sub(g, sub(g, dn, flat), mul(g, normal, slope)), late);
    };
    return [want[0] ? dx() : undefined, dWeight, dBias];
  });
}

/** What batch normalisation makes of one batch: the output, and the statistics to keep. */
export interface BatchNormalized {
  output: Tensor;
  runningMean: Tensor;
  runningVariance: Tensor;
}

/**
 * Batch normalisation in training (Ioffe & Szegedy 2015; PyTorch's `BatchNorm1d`): each column to mean 0
 * and variance 1 over the rows; the running statistics move by `momentum` (the variance unbiased).
 * @param x [rows, d]
 */
export function batchNormTrain(
  g: Graph,
  x: Tensor,
  running: { mean: Tensor; variance: Tensor },
  epsilon: number,
  momentum = 0.1,
): BatchNormalized {
  const mean = reduceMean(g, x, [0], true);
  const centred = sub(g, x, mean);
  const variance = reduceMean(g, square(g, centred), [0], true);
  const rows = g.countAlong(x, [0], x.dtype);
  const unbiased = mul(g, variance, div(g, rows, sub(g, rows, 1)));
  const moved = (old: Tensor, now: Tensor) =>
    add(
      g,
      mul(g, old, 1 - momentum),
      mul(g, g.node("Squeeze", [now, g.integers([0])], x.dtype, old.shape), momentum),
    );
  return {
    output: div(g, centred, sqrt(g, add(g, variance, epsilon))),
    runningMean: moved(running.mean, mean),
    runningVariance: moved(running.variance, unbiased),
  };
}

/** Batch normalisation in evaluation: by the running statistics, each [d]. */
export function batchNormEval(
  g: Graph,
  x: Tensor,
  running: { mean: Tensor; variance: Tensor },
  epsilon: number,
): Tensor {
  return div(g, sub(g, x, running.mean), sqrt(g, add(g, running.variance, epsilon)));
}

/** Rows scaled to length 1 (PyTorch's `F.normalize`, p = 2). */
export function unitRows(g: Graph, x: Tensor): Tensor {
  const length = sqrt(g, reduceSum(g, square(g, x), [-1], true));
  return div(g, x, atLeast(g, length, 1e-12));
}
