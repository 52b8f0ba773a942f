import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { evaluate, finetune, loadRun, Vocabulary } from "../../src/index.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { PUBLISHED, publishedFolder, writePublishedCells } from "../support/publishedFolder.js";
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
    // Theirs are the plain softmax, ours that of the logits divided by the run's temperature: a power of it, made to sum to 1.
    const power = 1 / (run.parts.trust?.temperature ?? 1);
    theirs.probabilities.forEach((row, cell) => {
      const best = Math.max(...row);
      assert.equal(labelled.codes[cell], row.indexOf(best), `label of cell ${cell}`);
      const calibrated = best ** power / row.reduce((sum, p) => sum + p ** power, 0);
      assert.ok(Math.abs(labelled.probabilities[cell] - calibrated) < 1e-5, `probability of cell ${cell}`);
    });
  });

test("cells that a run of the published code labels get PyTorch's labels and probabilities", async () => {
  const { work, tuned } = publishedFolder();
  const genes = join(work, PUBLISHED.task_info.input_dataset_directory);
  await writePublishedCells(genes);
  const { labelled, ready, notes } = (await evaluate(await loadRun(tuned), { cells: genes, subset: "all" }))
    .parts;
  assert.equal(labelled.codes.length, 40, notes.join());

  // Inference there wants the vocabulary in the folder.
  const vocabulary = Vocabulary.fromFile(join(work, "pretrained_models/scGPT_human/vocab.json"));
  writeFileSync(join(tuned, "vocab.json"), JSON.stringify(vocabulary));
  const tokens = join(work, "tokens.safetensors");
  writeTokens(tokens, ready.tokens, vocabulary);
  const script = resolve("test/peers/publishedInference.py");
  const printed = execFileSync(resolve(".venv-peers/bin/python"), [script, tuned, tokens], {
    encoding: "utf8",
    cwd: work,
  });
  (JSON.parse(printed).probabilities as number[][]).forEach((row, cell) => {
    const best = Math.max(...row);
    assert.equal(labelled.codes[cell], row.indexOf(best), `label of cell ${cell}`);
    assert.ok(Math.abs(labelled.probabilities[cell] - best) < 1e-5, `probability of cell ${cell}`);
  });
});
