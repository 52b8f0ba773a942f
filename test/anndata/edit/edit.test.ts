import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { table } from "arquero";

import type { AnnData } from "../../../src/anndata/anndata.js";
import type { Value } from "../../../src/anndata/columns.js";
import { concatenate } from "../../../src/anndata/edit/concatenate.js";
import { downsample } from "../../../src/anndata/edit/downsample.js";
import { setObs } from "../../../src/anndata/edit/setObs.js";
import { subset } from "../../../src/anndata/edit/subset.js";
import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { writeH5ad } from "../../../src/anndata/write/h5ad.js";
import { temporaryFolder } from "../../support/folder.js";
import { python } from "../../support/python.js";
import { cellsOf } from "../support/cells.js";
import { differences } from "../support/compare.js";
import { dense } from "../support/dense.js";

const FIXTURES = "test/fixtures/h5ad";
const GENES = ["ENSG00000000003", "ENSG00000000017", "ENSG00000000030"];

function column(cells: AnnData, name: string): Value[] {
  return [...(cells.obs.column(name) as Iterable<Value>)];
}

test("subsets and concatenations, written, are to anndata what it makes itself", async (context) => {
  const folder = temporaryFolder(context);
  const formats = ["csr", "csc", "dense"];
  python("test/anndata/support/edit.py", FIXTURES, folder, ...formats);
  const pairs: [string, string][] = [];
  const compare = async (name: string, cells: AnnData) => {
    const ours = join(folder, `our-${name}.h5ad`);
    await writeH5ad(cells, ours);
    pairs.push([join(folder, `${name}.h5ad`), ours]);
  };
  for (const format of formats) {
    const cells = await readH5ad(join(FIXTURES, `${format}.h5ad`));
    const { obsNames, varNames } = cells;
    const wanted = ({ stage, n }: Record<string, Value>) => stage === "lo" && (n as number) > 20;
    await compare(`${format}-subset`, subset(cells, { cells: wanted, genes: GENES }));
    const one = subset(cells, { cells: obsNames.slice(0, 25), genes: varNames.slice(0, 30) });
    const two = subset(cells, { cells: obsNames.slice(20), genes: varNames.slice(10) });
    for (const how of ["inner", "outer"] as const) {
      await compare(`${format}-${how}`, concatenate([one, two], { join: how, labels: ["one", "two"] }));
    }
    cells.close();
  }
  for (const [i, found] of differences(pairs).entries()) {
    const [file] = pairs[i];
    // anndata drops the categories that are no longer used; ours stay, as in pandas. Its concatenation
    // leaves out the columns of var, ours a data frame in obsm.
    const wanted = file.endsWith("subset.h5ad")
      ? ["obs/stage: dtype category and category"]
      : [
          "obsm/frame: only in the first",
          "raw/var/feature_name: only in the second",
          "var/feature_name: only in the second",
        ];
    assert.deepEqual(found, wanted, file);
  }
});

describe("subset", () => {
  test("rows are the same however many are read at a time, from any start", async () => {
    const cells = await readH5ad(join(FIXTURES, "csr.h5ad"));
    const view = subset(cells, { cells: (_, __, number) => number % 3 === 1 });
    const all = dense(cells.X!);
    const wanted = all.filter((_, i) => i % 3 === 1);
    for (const rows of [1, 2, 7, 1000]) assert.deepEqual(dense(view.X!, rows), wanted);
    const [block] = [...view.X!.blocks({ start: 4, end: 6 })];
    assert.deepEqual([block.start, block.rows], [4, 2]);
    const again = subset(view, { cells: view.obsNames.slice(-3) });
    assert.deepEqual(dense(again.X!), wanted.slice(-3));
    assert.deepEqual(dense(view.raw!.X), wanted);
    cells.close();
  });

  test("categories keep their order, also those without cells", async () => {
    const cells = await readH5ad(join(FIXTURES, "csr.h5ad"));
    const view = subset(cells, { cells: ({ cell_type }) => cell_type === "T" });
    assert.ok(view.nObs > 0 && column(view, "cell_type").every((value) => value === "T"));
    assert.deepEqual(view.categories("cell_type"), ["B", "NK μ", "T"]);
    assert.deepEqual(view.obsm.get("X_pca") && (view.obsm.get("X_pca") as { shape: number[] }).shape, [
      view.nObs,
      5,
    ]);
    cells.close();
  });

  test("names that are not there are errors", () => {
    const cells = cellsOf([[1, 2]]);
    assert.throws(
      () => subset(cells, { cells: ["c0", "c7"] }),
      /1 of 2 cell names are not in the data, the first "c7"/,
    );
    assert.throws(
      () => subset(cells, { genes: ["TP53"] }),
      /1 of 1 gene names are not in the data, the first "TP53"/,
    );
  });
});

describe("setObs", () => {
  const cells = cellsOf([[1], [2], [3]], { obs: table({ type: ["a", "b", "c"] }) });

  test("a table is joined by cell name, in whatever order its rows are", () => {
    const view = setObs(cells, table({ cell: ["c2", "c0", "c1"], type: ["z", "x", "y"], age: [2, 0, 1] }));
    assert.deepEqual(column(view, "type"), ["x", "y", "z"]);
    assert.deepEqual(column(view, "age"), [0, 1, 2]);
    assert.deepEqual(column(cells, "type"), ["a", "b", "c"]);
  });

  test("a CSV file as pandas writes it, and a TSV file", (context) => {
    const folder = temporaryFolder(context);
    const csv = join(folder, "labels.csv");
    writeFileSync(csv, ',donor,score\nc0,"D1, left",0.5\nc2,D2,1\nc1,D1,2.5\n');
    assert.deepEqual(column(setObs(cells, csv), "donor"), ["D1, left", "D1", "D2"]);
    assert.deepEqual(column(setObs(cells, csv), "score"), [0.5, 2.5, 1]);
    const tsv = join(folder, "labels.tsv");
    writeFileSync(tsv, "donor\tcell\nD1\tc0\nD2\tc1\n");
    const view = setObs(cells, tsv, { key: "cell", partial: true });
    assert.deepEqual(column(view, "donor"), ["D1", "D2", null]);
    assert.throws(
      () => setObs(cells, tsv, { key: "barcode" }),
      /labels\.tsv has no column "barcode"\. Its columns are/,
    );
    assert.throws(() => setObs(cells, tsv, { key: "cell" }), /labels\.tsv lacks 1 of 3 cells, the first c2/);
  });

  test("names that look like numbers stay names, and repeated cells cannot be joined", (context) => {
    const path = join(temporaryFolder(context), "labels.csv");
    writeFileSync(path, "cell,label\n007,x\n7,y\n");
    const numbered = cellsOf([[1], [2]], { obsNames: ["7", "007"] });
    assert.deepEqual(column(setObs(numbered, path), "label"), ["y", "x"]);
    const twins = cellsOf([[1], [2]], { obsNames: ["7", "7"] });
    assert.throws(
      () => setObs(twins, path),
      /Cell names must be unique to join .*labels\.csv by them, but "7" repeats/,
    );
  });
});

describe("downsample", () => {
  const types = Array.from({ length: 100 }, (_, i) =>
    i < 60 ? "many" : i < 95 ? "some" : i < 99 ? "few" : null,
  );
  const cells = cellsOf(
    types.map((_, i) => [i + 1]),
    { obs: table({ type: types }) },
  );

  test("classes keep at most so many cells, the same ones for the same seed", () => {
    const view = downsample(cells, "type", 10, 1);
    const kept = column(view, "type");
    const count = (type: string) => kept.filter((value) => value === type).length;
    assert.deepEqual([kept.length, count("many"), count("some"), count("few")], [24, 10, 10, 4]);
    assert.deepEqual(downsample(cells, "type", 10, 1).obsNames, view.obsNames);
    assert.notDeepEqual(downsample(cells, "type", 10, 2).obsNames, view.obsNames);
    assert.deepEqual(
      dense(view.X!).flat(),
      view.obsNames.map((name) => Number(name.slice(1)) + 1),
    );
  });

  test("a column that is not there, and a number that makes no sense, are errors", () => {
    assert.throws(
      () => downsample(cells, "celltype", 10),
      /cells\.h5ad has no obs column "celltype"\. Its columns are: type\./,
    );
    assert.throws(() => downsample(cells, "type", 0), /1 or more; got 0/);
  });
});

describe("concatenate", () => {
  test("parts without genes in common, repeated genes and labels are errors", () => {
    const one = cellsOf([[1, 2]]);
    const two = cellsOf([[3]], { varNames: ["other"] });
    assert.throws(() => concatenate([one, two]), /no gene in common/);
    const twice = cellsOf([[3, 4, 5]], { varNames: ["g0", "g0", "g1"] });
    assert.throws(
      () => concatenate([one, twice]),
      /Gene names must be unique to join by them, but "g0" repeats in part 1/,
    );
    assert.throws(
      () => concatenate([one, one], { labels: ["a", "a"] }),
      /2 parts need as many different labels/,
    );
    assert.throws(() => concatenate([]), /nothing to concatenate/);
  });

  test("names stay where they do not repeat", () => {
    const one = cellsOf([[1, 2]], { obsNames: ["a"] });
    const two = cellsOf([[3, 4]], { obsNames: ["b"] });
    const both = concatenate([one, two], { batch: "donor", labels: ["D1", "D2"] });
    assert.deepEqual(both.obsNames, ["a", "b"]);
    assert.deepEqual(column(both, "donor"), ["D1", "D2"]);
    assert.deepEqual(dense(both.X!), [
      [1, 2],
      [3, 4],
    ]);
  });
});
