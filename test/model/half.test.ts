import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/graph/graph.js";
import { encodeOnnx } from "../../src/graph/onnx.js";
import type { DType, Tensor } from "../../src/graph/tensor.js";
import { derivatives } from "../../src/model/gradient.js";
import { lossOf } from "../../src/model/loss.js";
import { parameterShapes } from "../../src/model/parameters.js";
import { Slots } from "../../src/model/slots.js";
import { Session } from "../../src/runtime/session.js";
import { stepFeeds } from "../../src/train/feeds.js";
import { slotTensors } from "../../src/train/state.js";
import { smallSpec, smallSteps, smallWeights } from "../support/smallModel.js";

/**
 * The CPU provider has no float16 products: it widens their operands, and drops a rounding that is widened at once.
 * A node that moves float16 data keeps the rounding in place, so that what a GPU would round is rounded here.
 */
class RoundingGraph extends Graph {
  override cast(x: Tensor, dtype: DType): Tensor {
    const cast = super.cast(x, dtype);
    return dtype === "float16" && x.rank > 0
      ? this.node("Concat", [cast], dtype, x.shape, { axis: 0 })
      : cast;
  }
}

async function lossAndGradients(half: boolean) {
  const spec = smallSpec();
  const g = new RoundingGraph();
  g.halfProducts = half;
  const training = {
    ...{ args: spec.args, size: spec, padRow: 0, objectives: ["CLS" as const], dropout: 0.2, half },
    attentionLoop: "heads" as const,
  };
  const slots = new Slots(g, parameterShapes(spec.args, spec));
  const model = lossOf(g, training, slots, false);
  // The loss scale of mixed precision keeps small derivatives above float16's smallest number.
  const scale = 1024;
  const found = derivatives(g, training, slots, model.loss, g.scalar(scale, "float32"));
  g.output("loss", model.loss);
  for (const { slot, gradient } of found) g.output(`grad.${slot.input}`, gradient);
  const session = await Session.open(encodeOnnx(g), { device: "cpu" });
  const [feeds] = stepFeeds(smallSteps(spec, 1)[0].micro, 0, { ...training, seed: 0 });
  const inputs = new Set(g.inputs.map((t) => t.name));
  const fed = Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));
  const { loss, ...gradients } = await session.run({ ...slotTensors(slots.all, smallWeights(spec)), ...fed });
  await session.release();
  const numbers = Object.entries(gradients).map(([name, t]) => {
    const data = Float32Array.from(t.data as Float32Array, (x) => x / scale);
    return [name, data] as const;
  });
  return { loss: Number(loss.data[0]), gradients: new Map(numbers) };
}

test("with products in float16 loss and gradients are float32's but for float16's rounding", async () => {
  const whole = await lossAndGradients(false);
  const half = await lossAndGradients(true);
  // float16 has 11 bits: a relative error of 5e-4 a product, a few of them in a row.
  const off = Math.abs(half.loss - whole.loss) / whole.loss;
  assert.ok(off > 1e-7 && off < 5e-3, `loss ${half.loss} beside ${whole.loss}`);
  for (const [name, theirs] of whole.gradients) {
    if (name.endsWith("in_proj_bias.k")) continue;
    const ours = half.gradients.get(name)!;
    const length = Math.hypot(...theirs);
    const distance = Math.hypot(...ours.map((x, i) => x - theirs[i]));
    assert.ok(distance < 0.02 * length, `${name}: ${distance} of ${length}`);
  }
});
