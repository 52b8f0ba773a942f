import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { simulate } from "../../src/protocol/simulate.js";
import { Vocabulary } from "../../src/tokenize/vocabulary.js";

const folder = mkdtempSync(join(tmpdir(), "simulate-"));
after(() => rmSync(folder, { recursive: true }));

test("a simulated file is a file of counts, and says that it is simulated", async () => {
  const path = join(folder, "cells.h5ad");
  const result = await simulate(path, { cells: 1500, genes: 600, types: 3, markers: 20, seed: 2 });
  assert.equal(result.simulated, true);
  const cells = await readH5ad(path);
  assert.deepEqual([cells.nObs, cells.nVars], [1500, 600]);
  const vocabulary = Vocabulary.fromFile("test/fixtures/preprocess/census_vocab.json");
  assert.ok(cells.varNames.every((name) => vocabulary.has(name)));
  assert.equal(new Set(cells.varNames).size, 600);
  assert.ok(cells.varNames.includes("MT-CO1"));
  assert.equal(cells.obsNames[0], "simulated_1");
  assert.deepEqual(cells.categories("cell_type"), [
    "simulated type 1",
    "simulated type 2",
    "simulated type 3",
  ]);
  let nonZeros = 0;
  for (const { data } of cells.X!.blocks()) {
    nonZeros += data.length;
    assert.ok(data.every((value) => value > 0 && Number.isInteger(value)));
  }
  assert.equal(nonZeros, result.nonZeros);
  assert.ok(JSON.stringify(cells.uns.get("simulation"), replacer).includes("no real cells"));
  cells.close();
});

function replacer(_: string, value: unknown) {
  if (value instanceof Map) return Object.fromEntries(value);
  return ArrayBuffer.isView(value) ? [] : value;
}

test("a stopped simulation leaves nothing", async () => {
  const stop = new AbortController();
  const path = join(folder, "stopped.h5ad");
  const work = simulate(path, {
    cells: 1e6,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error("enough")),
  });
  await assert.rejects(work, /enough/);
  assert.equal(existsSync(path), false);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("stopped")),
    [],
  );
});

test("more genes than there are names is an error", async () => {
  await assert.rejects(
    simulate(join(folder, "x.h5ad"), { cells: 5, genes: 1e6 }),
    /genes is 1000000; .*has names for 1 to 60694/,
  );
});
