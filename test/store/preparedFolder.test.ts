import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { preprocess } from "../../src/protocol/preprocess.js";
import { preprocessFile } from "../../src/protocol/preprocessFile.js";
import { loadPrepared, savePrepared } from "../../src/store/preparedFolder.js";

const folder = mkdtempSync(join(tmpdir(), "prepared-"));
after(() => rmSync(folder, { recursive: true }));
const file = "test/fixtures/preprocess/counts559.h5ad";
const options = {
  batch: "batch",
  cellType: "batch",
  nHvg: 300,
  vocabulary: "test/fixtures/preprocess/census_vocab.json",
};

test("a preparation comes back as it was", async () => {
  const cells = await readH5ad(file);
  const prepared = await preprocess(cells, options);
  cells.close();
  const out = join(folder, "whole");
  savePrepared(prepared, out, { any: "origin" });
  assert.deepEqual(readdirSync(out).sort(), [
    "id2type.json",
    "prepared.json",
    "tokens.safetensors",
    "vocab.json",
  ]);
  assert.deepEqual(JSON.parse(readFileSync(join(out, "id2type.json"), "utf8")), { 0: "b0", 1: "b1" });
  const { vocabulary, ...back } = loadPrepared(out);
  const { vocabulary: before, ...rest } = prepared;
  assert.deepEqual(vocabulary.toJSON(), before.toJSON());
  assert.deepEqual(back, { ...rest, model: undefined });
});

test("the same file and options are not prepared again; others are refused, and nothing is lost", async () => {
  const out = join(folder, "twice");
  const first = await preprocessFile(file, options, out);
  const written = readFileSync(join(out, "tokens.safetensors"));
  const second = await preprocessFile(file, options, out);
  assert.deepEqual([first.reused, second.reused], [false, true]);
  assert.deepEqual({ ...second, reused: false }, first);
  assert.deepEqual(
    [first.cells, first.genes, first.kept, first.vocabulary.matched],
    [559, 9810, { cells: 559, genes: 300 }, 9087],
  );
  assert.equal(first.highlyVariableGenes.length, 300);
  await assert.rejects(
    preprocessFile(file, { ...options, nHvg: 200 }, out),
    /preparation of another file or with other options/,
  );
  assert.deepEqual(readFileSync(join(out, "tokens.safetensors")), written);
});

test("a folder of something else is left alone", async () => {
  const out = join(folder, "other");
  mkdirSync(out);
  writeFileSync(join(out, "thesis.txt"), "years of work");
  await assert.rejects(preprocessFile(file, options, out), /exists and is no preparation/);
  assert.deepEqual(readdirSync(out), ["thesis.txt"]);
});

test("a stopped run leaves nothing, and what a killed one left is cleared", async () => {
  const out = join(folder, "stopped");
  // No process has this id: Linux ends at 2^22.
  mkdirSync(join(folder, ".stopped.99999999-0123456789ab.tmp"));
  const stop = new AbortController();
  const work = preprocessFile(
    file,
    { ...options, signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) },
    out,
  );
  await assert.rejects(work, /enough/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name === "stopped"),
    [],
  );
  await preprocessFile(file, options, out);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("stopped")),
    ["stopped"],
  );
});

test("a cut file of tokens is an error", async () => {
  const out = join(folder, "cut");
  await preprocessFile(file, options, out);
  const path = join(out, "tokens.safetensors");
  writeFileSync(path, readFileSync(path).subarray(0, 50_000));
  assert.throws(() => loadPrepared(out), /tokens\.safetensors is cut short/);
  assert.throws(() => loadPrepared(join(folder, "none")), /holds no preparation/);
});

test("a folder of the version before, and one with a wrong field, are refused: prepare again", async () => {
  const out = join(folder, "before");
  await preprocessFile(file, options, out);
  const path = join(out, "prepared.json");
  const record = JSON.parse(readFileSync(path, "utf8"));
  const refused = (change: object, message: RegExp) => {
    writeFileSync(path, JSON.stringify({ ...record, ...change }));
    assert.throws(() => loadPrepared(out), message);
  };
  refused(
    { format: undefined },
    /prepared\.json is of a version before formats were numbered; this version reads format 1: prepare the cells again/,
  );
  refused({ cellNames: [1, 2] }, /prepared\.json: "cellNames" is \[1,2\]; expected a list of texts/);
  refused({ maxLength: "41" }, /"maxLength" is "41"; expected a number/);
  await assert.rejects(preprocessFile(file, options, out), /"maxLength" is "41"/);
});
