import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type AnnData,
  chooseMatrix,
  openModel,
  type PreparationOptions,
  preprocess,
  readH5ad,
} from "../../src/index.js";
import { python } from "../support/python.js";

const TRIALS = "test/fixtures/trials";
const model = openModel("notebooks/models/small");

async function opened<T>(path: string, work: (cells: AnnData) => T | Promise<T>): Promise<T> {
  const cells = await readH5ad(`${TRIALS}/${path}`);
  try {
    return await work(cells);
  } finally {
    cells.close();
  }
}

/** The genes that a preparation chooses, sorted, and its notes. */
async function chosen(
  path: string,
  options: PreparationOptions,
): Promise<{ genes: string[]; notes: string[] }> {
  return opened(path, async (cells) => {
    const { genes, notes } = await preprocess(cells, { ...options, model: await model });
    return { genes: genes.names.filter((_, i) => genes.rank[i] >= 0).sort(), notes };
  });
}

test("of velocyto's layers all counts are taken, never the ambiguous ones", async () => {
  await opened("velocyto_layers/velocyto.h5ad", (cells) => {
    assert.deepEqual(chooseMatrix(cells, undefined, "counts").name, { layer: "matrix" });
    assert.equal(chooseMatrix(cells, "X", "counts").contents.kind, "logged");
    cells.layers.delete("matrix");
    assert.deepEqual(chooseMatrix(cells, undefined, "counts").name, { layer: "spliced" });
  });
});

test("shallow logged values are logged; fractional counts are not: scanpy's 40 genes each", async () => {
  const [logged, fractions] = ["shallow_log/shallow_log.h5ad", "soupx_fractions/soupx.h5ad"];
  const [asIs, normalised, fractionsAsIs, fractionsNormalised] = JSON.parse(
    python("test/trials/variableGenes.py", `${TRIALS}/${logged}`, `${TRIALS}/${fractions}`),
  );
  const skipped = /^Normalisation and log1p were skipped: the values look logged already/;
  const one = await chosen(logged, { nHvg: 40 });
  assert.deepEqual(one.genes, asIs);
  assert.ok(one.notes.some((note) => skipped.test(note)));
  const two = await chosen(fractions, { nHvg: 40 });
  assert.deepEqual(two.genes, fractionsNormalised);
  assert.ok(two.notes.some((note) => /have fractions and do not look logged.*--values logged/.test(note)));
  // The user knows best.
  assert.deepEqual((await chosen(logged, { nHvg: 40, values: "counts" })).genes, normalised);
  assert.deepEqual((await chosen(fractions, { nHvg: 40, values: "logged" })).genes, fractionsAsIs);
});
