import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageOf, describeCoverage, requireParts, takeWeights } from "../../src/checkpoint/coverage.js";
import { plainKeys } from "../../src/checkpoint/keys.js";
import { readTorch } from "../../src/checkpoint/torch.js";

const fixtures = "test/fixtures/model";
const reference = readTorch(`${fixtures}/continuous/best_model.pt`);
const shapes = new Map([...reference].map(([key, { shape }]) => [key, shape]));

test("reports what is missing, of another shape and unused, and the share of the parameters", () => {
  const { weights, coverage } = takeWeights(
    shapes,
    plainKeys(readTorch(`${fixtures}/checkpoints/missing_and_other_shape.pt`)),
  );
  assert.equal(weights.size, 46);
  assert.equal(coverage.missing.length, 2);
  assert.deepEqual(coverage.otherShape, [
    { key: "cls_decoder.out_layer.weight", model: [5, 32], checkpoint: [9, 32] },
  ]);
  assert.deepEqual(coverage.unused, ["extra.weight"]);
  // Counted by PyTorch: sum(p.numel() for p in model.parameters()) of the whole, less a bias and two weights.
  const lost = [...coverage.missing, "cls_decoder.out_layer.weight"].map((key) =>
    shapes.get(key)!.reduce((a, b) => a * b, 1),
  );
  const taken = 22758 - lost.reduce((a, b) => a + b, 0);
  assert.deepEqual(coverage.parameters, { taken, model: 22758 });
  assert.deepEqual(describeCoverage(coverage), [
    `46 of 49 tensors of the model taken from the checkpoint: ${taken.toLocaleString("en-US")} of 22,758 parameters ` +
      `(${((100 * taken) / 22758).toFixed(1)} %)`,
    `not in the checkpoint, random: ${coverage.missing.join(", ")}`,
    "of another shape, random: cls_decoder.out_layer.weight is [9,32] there and [5,32] here",
    "in the checkpoint and not used: extra.weight",
  ]);
});

test("names under which the file has tensors are said", () => {
  const { coverage } = takeWeights(
    shapes,
    plainKeys(readTorch(`${fixtures}/checkpoints/flash_attention_keys.pt`)),
  );
  assert.deepEqual(describeCoverage(coverage), [
    "49 of 49 tensors of the model taken from the checkpoint: 22,758 of 22,758 parameters (100 %)",
    "4 of them under other names there, for instance transformer_encoder.layers.0.self_attn.Wqkv.weight for " +
      "transformer_encoder.layers.0.self_attn.in_proj_weight",
  ]);
});

/** The coverage of the fixture's model by its own tensors, but for some. */
function without(...lost: string[]) {
  const held = new Map([...reference].filter(([key]) => !lost.includes(key)));
  return coverageOf(shapes, held);
}

const IN_PROJ = "transformer_encoder.layers.1.self_attn.in_proj_weight";

test("a checkpoint without a part that fine-tuning needs is refused, unless it is named", () => {
  const lacking = without(IN_PROJ);
  assert.throws(
    () => requireParts(lacking, [], "best_model.pt"),
    /^CellkernelError: best_model\.pt is not the whole of this model: it lacks transformer_encoder\.layers\.1\.self_attn\.in_proj_weight\. .*allowPartial \(--allow-partial/,
  );
  for (const part of [IN_PROJ, "transformer_encoder", "layers.1", "self_attn.in_proj_weight"])
    requireParts(lacking, [part], "best_model.pt");
  assert.throws(() => requireParts(lacking, ["layers.0"], "best_model.pt"), /it lacks/);
  assert.throws(
    () => requireParts(lacking, ["layer.1"], "best_model.pt"),
    /allowPartial names "layer\.1", which is no part of the model; its parts are encoder, value_encoder, /,
  );
});

test("what classification does not need, or begins with the data, may be missing", () => {
  requireParts(without("cls_decoder.out_layer.weight", "decoder.fc.0.weight"), [], "best_model.pt");
});

test("shapes and layers that the architecture does not have are refused", () => {
  const wider = new Map(shapes).set("encoder.embedding.weight", [60, 64]);
  assert.throws(
    () => requireParts(coverageOf(wider, reference), [], "best_model.pt"),
    /encoder\.embedding\.weight is \[\d+,32\] in it and \[60,64\] by the architecture/,
  );
  const shallower = new Map([...shapes].filter(([key]) => !key.includes("layers.1.")));
  assert.throws(
    () => requireParts(coverageOf(shallower, reference), [], "best_model.pt"),
    /the architecture has no place for transformer_encoder\.layers\.1\.self_attn\.in_proj_weight, /,
  );
});
