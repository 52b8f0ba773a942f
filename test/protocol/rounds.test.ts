import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { SamplesOptions } from "../../src/anndata/formats/readSamples.js";
import { preprocessFile } from "../../src/protocol/preprocessFile.js";
import type { PreprocessOptions } from "../../src/protocol/preprocessOptions.js";
import { mergePreprocess } from "../../src/protocol/rounds/mergePreprocess.js";
import { planPreprocess } from "../../src/protocol/rounds/planPreprocess.js";
import { mergePreprocessRound, preprocessShard } from "../../src/protocol/rounds/preprocessShard.js";

const folder = mkdtempSync(join(tmpdir(), "cellkernel-rounds-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const COUNTS = "test/fixtures/preprocess/counts559.h5ad";
const vocabulary = "test/fixtures/preprocess/census_vocab.json";
let made = 0;

type Options = PreprocessOptions & SamplesOptions;

/** A preparation by so many shards, each round's in another order; the folder that it came to. */
async function byShards(paths: string | string[], shards: number, options: Options): Promise<string> {
  const name = join(folder, `by-${made++}`);
  const [plan, out] = [`${name}.json`, `${name}.parts`];
  const { rounds } = await planPreprocess(paths, { ...options, shards, out: plan });
  for (const [i, kind] of rounds.entries()) {
    const order = [...Array(shards).keys()].sort((a, b) => ((a * 5 + i) % 8) - ((b * 5 + i) % 8));
    for (const shard of order) await preprocessShard(plan, i + 1, shard, { out });
    if (kind !== "tokens") await mergePreprocessRound(plan, i + 1, out);
  }
  await mergePreprocess(plan, out, { out: name });
  return name;
}

async function whole(paths: string | string[], options: Options): Promise<string> {
  const name = join(folder, `whole-${made++}`);
  await preprocessFile(paths, options, name);
  return name;
}

/** All files of two folders are the same, byte by byte. */
function assertSame(ours: string, theirs: string): void {
  assert.deepEqual(readdirSync(ours).sort(), readdirSync(theirs).sort());
  for (const file of readdirSync(ours)) {
    const [a, b] = [ours, theirs].map((one) => readFileSync(join(one, file)));
    if (!a.equals(b) && file.endsWith(".json"))
      assert.deepEqual(JSON.parse(a.toString()), JSON.parse(b.toString()));
    assert.ok(a.equals(b), `${file} differs`);
  }
}

for (const [what, options] of [
  ["seurat_v3", {}],
  [
    "seurat_v3 with limits, a filter of genes and batches",
    { minGenes: 600, maxPctMt: 12, minCells: 10, batch: "batch" },
  ],
  ["cell_ranger, two batches", { hvgFlavor: "cell_ranger", batch: "batch" }],
  [
    "seurat with filters of genes and cells",
    { hvgFlavor: "seurat", filterGeneByCounts: 20, filterCellByCounts: 2500, batch: "batch" },
  ],
  ["all genes, unexpressed ones too", { nHvg: 0, filterCellByCounts: 9000, includeZeroGene: true }],
] as [string, PreprocessOptions][])
  test(`${what}: by 1, 3 and 8 shards the same folder as at once, byte by byte`, async () => {
    const given = { nHvg: 300, vocabulary, ...options };
    const expected = await whole(COUNTS, given);
    for (const shards of [1, 3, 8]) assertSame(await byShards(COUNTS, shards, given), expected);
  });
