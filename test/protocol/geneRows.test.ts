import assert from "node:assert/strict";
import { test } from "node:test";
import { geneRows } from "../../src/protocol/geneRows.js";
import { Vocabulary } from "../../src/tokenize/vocabulary.js";

const vocabulary = new Vocabulary(
  [
    ["CD3D", 0],
    ["LYZ", 4],
    ["<pad>", 1],
    ["<cls>", 3],
  ],
  "vocab.json",
);

test("rows are those of <pad>, <cls> and the genes, in their order", () => {
  assert.deepEqual([...geneRows(vocabulary, ["LYZ", "CD3D"])], [1, 3, 4, 0]);
});

test("genes that the model lacks are named", () => {
  assert.throws(() => geneRows(vocabulary, ["LYZ", "Lyz2"]), {
    code: "other-preparation",
    message:
      /^1 genes of the prepared cells \(Lyz2\) are not in the vocabulary vocab\.json: prepare the cells/,
  });
});
