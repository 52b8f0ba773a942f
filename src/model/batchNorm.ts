import { add, mul, select } from "../graph/elementwise.js";
import { batchNormEval, batchNormTrain } from "../graph/normalize.js";
import type { Tensor } from "../graph/tensor.js";
import type { Context } from "./context.js";
import { usesDomainNorm } from "./parameters.js";

const EPSILON = 6.1e-5;

export interface Normalized {
  output: Tensor;
  /** New values of the running statistics, by their names in the state dict. */
  statistics: Map<string, Tensor>;
}

/**
 * Batch norm, or domain-specific batch norm (Chang et al. 2019), over the tokens' inputs, padding included.
 * The domain of a batch is the label of its first cell, as in the published model.
 * @param x [B·N, d]
 * @param batchLabels int32 [B]
 */
export function normalizeBatch(
  c: Context,
  x: Tensor,
  batchLabels: Tensor | undefined,
  domains: number,
): Normalized {
  if (usesDomainNorm(c.args)) return normalizeDomain(c, x, batchLabels!, domains);
  if (c.args.domain_spec_batchnorm !== "batchnorm") return { output: x, statistics: new Map() };
  const { g } = c;
  const running = statisticsOf(c, "bn");
  const affine = (n: Tensor) => add(g, mul(g, n, c.parameter("bn.weight")), c.parameter("bn.bias"));
  if (!c.training) return { output: affine(batchNormEval(g, x, running, EPSILON)), statistics: new Map() };
  const n = batchNormTrain(g, x, running, EPSILON);
  const statistics = new Map([
    ["bn.running_mean", n.runningMean],
    ["bn.running_var", n.runningVariance],
    ["bn.num_batches_tracked", add(g, c.parameter("bn.num_batches_tracked"), 1)],
  ]);
  return { output: affine(n.output), statistics };
}

function normalizeDomain(c: Context, x: Tensor, batchLabels: Tensor, domains: number): Normalized {
  const { g } = c;
  const domain = g.node("Gather", [batchLabels, g.constant(Int32Array.of(0), "int32", [])], "int32", []);
  const names = Array.from({ length: domains }, (_, i) => `dsbn.bns.${i}`);
  const chosen = names.map((_, i) => g.node("Equal", [domain, g.scalar(i, "int32")], "bool", []));
  const own = names.map((name) => statisticsOf(c, name));
  const pick = (of: "mean" | "variance") =>
    own.slice(1).reduce((sofar, s, i) => select(g, chosen[i + 1], s[of], sofar), own[0][of]);
  const running = { mean: pick("mean"), variance: pick("variance") };
  if (!c.training) return { output: batchNormEval(g, x, running, EPSILON), statistics: new Map() };
  const n = batchNormTrain(g, x, running, EPSILON);
  const statistics = new Map<string, Tensor>();
  names.forEach((name, i) => {
    const count = c.parameter(`${name}.num_batches_tracked`);
    statistics.set(`${name}.running_mean`, select(g, chosen[i], n.runningMean, own[i].mean));
    statistics.set(`${name}.running_var`, select(g, chosen[i], n.runningVariance, own[i].variance));
    statistics.set(`${name}.num_batches_tracked`, select(g, chosen[i], add(g, count, 1), count));
  });
  return { output: n.output, statistics };
}

function statisticsOf(c: Context, name: string): { mean: Tensor; variance: Tensor } {
  return { mean: c.parameter(`${name}.running_mean`), variance: c.parameter(`${name}.running_var`) };
}
