import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cellkernel, cellkernelHere } from "../support/cli.js";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
after(() => rmSync(folder, { recursive: true }));
const counts = "test/fixtures/preprocess/counts559.h5ad";
const vocab = "test/fixtures/preprocess/census_vocab.json";

test("preprocess --json prints one object, and nothing else on stdout", () => {
  const out = join(folder, "prepared");
  const args = [
    "preprocess",
    counts,
    "--out",
    out,
    "--batch",
    "batch",
    "--hvg",
    "2000",
    "--flavor",
    "seurat_v3",
  ];
  const { status, stdout, stderr } = cellkernel(...args, "--vocab", vocab, "--json");
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, 1);
  const result = JSON.parse(stdout);
  assert.deepEqual([result.cells, result.genes], [559, 9810]);
  assert.deepEqual([result.vocabulary.matched, result.vocabulary.of], [9087, 9810]);
  assert.ok(result.vocabulary.countsShare > 0.9 && result.vocabulary.countsShare < 1);
  assert.equal(result.highlyVariableGenes.length, 2000);
  assert.ok(existsSync(join(out, "tokens.safetensors")));
});

test("inspect shows the matrices and the columns", async () => {
  const { status, stdout } = await cellkernelHere("inspect", counts, "--json");
  assert.equal(status, 0);
  const result = JSON.parse(stdout);
  assert.deepEqual([result.cells, result.genes, result.matrices.length], [559, 9810, 1]);
  assert.deepEqual(result.obs, [{ column: "batch", values: 2, examples: ["b0", "b1"] }]);
  assert.match(
    (await cellkernelHere("inspect", "notebooks/data/pbmc68k_reduced.h5ad")).stdout,
    /bulk_labels: 10 values/,
  );
  const files = [counts, "notebooks/data/pbmc68k_reduced.h5ad", "--sample-column", "file"];
  const both = (await cellkernelHere("inspect", ...files)).stdout;
  assert.match(both, /: 1259 cells × [1-9]\d* genes/);
  assert.match(both, /file: 2 values, counts559, pbmc68k_reduced/);
});

test("simulate writes a file and names it simulated", async () => {
  const path = join(folder, "cells.h5ad");
  const { status, stdout } = await cellkernelHere(
    "simulate",
    path,
    "--cells",
    "50",
    "--genes",
    "500",
    "--json",
  );
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout).simulated, true);
  assert.ok(existsSync(path));
});

test("mistakes exit with 2 and a hint, failures with 1", async () => {
  const unknown = cellkernel("preproces");
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /there is no command "preproces".*preprocess {2}makes/s);
  const option = await cellkernelHere("preprocess", counts, "--hvg", "many");
  assert.equal(option.status, 2);
  assert.match(option.stderr, /--hvg is "many"; it must be a number\.\nSee: cellkernel preprocess --help/);
  assert.match(
    (await cellkernelHere("preprocess", counts, "--flavor", "v4")).stderr,
    /must be one of seurat_v3, cell_ranger, seurat/,
  );
  assert.match((await cellkernelHere("preprocess")).stderr, /expected FILE…, got none/);
  assert.match((await cellkernelHere("simulate", "x.h5ad")).stderr, /--cells N is needed/);
  const missing = cellkernel("preprocess", "nowhere.h5ad");
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^cellkernel preprocess: there is no file \/.*nowhere\.h5ad$/m);
  assert.equal(missing.stdout, "");
});

test("help lists every option", async () => {
  const { status, stdout } = await cellkernelHere("preprocess", "--help");
  assert.equal(status, 0);
  for (const name of [
    "--out DIR",
    "--cell-type COLUMN",
    "--batch COLUMN",
    "--hvg N",
    "--flavor NAME",
    "--vocab FILE",
    "--json",
  ])
    assert.ok(stdout.includes(name), name);
});

test("a command that is none is named, also where JavaScript knows the word", async () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const { status, stderr } = await cellkernelHere(name);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^cellkernel: there is no command "${name}"`));
  }
});

test("what a file or a path says does not command the terminal", () => {
  const { status, stderr } = cellkernel("inspect", "\u001b]0;title\u0007\u202ename.h5ad");
  assert.equal(status, 1);
  assert.match(stderr, /□\]0;title□□name\.h5ad/);
  assert.doesNotMatch(stderr, /\p{Cc}(?<!\n)|\u202e/u);
});

const limited = process.platform === "win32" && "Windows has no ulimit";
test("too few open files are said to be that", { skip: limited }, () => {
  const command = `ulimit -n 64; exec "${process.execPath}" dist/src/cli/main.js inspect ${counts}`;
  const { status, stderr } = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /^cellkernel inspect: this system allows too few open files .*ulimit -n 1024/);
});
