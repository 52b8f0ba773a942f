import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate, finetune } from "../../src/index.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { writeTokens } from "../support/tokens.js";

for (const [what, args] of [
  ["continuous values", { input_emb_style: "continuous" }],
  [
    "scaling, three layers of the class decoder, MVC",
    { input_emb_style: "scaling", n_layers_cls: 3, do_mvc: true },
  ],
] as const)
  test(`the published inference opens a run's folder and labels its cells as we do: ${what}`, async () => {
    const model = await tinyModel(args);
    const ready = preparedCells(model, 80);
    const folder = mkdtempSync(join(tmpdir(), "published-run-"));
    const saveDir = join(folder, "run");
    const run = await finetune(ready, { epochs: 2, lr: 1e-7, device: "cpu", saveDir });
    const { labelled } = (await evaluate(run, { cells: ready, subset: "all" })).parts;

    const tokens = join(folder, "tokens.safetensors");
    writeTokens(tokens, ready.tokens, model.vocabulary);
    const script = "test/peers/publishedInference.py";
    const printed = execFileSync(".venv-peers/bin/python", [script, saveDir, tokens], { encoding: "utf8" });
    const theirs: { probabilities: number[][]; types: string[] } = JSON.parse(printed);
    assert.deepEqual(theirs.types, run.classes);
    theirs.probabilities.forEach((row, cell) => {
      const best = Math.max(...row);
      assert.equal(labelled.codes[cell], row.indexOf(best), `label of cell ${cell}`);
      assert.ok(Math.abs(labelled.probabilities[cell] - best) < 1e-5, `probability of cell ${cell}`);
    });
  });
