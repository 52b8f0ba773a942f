import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { openModel } from "../../src/protocol/model.js";
import { preprocess } from "../../src/protocol/preprocess.js";
import { preprocessFile } from "../../src/protocol/preprocessFile.js";
import { readInput, stampsOf } from "../../src/store/inputs.js";
import { loadPrepared, savePrepared } from "../../src/store/preparedFolder.js";

const folder = mkdtempSync(join(tmpdir(), "prepared-"));
after(() => rmSync(folder, { recursive: true }));
const file = "test/fixtures/preprocess/counts559.h5ad";
/** Every fourth gene of the census's: the whole is read for as long as all else takes. */
const census = JSON.parse(readFileSync("test/fixtures/preprocess/census_vocab.json", "utf8"));
const fourth = Object.keys(census).filter((name, i) => i % 4 === 0 || name.startsWith("<"));
const vocabulary = join(folder, "vocabulary.json");
writeFileSync(vocabulary, JSON.stringify(Object.fromEntries(fourth.map((name, id) => [name, id]))));
const options = { batch: "batch", cellType: "batch", nHvg: 300, vocabulary };

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
    [559, 9810, { cells: 559, genes: 300 }, 2284],
  );
  assert.equal(first.highlyVariableGenes.length, 300);
  await assert.rejects(
    preprocessFile(file, { ...options, nHvg: 200 }, out),
    /preparation of another file or with other options/,
  );
  assert.deepEqual(readFileSync(join(out, "tokens.safetensors")), written);
});

test("several files are prepared as one, and known again by all of them, their names and their order", async () => {
  const [one, two] = ["one.h5ad", "two.h5ad"].map((name) => join(folder, name));
  for (const path of [one, two]) cpSync(file, path);
  const out = join(folder, "several");
  const several = { ...options, sampleColumn: "file", batch: "file" };
  const first = await preprocessFile([one, two], several, out);
  assert.deepEqual([first.cells, first.genes, first.batches], [1118, 9810, ["one", "two"]]);
  assert.equal((await preprocessFile([one, two], several, out)).reused, true);
  for (const [paths, other] of [
    [[two, one], several],
    [[one], several],
    [[one, two], { ...several, join: "outer" as const }],
  ] as const)
    await assert.rejects(
      preprocessFile(paths, other, out),
      /preparation of another file or with other options/,
    );
  await assert.rejects(preprocessFile([one, two], options), /one\.h5ad has an obs column "batch" already/);
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

test("every part of a preparation is checked: another, a cut or a missing one is refused by name", async () => {
  const out = join(folder, "parts");
  await preprocessFile(file, options, out);
  for (const part of ["tokens.safetensors", "vocab.json", "id2type.json"]) {
    const path = join(out, part);
    const kept = readFileSync(path);
    const another = Buffer.from(kept);
    another[another.length - 2] ^= 1;
    for (const damaged of [another, kept.subarray(0, kept.length / 2)]) {
      writeFileSync(path, damaged);
      assert.throws(
        () => loadPrepared(out),
        new RegExp(`${part} is not the file that was written with this folder: prepare the cells again`),
      );
    }
    rmSync(path);
    assert.throws(() => loadPrepared(out), new RegExp(`parts is not whole: ${part} is missing`));
    writeFileSync(path, kept);
  }
  loadPrepared(out);
  assert.throws(() => loadPrepared(join(folder, "none")), /holds no preparation/);
});

test("a preparation is recognised by what it was made of, wherever that is and whatever it is called", async () => {
  const [data, out] = [join(folder, "data"), join(folder, "recognised")];
  mkdirSync(data);
  const [cells, model] = [join(data, "cells.h5ad"), join(data, "model")];
  cpSync(file, cells);
  mkdirSync(model);
  const args = { embsize: 16, nheads: 2, d_hid: 16, nlayers: 1, n_bins: 51 };
  const genes = Object.keys(JSON.parse(readFileSync(options.vocabulary, "utf8")));
  const write = (change: object, names = genes) => {
    writeFileSync(join(model, "args.json"), JSON.stringify({ ...args, ...change }));
    writeFileSync(
      join(model, "vocab.json"),
      JSON.stringify(Object.fromEntries(names.map((name, id) => [name, id]))),
    );
  };
  const again = async (path = cells, more = {}) =>
    (
      await preprocessFile(
        path,
        { cellType: "batch", nHvg: 300, model: await openModel(model), ...more },
        out,
      )
    ).reused;
  write({});
  assert.equal(await again(), false);
  assert.equal(await again(), true);
  assert.equal(
    await again(cells, { nHvg: 300, seed: 0 }),
    true,
    "defaults that are said are the same options",
  );
  // The same bytes elsewhere, or touched, are the same cells.
  cpSync(cells, join(data, "renamed.h5ad"));
  assert.equal(await again(join(data, "renamed.h5ad")), true);
  utimesSync(cells, 1, 1);
  assert.equal(await again(), true);
  // Other bytes of the same length, with the old times put back, are others.
  const { atime, mtime } = statSync(cells);
  const bytes = readFileSync(cells);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(cells, bytes);
  utimesSync(cells, atime, mtime);
  await assert.rejects(again(), /preparation of another file/);
  cpSync(file, cells);
  // The model's place is the same, its content is not.
  write({ n_bins: 31 });
  await assert.rejects(again(), /or for another model/);
  write({}, genes.slice(0, 9000));
  await assert.rejects(again(), /or for another model/);
  write({});
  assert.equal(await again(), true);
});

test("a file whose hash is recorded is read again only where it was touched", async () => {
  const path = join(folder, "touched.bin");
  writeFileSync(path, "cells");
  const known = { sha256: "recorded", stamps: stampsOf(path) };
  assert.equal((await readInput(path, [known])).sha256, "recorded");
  const { atime, mtime } = statSync(path);
  writeFileSync(path, "CELLS");
  utimesSync(path, atime, mtime);
  const found = await readInput(path, [known]);
  // sha256sum of "CELLS"
  assert.equal(found.sha256, "38d7a9333a46f398a545a9cc53b08b0384deb188e77980f5c4538af0bc69de28");
  assert.deepEqual(found.stamps, [], "what is so new may change again within the clock's tick");
});

test("of a Matrix Market folder, matrices, barcodes and features are the content", async () => {
  const mtx = join(folder, "mtx");
  mkdirSync(mtx);
  for (const name of ["matrix.mtx", "barcodes.tsv", "features.tsv"]) writeFileSync(join(mtx, name), name);
  const { sha256 } = await readInput(mtx);
  writeFileSync(join(mtx, "notes.txt"), "mine");
  assert.equal((await readInput(mtx)).sha256, sha256);
  writeFileSync(join(mtx, "features.tsv"), "others");
  assert.notEqual((await readInput(mtx)).sha256, sha256);
  // As STARsolo has the counts for velocyto.
  writeFileSync(join(mtx, "spliced.mtx"), "1 1 5");
  const { sha256: ofParts } = await readInput(mtx);
  writeFileSync(join(mtx, "spliced.mtx"), "1 1 6");
  assert.notEqual((await readInput(mtx)).sha256, ofParts);
  await assert.rejects(readInput(join(folder, "nowhere")), /nowhere does not exist/);
});

test("a model that was given by a relative path is found from another folder", async () => {
  const out = join(folder, "relative");
  const model = await openModel("notebooks/models/small");
  await preprocessFile("notebooks/data/pbmc68k_reduced.h5ad", { nHvg: 100, model }, out);
  const prepared = loadPrepared(out);
  assert.equal(prepared.model!.folder, resolve("notebooks/models/small"));
});

test("a file that is written to while it is read is not prepared", async () => {
  const path = join(folder, "growing.h5ad");
  cpSync(file, path);
  const out = join(folder, "growing");
  const touched = preprocessFile(path, { ...options, onProgress: () => utimesSync(path, 1, 1) }, out);
  await assert.rejects(touched, /growing\.h5ad was written to while it was read/);
  assert.ok(!existsSync(out));
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
