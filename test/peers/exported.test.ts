import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate, exportModel, finetune } from "../../src/index.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { writeTokens } from "../support/tokens.js";

const python = (...args: string[]) =>
  JSON.parse(execFileSync(".venv-peers/bin/python", args, { encoding: "utf8", maxBuffer: 1 << 26 }));

for (const style of [
  { input_emb_style: "continuous", cell_emb_style: "cls" },
  { input_emb_style: "category", cell_emb_style: "avg-pool" },
] as const)
  test(`onnxruntime in Python gives an exported model's probabilities as ours: ${Object.values(style).join(", ")}`, async () => {
    const model = await tinyModel(style);
    const ready = preparedCells(model, 70);
    const folder = mkdtempSync(join(tmpdir(), "exported-"));
    const run = await finetune(ready, { epochs: 3, lr: 2e-3, device: "cpu" });
    const { labelled } = (await evaluate(run, { cells: ready, subset: "all" })).parts;
    const { path, format } = await exportModel(run, join(folder, "model.onnx"));
    assert.equal(format, "onnx");

    // The file's own table: <pad>, <cls>, the run's genes.
    const rows = { ...ready.tokens, geneIds: ready.tokens.geneIds.map((_, column) => column + 2) };
    const tokens = join(folder, "tokens.safetensors");
    writeTokens(tokens, rows, { padId: 0, clsId: 1 });
    const theirs = python("test/peers/exported.py", path, tokens);
    (theirs.probabilities as number[][]).forEach((row, cell) => {
      const best = Math.max(...row);
      assert.equal(labelled.codes[cell], row.indexOf(best), `label of cell ${cell}`);
      assert.ok(Math.abs(labelled.probabilities[cell] - best) < 1e-5, `probability of cell ${cell}`);
    });
    assert.equal(theirs.width, 16);
    const { vocabulary, classes, preprocessing, args, name } = theirs.metadata;
    assert.deepEqual(
      [vocabulary["<pad>"], vocabulary["<cls>"], vocabulary.G0, vocabulary.G39],
      [0, 1, 2, 41],
    );
    assert.deepEqual(classes, ["B cell", "NK, bright", "T cell"]);
    assert.deepEqual(
      [preprocessing.normalize_total, preprocessing.log1p, preprocessing.n_bins],
      [10000, true, 51],
    );
    assert.deepEqual([args.nlayers, name], [2, "simulated"]);
  });

test("torch and safetensors read the weights that are exported for them", async () => {
  const model = await tinyModel();
  const folder = mkdtempSync(join(tmpdir(), "exported-"));
  const run = await finetune(preparedCells(model, 60), { epochs: 1, device: "cpu" });
  for (const name of ["model.safetensors", "model.pt"]) await exportModel(run, join(folder, name));
  const found = python(
    "-c",
    `
import json, sys, torch
from safetensors import safe_open
with safe_open(sys.argv[1] + "/model.safetensors", "pt") as file:
    weights = {key: file.get_tensor(key) for key in file.keys()}
    classes = json.loads(file.metadata()["classes"])
other = torch.load(sys.argv[1] + "/model.pt", weights_only=True)
same = set(weights) == set(other) and all(torch.equal(weights[key], other[key]) for key in other)
table = other["encoder.embedding.weight"]
print(json.dumps({"same": same, "classes": classes, "shape": list(table.shape), "first": table[3].tolist()}))`,
    folder,
  );
  const table = run.weights.get("encoder.embedding.weight")!;
  assert.deepEqual(found, {
    same: true,
    classes: run.classes,
    shape: [53, 16],
    first: [...table.data.subarray(48, 64)],
  });
});
