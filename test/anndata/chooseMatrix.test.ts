import assert from "node:assert/strict";
import { test } from "node:test";

import { table } from "arquero";

import { chooseMatrix } from "../../src/anndata/chooseMatrix.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { cellsOf } from "./support/cells.js";
import { dense } from "./support/dense.js";
import { matrixOf } from "./support/matrix.js";

const COUNTS = [
  [0, 3],
  [12, 0],
];
const LOGGED = [
  [0, Math.log1p(1e4)],
  [Math.log1p(2500), Math.log1p(7500)],
];
const SCALED = [
  [-1, 0.5],
  [1, -0.5],
];

test("of scaled X and log-normalised raw, raw is chosen, and that is said", async () => {
  const cells = await readH5ad("notebooks/data/pbmc68k_reduced.h5ad");
  const chosen = chooseMatrix(cells, undefined, "counts");
  assert.equal(chosen.name, "raw");
  assert.equal(chosen.contents.kind, "logged");
  assert.equal(chosen.varNames, cells.raw?.varNames);
  assert.equal(
    chosen.reason,
    "Chose raw.X, which holds log-normalised values (X holds scaled values (some are negative)).",
  );
  cells.close();
});

test("what holds what the purpose needs comes first, a layer named counts before the others", () => {
  const layers = new Map([
    ["ambient", matrixOf(COUNTS)],
    ["counts", matrixOf(COUNTS)],
  ]);
  const raw = { X: matrixOf(LOGGED), var: table({}), varNames: ["g0", "g1"], varm: cellsOf([]).varm };
  const cells = cellsOf(SCALED, { layers, raw });
  assert.deepEqual(chooseMatrix(cells, undefined, "counts").name, { layer: "counts" });
  assert.deepEqual(chooseMatrix(cells, undefined, "logged").name, "raw");
  assert.deepEqual(chooseMatrix(cellsOf(COUNTS, { layers }), undefined, "counts").name, "X");
  assert.deepEqual(chooseMatrix(cellsOf(COUNTS), undefined, "logged").name, "X");
});

test("what the user asks for is taken, with a word on what it holds", () => {
  const cells = cellsOf(LOGGED, { layers: new Map([["counts", matrixOf(COUNTS)]]) });
  const chosen = chooseMatrix(cells, "X", "counts");
  assert.equal(chosen.reason, "Took X as asked; it holds log-normalised values, where counts were expected.");
  const layer = chooseMatrix(cells, { layer: "counts" }, "counts");
  assert.equal(layer.reason, 'Took layer "counts" as asked; it holds counts.');
  assert.deepEqual(dense(layer.matrix), COUNTS);
  assert.throws(
    () => chooseMatrix(cells, "raw", "counts"),
    /^CellkernelError: cells\.h5ad has no raw\.X\. Its matrices are: X, layer "counts"\.$/,
  );
});

test("kinds of values are told apart", () => {
  const kind = (rows: number[][]) => chooseMatrix(cellsOf(rows), "X", "counts").contents.kind;
  assert.equal(kind(COUNTS), "counts");
  assert.equal(kind(LOGGED), "logged");
  assert.equal(kind(SCALED), "scaled");
  assert.equal(kind([[0, 0]]), "empty");
  assert.equal(
    kind([
      [0.5, 812.25],
      [406.375, 406.375],
    ]),
    "normalised",
  );
  assert.equal(
    kind([
      [0.5, 812.25],
      [1.5, 2.25],
    ]),
    "corrected",
  );
  assert.equal(
    kind([
      [0, 1],
      [1, 1],
    ]),
    "binary",
  );
});

test("when nothing can serve, the error says what each matrix holds", () => {
  assert.throws(
    () => chooseMatrix(cellsOf(SCALED), undefined, "counts"),
    /no matrix of counts or log-normalised values: X holds scaled values \(some are negative\)\. Save the counts/,
  );
  assert.throws(() => chooseMatrix(cellsOf([], { X: undefined }), undefined, "logged"), /it has none at all/);
});

test("NaN, infinite and negative values end the reading, naming the cell and the gene", () => {
  const read = (bad: number) => () =>
    dense(
      chooseMatrix(
        cellsOf([
          [1, 0],
          [2, 3],
          [0, bad],
        ]),
        "X",
        "counts",
      ).matrix,
    );
  assert.throws(
    read(Number.NaN),
    /^CellkernelError: X of cells\.h5ad holds NaN at cell c2, gene g1\. Mend the file/,
  );
  assert.throws(read(Number.POSITIVE_INFINITY), /holds an infinite value at cell c2, gene g1/);
  assert.throws(read(-4), /holds a negative value \(-4\) at cell c2, gene g1\. It seems to be scaled/);
});
