import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { preprocess } from "../../src/protocol/preprocess.js";
import { simulate } from "../../src/protocol/simulate.js";

const VOCABULARY = "test/fixtures/preprocess/census_vocab.json";

test("cells that the fixtures do not have: the same genes and as many tokens as scanpy and the published binning", async () => {
  const folder = mkdtempSync(join(tmpdir(), "peers-"));
  try {
    const path = join(folder, "cells.h5ad");
    await simulate(path, { cells: 1500, genes: 5000, seed: 20 });
    const peer = JSON.parse(
      execFileSync(
        ".venv-peers/bin/python",
        ["bench/peers/preprocess.py", path, VOCABULARY, "1000", "3", "0"],
        {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        },
      ),
    ) as { genes: string[]; cells: number; tokens: number };
    const { tokens } = await preprocess(await readH5ad(path), {
      vocabulary: VOCABULARY,
      nHvg: 1000,
      filterGeneByCounts: 3,
    });
    assert.equal(peer.genes.length, 1000);
    assert.deepEqual(tokens.genes, peer.genes);
    assert.deepEqual([tokens.cells, tokens.gene.length], [peer.cells, peer.tokens]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
