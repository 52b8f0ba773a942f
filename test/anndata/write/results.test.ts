import assert from "node:assert/strict";
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { table } from "arquero";

import type { AnnData } from "../../../src/anndata/anndata.js";
import type { DenseArray } from "../../../src/anndata/element.js";
import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { writeResults } from "../../../src/anndata/write/results.js";
import { temporaryFolder } from "../../support/folder.js";
import { python } from "../../support/python.js";
import { differences } from "../support/compare.js";

const FIXTURES = "test/fixtures/h5ad";

/** Labels for all cells, in another order than the file's. */
function predictions(cells: AnnData) {
  const names = [...cells.obsNames].reverse();
  return table({
    cell: names,
    predicted: names.map((_, i) => (i % 2 ? "B cell" : "T cell")),
    confidence: Float32Array.from(names, (_, i) => i / names.length),
    sure: names.map((_, i) => i % 3 === 0),
  });
}

const ADDED = ["obs/predicted", "obs/confidence", "obs/sure", "obsm/X_scgpt", "uns/cellkernel"];

test("results go into a copy in which every part of the input is still there and equal", async (context) => {
  const folder = temporaryFolder(context);
  const files = [
    "csr.h5ad",
    "csc.h5ad",
    "dense.h5ad",
    "gzip_shuffle_fletcher.h5ad",
    "lzf.h5ad",
    "int64.h5ad",
  ];
  const archives = ["v0.5.0", "v0.7.0", "v0.7.8", "v0.11.4"].map(
    (version) => `archives/${version}-adata.h5ad`,
  );
  const pairs: [string, string][] = [];
  for (const name of [...files, ...archives]) {
    const input = join(FIXTURES, name);
    const before = readFileSync(input);
    const out = join(folder, name.replace("/", "-"));
    pairs.push([input, out]);
    const cells = await readH5ad(input);
    const data = Float32Array.from({ length: 2 * cells.nObs }, (_, i) => i / 7);
    await writeResults(cells, out, {
      obs: predictions(cells),
      obsm: { X_scgpt: { data, columns: 2 } },
      uns: { cellkernel: { version: "0.1.0", labels: ["B cell", "T cell"] } },
    });
    assert.ok(readFileSync(input).equals(before), "the input was changed");

    const labelled = await readH5ad(out);
    const n = cells.nObs;
    assert.equal(labelled.obs.get("predicted", n - 1), "T cell");
    assert.equal(labelled.obs.get("predicted", n - 2), "B cell");
    assert.equal(labelled.obs.get("confidence", 0), Math.fround((n - 1) / n));
    assert.equal(labelled.obs.get("sure", n - 1), true);
    assert.deepEqual((labelled.obsm.get("X_scgpt") as DenseArray).data, data);
    labelled.close();
    cells.close();
  }
  for (const [i, found] of differences(pairs).entries()) {
    assert.deepEqual(found.sort(), ADDED.map((key) => `${key}: only in the second`).sort(), pairs[i][0]);
  }
});

test("nothing is written through a link in the copy: what it leads to stays as it is", async (context) => {
  const folder = temporaryFolder(context);
  python("test/anndata/support/elsewhere.py", join(FIXTURES, "csr.h5ad"), folder);
  const cells = await readH5ad(join(folder, "soft.h5ad"));
  const out = join(folder, "out.h5ad");
  const data = new Float32Array(2 * cells.nObs);
  await writeResults(cells, out, { obsm: { X_scgpt: { data, columns: 2 } } });
  cells.close();
  const labelled = await readH5ad(out);
  assert.ok(labelled.obsm.has("X_scgpt") && !labelled.varm.has("X_scgpt"));
  labelled.close();

  // The folder has files of which parts are kept in others as well: none of those is opened.
  const refused =
    /it is kept in another file \((victim\.h5|secret\.bin)\), which is not opened: .*write_h5ad/;
  await assert.rejects(readH5ad(join(folder, "external.h5ad")), refused);
  for (const name of ["through", "raw", "virtual"]) {
    const other = await readH5ad(join(folder, `${name}.h5ad`));
    assert.throws(() => other.uns.get("part"), refused, name);
    other.close();
  }
});

test("a copy has the permissions of a new file, not those of the input", async (context) => {
  if (process.platform === "win32") return context.skip("permissions as Unix has them");
  const folder = temporaryFolder(context);
  const [input, out] = [join(folder, "input.h5ad"), join(folder, "out.h5ad")];
  copyFileSync(join(FIXTURES, "csr.h5ad"), input);
  chmodSync(input, 0o444);
  const before = process.umask(0o027);
  try {
    await writeResults(input, out, { uns: { cellkernel: { version: "0.1.0" } } });
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(out).mode & 0o777, 0o640);
});

test("a key that is there already is replaced, and the rest stays", async (context) => {
  const out = join(temporaryFolder(context), "out.h5ad");
  const input = join(FIXTURES, "csr.h5ad");
  const cells = await readH5ad(input);
  const label = cells.obsNames.map((_, i) => `label ${i % 4}`);
  await writeResults(cells, out, { obs: table({ cell: cells.obsNames, s: label }), uns: { num: 4 } });
  assert.deepEqual(differences([[input, out]]), [["obs/s: dtype object and category", "uns/num: values"]]);
  const again = await readH5ad(out);
  assert.deepEqual(again.categories("s"), ["label 0", "label 1", "label 2", "label 3"]);
  assert.equal(again.uns.get("num"), 4);
  again.close();
  cells.close();
});

test("cells without a result are missing in a partial join, and an error otherwise", async (context) => {
  const out = join(temporaryFolder(context), "out.h5ad");
  const input = join(FIXTURES, "csr.h5ad");
  const some = table({ cell: ["cell3", "cell1"], score: [0.5, 0.25], label: ["x", "y"] });
  await assert.rejects(
    writeResults(input, out, { obs: some }),
    /the table of results lacks 58 of 60 cells, the first cell0/,
  );
  await writeResults(input, out, { obs: some }, { partial: true });
  const cells = await readH5ad(out);
  assert.deepEqual([...(cells.obs.column("score") as Iterable<number>)].slice(0, 4), [
    Number.NaN,
    0.25,
    Number.NaN,
    0.5,
  ]);
  assert.deepEqual([...(cells.obs.column("label") as Iterable<string>)].slice(0, 4), [null, "y", null, "x"]);
  cells.close();
  const strange = table({ cell: ["nobody"], score: [1] });
  await assert.rejects(
    writeResults(input, out, { obs: strange }),
    /no value of column cell is the name of a cell/,
  );
  const twice = table({ cell: ["cell1", "cell1"], score: [1, 2] });
  await assert.rejects(
    writeResults(input, out, { obs: twice }),
    /"cell1" stands more than once in column cell/,
  );
  const added = ["obs/label: only in the second", "obs/score: only in the second"];
  assert.deepEqual(differences([[input, out]]), [added]);
});

test("the input is never the output, and a failure leaves what was there", async (context) => {
  const folder = temporaryFolder(context);
  const input = join(folder, "in.h5ad");
  copyFileSync(join(FIXTURES, "csr.h5ad"), input);
  await assert.rejects(writeResults(input, input, {}), /is the input itself, which is never written to/);
  const out = join(folder, "old.h5ad");
  writeFileSync(out, "an older file");
  const wrong = { obsm: { X: { data: new Float32Array(3), columns: 2 } } };
  await assert.rejects(
    writeResults(input, out, wrong),
    /obsm\/X has 3 values, expected 60 cells × 2 columns/,
  );
  await assert.rejects(
    writeResults(input, out, { uns: { odd: [1, "a"] } }),
    /old\.h5ad could not be written: .*odd: a list of mixed values.*The file that was there is untouched\./,
  );
  assert.equal(readFileSync(out, "utf8"), "an older file");
  assert.deepEqual(readdirSync(folder).sort(), ["in.h5ad", "old.h5ad"]);
});
