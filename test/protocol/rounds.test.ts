import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { table } from "arquero";
import { subset } from "../../src/anndata/edit/subset.js";
import type { SamplesOptions } from "../../src/anndata/formats/readSamples.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { H5adWriter, writeH5ad } from "../../src/anndata/write/h5ad.js";
import { preprocessFile } from "../../src/protocol/preprocessFile.js";
import type { PreprocessOptions } from "../../src/protocol/preprocessOptions.js";
import { mergePreprocess } from "../../src/protocol/rounds/mergePreprocess.js";
import { planPreprocess } from "../../src/protocol/rounds/planPreprocess.js";
import { mergePreprocessRound, preprocessShard } from "../../src/protocol/rounds/preprocessShard.js";
import { simulate } from "../../src/protocol/simulate.js";
import { loadPrepared } from "../../src/store/preparedFolder.js";
import { Vocabulary } from "../../src/tokenize/vocabulary.js";
import { denseMatrix } from "../preprocess/matrix.js";

const folder = mkdtempSync(join(tmpdir(), "cellkernel-rounds-"));
after(() => rmSync(folder, { recursive: true, force: true }));
/** 559 real cells, some of their genes. */
const COUNTS = join(folder, "counts.h5ad");
before(async () => {
  const all = await readH5ad("test/fixtures/preprocess/counts559.h5ad");
  await writeH5ad(subset(all, { genes: all.varNames.slice(0, 1200) }), COUNTS);
  const known = all.varNames.slice(0, 1100).filter((_, gene) => gene % 7 > 0);
  vocabulary = new Vocabulary(known.map((gene, id) => [gene, id]));
  all.close();
});
let vocabulary: Vocabulary;
let made = 0;

type Options = PreprocessOptions & SamplesOptions;

/**
 * A preparation by so many shards, each round's in another order; the folder that it came to.
 * @param readAgain gets the stages of the readings that a merge made
 */
async function byShards(
  paths: string | string[],
  shards: number,
  options: Options,
  readAgain = new Set<string>(),
): Promise<string> {
  const name = join(folder, `by-${made++}`);
  const [plan, out] = [`${name}.json`, `${name}.parts`];
  const { rounds } = await planPreprocess(paths, { ...options, shards, out: plan });
  for (const [i, kind] of rounds.entries()) {
    const order = [...Array(shards).keys()].sort((a, b) => ((a * 5 + i) % 8) - ((b * 5 + i) % 8));
    for (const shard of order) await preprocessShard(plan, i + 1, shard, { out });
    if (kind !== "tokens")
      await mergePreprocessRound(plan, i + 1, out, { onProgress: ({ stage }) => readAgain.add(stage) });
  }
  await mergePreprocess(plan, out, { out: name });
  return name;
}

async function whole(paths: string | string[], options: Options): Promise<string> {
  const name = join(folder, `whole-${made++}`);
  await preprocessFile(paths, options, name);
  return name;
}

/** All files of two folders are the same, byte by byte; but for what the file system says of a file that is a moment old. */
function assertSame(ours: string, theirs: string): void {
  assert.deepEqual(readdirSync(ours).sort(), readdirSync(theirs).sort());
  for (const file of readdirSync(ours)) {
    const [a, b] = [ours, theirs].map((one) => {
      const text = readFileSync(join(one, file)).toString("latin1");
      return file === "prepared.json" ? text.replace(/"stamps":\[[^\]]*\]/g, "") : text;
    });
    const first = [...a].findIndex((character, i) => character !== b[i]);
    assert.ok(
      a === b,
      `${file} differs: ${a.slice(first - 80, first + 80)} is not ${b.slice(first - 80, first + 80)}`,
    );
  }
}

for (const [what, options] of [
  ["seurat_v3", {}],
  [
    "seurat_v3 with limits, a filter of genes and batches",
    { minGenes: 60, maxCounts: 900, minCells: 10, batch: "batch" },
  ],
  ["cell_ranger, two batches", { hvgFlavor: "cell_ranger", batch: "batch" }],
  [
    "seurat with filters of genes and cells",
    { hvgFlavor: "seurat", filterGeneByCounts: 20, filterCellByCounts: 150, batch: "batch" },
  ],
  ["all genes, unexpressed ones too", { nHvg: 0, filterCellByCounts: 600, includeZeroGene: true }],
] as [string, PreprocessOptions][])
  test(`${what}: by 1, 3 and 8 shards the same folder as at once, byte by byte`, async () => {
    const given = { nHvg: 300, vocabulary, ...options };
    const expected = await whole(COUNTS, given);
    for (const shards of [1, 3, 8]) assertSame(await byShards(COUNTS, shards, given), expected);
  });

/** Writes rows of values to a file, with columns of `obs` where they are given. */
async function fileOf(name: string, rows: number[][], obs?: Record<string, unknown[]>): Promise<string> {
  const path = join(folder, name);
  const columns = rows[0].length;
  const writer = await H5adWriter.create(path, columns);
  for (const block of denseMatrix(rows).blocks()) writer.append(block);
  await writer.close({
    obsNames: rows.map((_, i) => `c${i}`),
    varNames: Array.from({ length: columns }, (_, i) => `G${i}`),
    obs: obs && table(obs),
  });
  return path;
}

test("several files, genes that not all have and columns of one gene: by shards as at once", async () => {
  const files = [1, 2, 3].map((seed) => join(folder, `sample${seed}.h5ad`));
  for (const [i, path] of files.entries())
    await simulate(path, {
      cells: 40 + 7 * i,
      genes: 80 + 10 * i,
      types: 3,
      markers: 8,
      seed: i,
      librarySize: 200,
    });
  const options: Options = {
    ...{
      nHvg: 20,
      cellType: "cell_type",
      batch: "donor",
      sampleColumn: "donor",
      join: "outer",
      duplicates: "sum",
    },
  };
  assertSame(await byShards(files, 4, options), await whole(files, options));
});

test("a file of mixed depth, of which one shard alone looks logged, is taken as the whole is", async () => {
  // Half the rows are counts, the others what log1p makes of cells of one total.
  const counts = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: 50 }, (_, j) => (i * 7 + j * 3) % 13),
  );
  const logged = counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => Math.log1p((1e4 * count) / total));
  });
  const alone = await whole(await fileOf("logged.h5ad", logged), { nHvg: 10 });
  assert.ok(loadPrepared(alone).recipe.logged);
  const mixed = await fileOf("mixed.h5ad", [...counts, ...logged]);
  for (const hvgFlavor of ["seurat_v3", "seurat"] as const) {
    const expected = await whole(mixed, { nHvg: 10, hvgFlavor });
    assert.ok(!loadPrepared(expected).recipe.logged);
    assertSame(await byShards(mixed, 2, { nHvg: 10, hvgFlavor }), expected);
  }
});

test("a matrix that a sample misjudges is gone over once more when the statistics are merged", async () => {
  // 2,000 genes wide, so that the sample leaves row 450 out.
  const rest = new Array<number>(1990).fill(0);
  const rows = Array.from({ length: 1000 }, (_, i) => [
    i % 3,
    (i * 7) % 5,
    1,
    i % 2,
    (i * i) % 7,
    (i * 3) % 4,
    0,
    0,
    1,
    2,
    ...rest,
  ]);
  rows[450] = [0.5, 1.25, 0, 3, 1, 0, 0, 0, 0, 2, ...rest];
  const path = await fileOf("misjudged.h5ad", rows);
  // Of values that are no counts, genes are filtered before they are normalised.
  for (const options of [{ nHvg: 3 }, { nHvg: 3, filterGeneByCounts: 600 }]) {
    const expected = await whole(path, options);
    assert.equal(loadPrepared(expected).genes.variability?.flavor, "cell_ranger");
    const stages = new Set<string>();
    assertSame(await byShards(path, 3, options, stages), expected);
    assert.ok(stages.has("counting"));
  }
  // Of values that are no counts, a column of obs says how many a cell has. A part that was lost is made anew by it, too.
  const options = { nHvg: 3, maxCounts: 20 };
  const limited = await fileOf("limited.h5ad", rows, { total_counts: rows.map((_, i) => i % 40) });
  const expected = await whole(limited, options);
  assert.equal(loadPrepared(expected).tokens.cells, 525);
  const [plan, out, merged] = ["json", "parts", "merged"].map((end) => join(folder, `limited.${end}`));
  await planPreprocess(limited, { ...options, shards: 2, out: plan });
  const parts = [];
  for (const shard of [0, 1]) parts.push(await preprocessShard(plan, 1, shard, { out }));
  await mergePreprocessRound(plan, 1, out);
  rmSync(parts[0].path);
  for (const round of [1, 2]) for (const shard of [0, 1]) await preprocessShard(plan, round, shard, { out });
  await mergePreprocess(plan, out, { out: merged });
  assertSame(merged, expected);
});

test("counts of more batches than a table holds are read once more when the statistics are merged", async () => {
  // 5,000 genes × 840 batches pass what is tabulated; few genes are expressed.
  const zeros = new Array<number>(4980).fill(0);
  const rows = Array.from({ length: 878 }, (_, i) => [
    ...Array.from({ length: 20 }, (_, j) => (i * (j + 2) + j) % 9),
    ...zeros,
  ]);
  // Most batches are of one cell, and so without a say.
  const path = await fileOf("batches.h5ad", rows, {
    batch: rows.map((_, i) => `b${i < 838 ? i : 838 + (i % 2)}`),
  });
  const options = { nHvg: 5, batch: "batch" };
  const stages = new Set<string>();
  assertSame(await byShards(path, 2, options, stages), await whole(path, options));
  assert.deepEqual([...stages], ["clipping"]);
});

test("what is wrong with parts, rounds and shards is said by name, and nothing is written", async () => {
  const [plan, out] = [join(folder, "wrong.json"), join(folder, "wrong.parts")];
  const own = join(folder, "own.h5ad");
  copyFileSync(COUNTS, own);
  await assert.rejects(
    planPreprocess(own, { nHvg: 100, shards: 600, out: plan }),
    /option shards is 600; expected a whole number from 1 to 559/,
  );
  await assert.rejects(planPreprocess(own, { maxPctMt: -1, shards: 2, out: plan }), /maxPctMt/);
  assert.ok(!existsSync(plan));
  await assert.rejects(planPreprocess(own, { shards: 2, out: own }), /own\.h5ad is the input itself/);
  await planPreprocess(own, { nHvg: 100, shards: 2, out: plan });
  await assert.rejects(
    preprocessShard(plan, 3, 0, { out }),
    /there is no round 3: the plan has rounds 1 to 2/,
  );
  await assert.rejects(
    preprocessShard(plan, 1, 2, { out }),
    /there is no shard 2: the plan has shards 0 to 1/,
  );
  await assert.rejects(
    preprocessShard(plan, 2, 0, { out }),
    /chosen.safetensors is missing: put the parts of round 1 together first/,
  );
  const { path } = await preprocessShard(plan, 1, 0, { out });
  await assert.rejects(mergePreprocessRound(plan, 1, out), /part\.00001\.statistics\.safetensors is missing/);
  await preprocessShard(plan, 1, 1, { out });
  // There already and whole: nothing is done, the file keeps its time.
  const { mtimeMs } = statSync(path);
  assert.ok((await preprocessShard(plan, 1, 0, { out })).skipped);
  assert.equal(statSync(path).mtimeMs, mtimeMs);
  const bytes = readFileSync(path);
  bytes[bytes.length - 2000] ^= 1;
  writeFileSync(path, bytes);
  await assert.rejects(mergePreprocessRound(plan, 1, out), /part\.00000\.statistics\.safetensors is damaged/);
  assert.ok(!(await preprocessShard(plan, 1, 0, { out })).skipped);
  await mergePreprocessRound(plan, 1, out);
  await assert.rejects(mergePreprocessRound(plan, 2, out), /round 2 is the last/);
  await assert.rejects(
    mergePreprocess(plan, out, { out: join(folder, "none") }),
    /part\.00000\.tokens\.safetensors is missing/,
  );

  // Stopped in the middle: no part, and no rest of one.
  const controller = new AbortController();
  const stopped = preprocessShard(plan, 2, 0, {
    out,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await assert.rejects(stopped, { name: "AbortError" });
  assert.deepEqual(
    readdirSync(out).filter((name) => /tokens.*safetensors/.test(name)),
    [],
  );

  const other = join(folder, "other.json");
  await planPreprocess(own, { nHvg: 101, shards: 2, out: other });
  await assert.rejects(preprocessShard(other, 1, 0, { out }), /is a part of another plan/);
  copyFileSync("test/fixtures/preprocess/counts559.h5ad", own);
  await assert.rejects(
    preprocessShard(plan, 2, 1, { out }),
    /own\.h5ad is another file than when the plan was made/,
  );
  assert.ok(!existsSync(join(folder, "none")));
});
