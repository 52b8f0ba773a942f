import { add } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { GraphError, showShape, type Tensor } from "./tensor.js";

/**
 * Reverse-mode differentiation: appends to the graph what computes the derivative of `loss` by each
 * of `parameters`. Only what some parameter needs is built.
 *
 * @param loss a scalar
 * @param seed the derivative that flows into `loss`: 1, or the loss scale of mixed precision
 * @returns one tensor a parameter, of its shape; undefined where the loss does not depend on it
 */
export function gradients(
  g: Graph,
  loss: Tensor,
  parameters: Tensor[],
  seed = g.scalar(1, loss.dtype),
): (Tensor | undefined)[] {
  if (loss.rank !== 0) throw new GraphError(`gradients: the loss has shape ${showShape(loss.shape)}, not []`);
  const steps = g.tape.slice();
  const needed = new Set(parameters.map((p) => p.name));
  for (const s of steps)
    if (s.inputs.some((t) => needed.has(t.name))) for (const t of s.outputs) needed.add(t.name);

  const byName = new Map<string, Tensor>([[loss.name, seed]]);
  for (const step of steps.reverse()) {
    const dys = step.outputs.map((t) => byName.get(t.name));
    if (dys.every((dy) => !dy) || !needed.has(step.outputs[0].name)) continue;
    const wanted = step.inputs.map((t) => needed.has(t.name));
    const flows = step.vjp(dys, wanted);
    step.inputs.forEach((input, i) => {
      const flow = flows[i];
      if (!wanted[i] || !flow) return;
      const soFar = byName.get(input.name);
      byName.set(input.name, soFar ? add(g, soFar, flow) : flow);
    });
    // Released here, so that nothing holds a derivative longer than the graph does.
    for (const { name } of step.outputs) if (!parameters.some((p) => p.name === name)) byName.delete(name);
  }
  return parameters.map((p) => byName.get(p.name));
}
