import assert from "node:assert/strict";
import { test } from "node:test";
import { labelDoubts } from "../../src/preprocess/labelDoubts.js";
import { readBatches, readLabels } from "../../src/preprocess/labels.js";
import { memoryCells } from "../protocol/cells.js";
import { denseMatrix } from "./matrix.js";

const six = denseMatrix(Array.from({ length: 6 }, () => [1]));
const all = new Uint8Array(6).fill(1);
const cells = memoryCells(six, {
  obs: {
    type: ["T", "B", "T", "NK", "B", "T"],
    holes: ["T", null, "B", "", "B", "T"],
    one: ["T", "T", "T", "T", "T", "T"],
    cluster: [10, 9, 2, 10, 9, 2],
  },
});

test("labels are coded in sorted order", () => {
  const { classes, codes } = readLabels(cells, "type", all, []);
  assert.deepEqual(classes, ["B", "NK", "T"]);
  assert.deepEqual([...codes], [2, 0, 2, 1, 0, 2]);
});

test("numbers are sorted as numbers", () => {
  assert.deepEqual(readLabels(cells, "cluster", all, []).classes, ["2", "9", "10"]);
});

test("left-out cells have no say", () => {
  const { classes, codes } = readLabels(cells, "type", Uint8Array.of(1, 1, 1, 0, 1, 0), []);
  assert.deepEqual(classes, ["B", "T"]);
  assert.deepEqual([...codes], [1, 0, 1, 0]);
});

test("missing labels are counted and said", () => {
  const notes: string[] = [];
  assert.deepEqual([...readLabels(cells, "holes", all, notes).codes], [1, -1, 0, -1, 0, 1]);
  assert.match(notes[0], /^2 of 6 cells have no label in obs column "holes"/);
});

test("a fine-tuned model's classes keep their codes, labels that it never saw are named", () => {
  const notes: string[] = [];
  const { classes, codes, unseen } = readLabels(cells, "type", all, notes, ["T", "Mono", "B"]);
  assert.deepEqual(classes, ["T", "Mono", "B"]);
  assert.deepEqual([...codes], [0, 2, 0, -1, 2, 0]);
  assert.deepEqual([...unseen], [["NK", 1]]);
  assert.match(notes[0], /never saw .*"NK" \(1 cells\)/);
  assert.throws(
    () => readLabels(cells, "type", all, [], ["Mono", "DC"]),
    /knows none of the labels .*It knows "Mono", "DC"/,
  );
});

test("columns that are no labels are refused, with the other columns", () => {
  assert.throws(
    () => readLabels(cells, "celltype", all, []),
    /cells.h5ad has no obs column "celltype", which cellType names\. The columns are: type, holes, one, cluster\./,
  );
  assert.throws(
    () => readLabels(cells, "one", all, []),
    /one class only \("T"\); training needs at least two\. The other columns are: type/,
  );
  const measured = memoryCells(denseMatrix(Array.from({ length: 300 }, () => [1])), {
    obs: { n_counts: Array.from({ length: 300 }, (_, i) => i + 0.5) },
  });
  const every = new Uint8Array(300).fill(1);
  assert.throws(
    () => readLabels(measured, "n_counts", every, []),
    /holds 300 different numbers: that is a measurement, not a label/,
  );
  assert.throws(() => readBatches(measured, "donor", every, []), /no obs column "donor", which batch names/);
});

test("batches are coded in sorted order; one is enough", () => {
  const { names, codes } = readBatches(cells, "type", all, []);
  assert.deepEqual(names, ["B", "NK", "T"]);
  assert.deepEqual([...codes], [2, 0, 2, 1, 0, 2]);
  assert.deepEqual(readBatches(cells, "one", all, []).names, ["T"]);
});

test("labels that differ by hyphens or by what can't be seen are said; those of a sign are not", () => {
  const doubts = (...labels: string[]) => labelDoubts("type", labels, "label");
  assert.match(
    doubts("T-cell", "T cell", "T\u2013cell")[0],
    /"T cell" \(1 cells\), "T-cell" \(1 cells\), "T–cell"/,
  );
  assert.match(doubts("NK", "NK\u200b", "B")[0], /differ by case, blanks, hyphens/);
  assert.deepEqual(doubts("CD16-", "CD16", "CD4+ T", "CD4- T"), []);
});
