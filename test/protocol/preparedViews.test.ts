import assert from "node:assert/strict";
import { test } from "node:test";
import { readH5ad } from "../../src/index.js";
import {
  plotQuality,
  plotVariableGenes,
  plotViolins,
  preparedView,
} from "../../src/protocol/preparedViews.js";
import { preprocess } from "../../src/protocol/preprocess.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const MIME = Symbol.for("Jupyter.mime");

test("prepared cells show what was kept, and every note", async () => {
  const cells = await readH5ad("test/fixtures/preprocess/counts559.h5ad");
  const ready = await preprocess(cells, {
    nHvg: 300,
    vocabulary: "test/fixtures/preprocess/census_vocab.json",
  });
  cells.close();
  const text = preparedView(ready)["text/plain"] as string;
  // 9,087 of 9,810 genes: what scanpy finds.
  for (const said of ["559 of 559", "9087 of 9810", "300 of 9810", ...ready.notes])
    assert.ok(text.includes(said), `${said} is missing from\n${text}`);
  const quality = (await plotQuality(ready)[MIME]())["application/vnd.vegalite.v5+json"];
  assert.match(JSON.stringify(quality), /counts per cell/);
  const lines = ((await plotQuality(ready)[MIME]())["text/plain"] as string).split("\n");
  // numpy: median, least and most of (adata.X > 0).sum(axis=0).
  assert.equal(lines.at(-1), "cells per gene: median 75, from 4 to 559 (9810 genes)");
  // numpy: quantiles of the cells of batch b1.
  const violins = ((await plotViolins(ready, { by: "batch" })[MIME]())["text/plain"] as string).split("\n");
  assert.equal(violins[1], "genes per cell, b1: median 1191, quartiles 799 to 2628 (223 cells)");
  assert.throws(() => plotViolins(ready, { by: "donor" }), /by is "donor", but .* they have batch$/);
  const variable = (await plotVariableGenes(ready)[MIME]())["application/vnd.vegalite.v5+json"];
  assert.match(JSON.stringify(variable), /standardised variance/);
});

test("what is not known can't be plotted, and this is said", async () => {
  const ready = preparedCells(await tinyModel());
  assert.throws(() => plotQuality(ready), /simulated\.h5ad holds no counts, and its obs no quality figures/);
  assert.throws(() => plotVariableGenes(ready), /all genes were kept \(the option nHvg is 0\)/);
});
