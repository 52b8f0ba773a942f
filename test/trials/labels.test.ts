import assert from "node:assert/strict";
import { test } from "node:test";

import { openModel, type Prepared, preprocess, readH5ad } from "../../src/index.js";
import { readLabels } from "../../src/preprocess/labels.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { memoryCells } from "../protocol/cells.js";

const TRIALS = "test/fixtures/trials";
const model = openModel("notebooks/models/small");

async function prepared(path: string, options: object): Promise<Prepared> {
  const cells = await readH5ad(`${TRIALS}/${path}`);
  try {
    return await preprocess(cells, { ...options, model: await model });
  } finally {
    cells.close();
  }
}

test("labels of text that are hardly meant so are kept, and said", async () => {
  const { labels, notes } = await prepared("label_text/label_text.h5ad", { cellType: "celltype", nHvg: 0 });
  assert.deepEqual(labels!.classes, ["B cell", "Monocyte", "T cell", "T cell ", "nan", "t cell"]);
  // pandas.Series.value_counts: nan 9, "T cell " 6, "t cell" 5
  const said = notes.filter((note) => note.startsWith("WARNING: "));
  assert.match(said[0], /"celltype" holds "nan" \(9 cells\), which probably stands for a missing label/);
  assert.match(
    said[1],
    /differ by case, blanks, hyphens or underscores only .*"T cell" \(16 cells\), "T cell " \(6 cells\), "t cell" \(5 cells\)/,
  );
  assert.equal(said.length, 2);
});

test("R's missing integer is missing", () => {
  const six = denseMatrix(Array.from({ length: 4 }, () => [1]));
  const cells = memoryCells(six, { obs: { cluster: [1, -(2 ** 31), 2, 1] } });
  const notes: string[] = [];
  const { classes, codes } = readLabels(cells, "cluster", new Uint8Array(4).fill(1), notes);
  assert.deepEqual(
    [classes, [...codes]],
    [
      ["1", "2"],
      [0, -1, 1, 0],
    ],
  );
  assert.match(notes[0], /^1 of 4 cells have no label/);
});

test("a missing logical is no label", async () => {
  const { labels, notes } = await prepared("hdf5r_logical_na/hdf5r_logical_na.h5ad", {
    cellType: "doublet",
    nHvg: 0,
  });
  assert.deepEqual(labels!.classes, ["false", "true"]);
  assert.ok(notes.some((note) => note.startsWith("20 of 60 cells have no label")));
});

test("a batch without counts has no say in the choice of genes, as if it were missing", async () => {
  const options = { batch: "donor", nHvg: 50 };
  const chosen = ({ genes }: Prepared) => genes.names.filter((_, i) => genes.highlyVariable[i] === 1);
  const empty = await prepared("empty_batch/empty_batch.h5ad", options);
  // In the other file the same cells have no batch: scanpy leaves them out of the choice.
  const missing = await prepared("empty_batch/empty_batch_nan.h5ad", options);
  assert.deepEqual(chosen(empty), chosen(missing));
  assert.ok(
    empty.notes.includes(
      "Batches of one cell or without counts have no say in the choice of variable genes: empty.",
    ),
  );
});
