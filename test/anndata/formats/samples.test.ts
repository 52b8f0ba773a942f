import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { table } from "arquero";
import { readSamples } from "../../../src/anndata/formats/readSamples.js";
import { samplesOf } from "../../../src/anndata/formats/samples.js";
import { H5adWriter } from "../../../src/anndata/write/h5ad.js";
import { checkOutput } from "../../../src/anndata/write/results.js";
import { temporaryFolder } from "../../support/folder.js";
import { dense } from "../support/dense.js";

/** Writes one cell a row. */
async function h5ad(path: string, varNames: string[], rows: number[][], obs: Record<string, unknown[]> = {}) {
  const writer = await H5adWriter.create(path, varNames.length);
  writer.append({
    ...{ start: 0, rows: rows.length, columns: varNames.length },
    indptr: Int32Array.from([...rows.keys(), rows.length], (row) => row * varNames.length),
    indices: Int32Array.from(rows.flatMap((row) => [...row.keys()])),
    data: Float32Array.from(rows.flat()),
  });
  await writer.close({ obsNames: rows.map((_, i) => `c${i}`), varNames, obs: table(obs) });
}

/** A Matrix Market matrix of genes g0 and g1 in one cell, its files named with a prefix. */
function triple(
  folder: string,
  prefix: string,
  values: [number, number],
  features = "features.tsv.gz",
): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, `${prefix}${name}`), name.endsWith("gz") ? gzipSync(text) : text);
  write(
    "matrix.mtx.gz",
    `%%MatrixMarket matrix coordinate integer general\n2 1 2\n1 1 ${values[0]}\n2 1 ${values[1]}\n`,
  );
  write("barcodes.tsv.gz", "AAAC-1\n");
  write(features, "E0\tg0\tGene Expression\nE1\tg1\tGene Expression\n");
}

const column = (cells: { obs: { column(name: string): unknown } }, name: string) => [
  ...(cells.obs.column(name) as Iterable<unknown>),
];

test("files are joined in the order given, by the genes that all have or that any has, with a column of their names", async (context) => {
  const folder = temporaryFolder(context);
  const [one, two] = ["two.h5ad", "one.h5ad"].map((name) => join(folder, name));
  await h5ad(one, ["a", "b"], [[1, 2]], { type: ["T"] });
  await h5ad(
    two,
    ["b", "c"],
    [
      [3, 4],
      [5, 6],
    ],
    { type: ["B", "B"] },
  );
  const inner = await readSamples([one, two]);
  assert.deepEqual(inner.varNames, ["b"]);
  assert.deepEqual(dense(inner.X!), [[2], [3], [5]]);
  assert.deepEqual(column(inner, "batch"), ["two", "one", "one"]);
  assert.deepEqual(column(inner, "type"), ["T", "B", "B"]);
  assert.deepEqual(inner.obsNames, ["c0-two", "c0-one", "c1-one"]);
  inner.close();
  const outer = await readSamples([one, two], { join: "outer", sampleColumn: "donor" });
  assert.deepEqual(outer.varNames, ["a", "b", "c"]);
  assert.deepEqual(dense(outer.X!), [
    [1, 2, 0],
    [0, 3, 4],
    [0, 5, 6],
  ]);
  assert.deepEqual(column(outer, "donor"), ["two", "one", "one"]);
  assert.deepEqual(outer.sources, [one, two]);
  outer.close();
});

test("of a single file the column is there only where it was asked for", async (context) => {
  const path = join(temporaryFolder(context), "cells.h5ad");
  await h5ad(path, ["a"], [[1]]);
  const plain = await readSamples(path);
  assert.deepEqual(plain.obs.columnNames(), []);
  assert.ok(plain.isFile);
  const named = await readSamples([path], { sampleColumn: "donor" });
  assert.deepEqual(column(named, "donor"), ["cells"]);
  for (const { close } of [plain, named]) close();
});

test("a column that is there already is not written over", async (context) => {
  const folder = temporaryFolder(context);
  await h5ad(join(folder, "a.h5ad"), ["a"], [[1]], { batch: ["x"] });
  await h5ad(join(folder, "b.h5ad"), ["a"], [[1]]);
  await assert.rejects(readSamples(folder), {
    code: "column",
    message: /a\.h5ad has an obs column "batch" already; .*option sampleColumn, --sample-column/,
  });
  const cells = await readSamples(folder, { sampleColumn: "file" });
  assert.deepEqual(column(cells, "file"), ["a", "b"]);
  cells.close();
});

test("a folder of 10x runs is read as GEO and as Cell Ranger have them", async (context) => {
  const folder = temporaryFolder(context);
  const geo = join(folder, "GSE1");
  triple(geo, "GSM1_a_", [1, 2]);
  triple(geo, "GSM1_a_b_", [3, 4], "genes.tsv");
  triple(geo, "GSM2-", [5, 6]);
  const cells = await readSamples(geo);
  assert.deepEqual(column(cells, "batch"), ["GSM1_a", "GSM1_a_b", "GSM2"]);
  assert.deepEqual(dense(cells.X!), [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  assert.deepEqual(cells.varNames, ["g0", "g1"]);

  const runs = join(folder, "runs");
  triple(join(runs, "s1", "outs", "filtered_feature_bc_matrix"), "", [1, 2]);
  triple(join(runs, "s1", "outs", "raw_feature_bc_matrix"), "", [9, 9]);
  triple(join(runs, "s2"), "", [7, 8]);
  const cellRanger = await readSamples(runs);
  assert.deepEqual(column(cellRanger, "batch"), ["s1", "s2"]);
  assert.deepEqual(dense(cellRanger.X!), [
    [1, 2],
    [7, 8],
  ]);
  // Results may lie beside a matrix that is a folder's.
  checkOutput(await readSamples(join(runs, "s2")), join(runs, "s2", "labelled.h5ad"));
  const single = await readSamples(join(runs, "s1", "outs"));
  assert.deepEqual(dense(single.X!), [[1, 2]]);
});

test("a folder of Zarr stores", async (context) => {
  const folder = temporaryFolder(context);
  for (const version of ["v2", "v3"])
    cpSync(`test/fixtures/zarr/${version}.zarr`, join(folder, `${version}.zarr`), { recursive: true });
  const cells = await readSamples(folder);
  assert.deepEqual(column(cells, "batch"), ["v2", "v2", "v2", "v3", "v3", "v3"]);
  assert.deepEqual(dense(cells.X!).slice(3), [
    [0, 1.5],
    [0, 0],
    [2, 3],
  ]);
  cells.close();
});

test("files of one name are told apart by their folders; one that is given twice, or kinds that are mixed, are refused", async (context) => {
  const folder = temporaryFolder(context);
  for (const donor of ["d1", "d2"]) {
    mkdirSync(join(folder, donor));
    await h5ad(join(folder, donor, "cells.h5ad"), ["a"], [[1]]);
  }
  const [one, two] = ["d1", "d2"].map((donor) => join(folder, donor, "cells.h5ad"));
  assert.deepEqual(
    samplesOf([one, two]).map(({ label }) => label),
    ["d1/cells", "d2/cells"],
  );
  assert.throws(() => samplesOf([one, join(folder, "d1")]), /cells\.h5ad was given twice/);
  cpSync("test/fixtures/zarr/v2.zarr", join(folder, "d1", "v2.zarr"), { recursive: true });
  assert.throws(
    () => samplesOf(join(folder, "d1")),
    /holds 1 \.h5ad files and 1 Zarr stores, perhaps of the same cells/,
  );
  assert.throws(() => samplesOf(folder), /holds no cells that are known here/);
  assert.throws(() => samplesOf([one, join(folder, "none")]), /there is no file .*none/);
});
