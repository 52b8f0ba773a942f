import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseArgs } from "../../src/checkpoint/args.js";
import { readTorch } from "../../src/checkpoint/torch.js";
import { isStatistic, parameterShapes } from "../../src/model/parameters.js";

const FOLDER = "test/fixtures/model";
const cases = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "checkpoints")
  .map((entry) => entry.name);

for (const name of cases) {
  test(`${name}: the architecture has the state dict's names and shapes`, () => {
    const file = `${FOLDER}/${name}/args.json`;
    const args = parseArgs(JSON.parse(readFileSync(file, "utf8")), file);
    const state = readTorch(`${FOLDER}/${name}/best_model.pt`);
    const rows = (key: string) => state.get(key)?.shape[0];
    const shapes = parameterShapes(args, {
      genes: rows("encoder.embedding.weight")!,
      classes: rows("cls_decoder.out_layer.weight")!,
      batches: name === "all_objectives" ? 3 : 2,
    });
    assert.deepEqual([...shapes].sort(), [...state].map(([key, { shape }]) => [key, shape]).sort());
    const statistics = [...shapes.keys()].filter(isStatistic);
    assert.equal(statistics.length, { batchnorm: 3, cce_batchnorm: 3, dsbn: 6 }[name] ?? 0);
  });
}

test("an architecture with batch labels needs their number", () => {
  const file = `${FOLDER}/batch_labels/args.json`;
  const args = parseArgs(JSON.parse(readFileSync(file, "utf8")), file);
  assert.throws(() => parameterShapes(args, { genes: 10, classes: 3 }), {
    message: "This architecture uses batch labels: name the batch column.",
  });
});
