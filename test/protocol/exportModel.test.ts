import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readWeights } from "../../src/checkpoint/folder.js";
import { evaluate, exportModel, finetune, type Run } from "../../src/index.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { paddedTokens } from "../support/tokens.js";
import "../support/withoutProjection.js";

const folder = mkdtempSync(join(tmpdir(), "export-"));
let run: Run;
before(async () => {
  const ready = preparedCells(await tinyModel(), 60);
  run = await finetune(ready, { epochs: 2, lr: 2e-3, device: "cpu", threads: 1 });
});

test("a standalone model takes padded cells, and gives the labels and probabilities of the run", async () => {
  const ready = run.ready!;
  const { labelled } = (await evaluate(run, { cells: ready, subset: "all" })).parts;
  const { path } = await exportModel(run, join(folder, "cells.onnx"));
  const session = await InferenceSession.create(path);
  assert.deepEqual(session.inputNames, ["genes", "values"]);
  assert.deepEqual(session.outputNames, ["probabilities", "cls_output", "cell_emb"]);
  const rows = { ...ready.tokens, geneIds: ready.tokens.geneIds.map((_, column) => column + 2) };
  const { genes, values, cells, length } = paddedTokens(rows, { padId: 0, clsId: 1 });
  const { probabilities } = await session.run({
    genes: new Tensor("int32", Int32Array.from(genes), [cells, length]),
    values: new Tensor("float32", values, [cells, length]),
  });
  const found = probabilities.data as Float32Array;
  for (let cell = 0; cell < cells; cell++) {
    const p = found[cell * 3 + labelled.codes[cell]];
    assert.ok(Math.abs(p - labelled.probabilities[cell]) < 1e-5, `cell ${cell}`);
  }
  await session.release();
});

test("the file's ending says the format; in the run's folder it is safetensors", async () => {
  await assert.rejects(exportModel(run), /the run was not saved: name the file/);
  await assert.rejects(
    exportModel(run, join(folder, "model.h5")),
    /model\.h5 ends in none of \.safetensors, \.pt, \.onnx: name the format by the option format \(--format\)/,
  );
  await run.save(join(folder, "run"));
  const { path, format } = await exportModel(run);
  assert.deepEqual([path, format], [join(folder, "run", "model.safetensors"), "safetensors"]);
  assert.deepEqual([...readWeights(path)], [...run.weights]);
  assert.equal((await exportModel(run, join(folder, "weights"), { format: "pt" })).format, "pt");
  assert.ok(existsSync(join(folder, "weights")));
});
