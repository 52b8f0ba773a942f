import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { log1p } from "../../src/preprocess/log1p.js";
import { normalizeTotal } from "../../src/preprocess/normalizeTotal.js";
import { preprocess } from "../../src/protocol/preprocess.js";
import type { PreprocessProgress } from "../../src/protocol/preprocessOptions.js";
import { Random } from "../../src/support/random.js";
import { binValues } from "../../src/tokenize/bin.js";
import { cellKey, geneKeys } from "../../src/tokenize/cellKey.js";
import { Vocabulary } from "../../src/tokenize/vocabulary.js";
import { expected } from "../preprocess/expected.js";
import { counts559, denseMatrix } from "../preprocess/matrix.js";
import { memoryCells } from "./cells.js";

const scanpy = JSON.parse(readFileSync("test/fixtures/preprocess/highly_variable_genes.json", "utf8"));
const census = "test/fixtures/preprocess/census_vocab.json";
const cells = await readH5ad("test/fixtures/preprocess/counts559.h5ad");
const counts = denseMatrix([
  [1, 0, 2, 5],
  [0, 3, 0, 1],
  [4, 0, 0, 9],
  [2, 2, 2, 2],
]);

test("genes in the vocabulary and quality figures are the reference's", async () => {
  const { match, quality, genes, notes, source } = await preprocess(cells, { vocabulary: census });
  assert.equal(match.matched, expected.vocabulary.genes_matched);
  assert.equal(match.of, expected.shape[1]);
  const kept = genes.names.filter((_, gene) => genes.kept[gene] === 1);
  assert.deepEqual(kept.slice(0, 5), expected.vocabulary.matched_head);
  assert.deepEqual([...quality.totalCounts], expected.obs_total_counts);
  assert.deepEqual([...quality.nGenesByCounts], expected.obs_n_genes_by_counts);
  assert.equal(source.matrix, "X");
  assert.ok(
    notes.some((note) => /^9087 of 9810 genes are in .*; they carry 9\d\.\d % of the counts/.test(note)),
  );
});

for (const [flavor, batch] of [
  ["seurat_v3", undefined],
  ["cell_ranger", undefined],
  ["cell_ranger", "batch"],
  ["seurat", undefined],
] as const)
  test(`variable genes by ${flavor}${batch ? " per batch" : ""} are scanpy's, from the file`, async () => {
    const { genes, tokens } = await preprocess(cells, { hvgFlavor: flavor, batch, nHvg: 2000 });
    const list: number[] = scanpy[batch ? `${flavor}_batch` : flavor].highly_variable;
    const chosen = [...genes.highlyVariable.keys()].filter((gene) => genes.highlyVariable[gene] === 1);
    assert.deepEqual(chosen, list);
    assert.deepEqual(
      tokens.genes,
      list.map((gene) => cells.varNames[gene]),
    );
  });

test("without normalisation, variable genes are those that scanpy finds on the counts", async () => {
  const { genes, notes } = await preprocess(cells, { doNorm: false, hvgFlavor: "cell_ranger", nHvg: 500 });
  const chosen = [...genes.highlyVariable.keys()].filter((gene) => genes.highlyVariable[gene] === 1);
  assert.equal(chosen.length, 500);
  assert.deepEqual(chosen.slice(0, 8), [1, 42, 57, 89, 101, 138, 172, 389]);
  assert.equal(
    chosen.reduce((sum, gene) => sum + gene),
    2438293,
  );
  assert.ok(
    notes.includes("The values were taken as they are: neither normalised nor logged (do_norm: false)."),
  );
});

test("filters: genes with 20 counts, then cells with 2,500 of the rest", async () => {
  const after = expected.filter_genes_min_counts_20_then_cells_min_counts_2500;
  const options = { nHvg: 0, filterGeneByCounts: 20, filterCellByCounts: 2500 };
  const { tokens, cellNames, notes } = await preprocess(cells, options);
  assert.deepEqual([tokens.cells, tokens.genes.length], after.shape);
  assert.deepEqual(cellNames.slice(0, 5), after.cells_head);
  assert.deepEqual(tokens.genes.slice(0, 5), after.genes_head);
  assert.ok(notes.includes("809 genes have too few counts and were left out."));
  assert.ok(notes.includes("202 cells have too few counts and were left out."));
});

test("limits on cells and genes, filters and variable genes are scanpy's, one after the other", async () => {
  // filter_cells(min_genes=600), (max_genes=2500), (max_counts=9000), pct_counts_mt <= 12, filter_genes(min_cells=10),
  // filter_genes(min_counts=20), then highly_variable_genes; and filter_cells(min_counts=2500) before it.
  const limits = { minGenes: 600, maxGenes: 2500, maxCounts: 9000, maxPctMt: 12, minCells: 10 };
  const all = await preprocess(cells, { ...limits, nHvg: 0, filterGeneByCounts: 20 });
  assert.deepEqual([all.tokens.cells, all.tokens.genes.length], [295, 5962]);
  assert.deepEqual(all.cellNames.slice(0, 4), ["Cell_4", "Cell_5", "Cell_7", "Cell_10"]);
  assert.deepEqual(all.tokens.genes.slice(0, 4), ["ISG15", "TNFRSF18", "SDF4", "UBE2J2"]);
  assert.equal(all.quality.totalCounts.length, 559);
  assert.ok(
    all.notes.includes(
      "264 cells are outside the limits and were left out: 39 with fewer than 600 genes (minGenes), 158 with more than 2500 genes (maxGenes), " +
        "137 with more than 9000 counts (maxCounts), 81 with more than 12 % mitochondrial counts (maxPctMt).",
    ),
  );
  assert.ok(all.notes.includes("3848 genes are in too few cells or have too few counts and were left out."));
  const filters = { ...limits, filterGeneByCounts: 20, filterCellByCounts: 2500, nHvg: 298 };
  for (const [hvgFlavor, first, sum] of [
    ["seurat_v3", ["ISG15", "GPR157", "FUCA1", "CD52", "ZYG11B"], 1452960],
    ["cell_ranger", ["ISG15", "FUCA1", "CD52", "EPB41", "NASP"], 1375989],
  ] as const) {
    const { tokens, genes } = await preprocess(cells, { ...filters, hvgFlavor });
    assert.deepEqual([tokens.cells, genes.kept.reduce((sum, kept) => sum + kept, 0)], [161, 5962]);
    assert.deepEqual(tokens.genes.slice(0, 5), first);
    assert.equal(
      tokens.genes.reduce((sum, gene) => sum + genes.names.indexOf(gene), 0),
      sum,
    );
  }
});

test("without counts, cells are limited by what obs says, and only by that", async () => {
  const logged = memoryCells(
    denseMatrix([
      [1.1, 0, 0.7],
      [0.7, 1.4, 0],
      [0, 2.1, 0.4],
    ]),
    {
      obs: { n_genes: [200, 900, 400], percent_mito: [0.02, 0.01, 0.3] },
    },
  );
  const { cellNames } = await preprocess(logged, { nHvg: 0, maxGenes: 500, maxPctMt: 5, values: "logged" });
  assert.deepEqual(cellNames, ["cell0"]);
  await assert.rejects(
    preprocess(logged, { nHvg: 0, maxGenes: 500, maxCounts: 5, values: "logged" }),
    /X of cells\.h5ad holds no counts, and obs has no column that says what maxCounts limits/,
  );
  await assert.rejects(
    preprocess(logged, { minGenes: 1000, nHvg: 0, values: "logged" }),
    /No cell of X of cells\.h5ad is within the limits/,
  );
});

test("tokens are the bins of the logged values, cell by cell", async () => {
  const { tokens, maxLength } = await preprocess(cells, { nHvg: 0, seed: 5 });
  const { matrix, genes } = await counts559();
  const keys = geneKeys(genes);
  const counts = [...matrix.blocks()].flatMap(({ data }) => [...data]);
  for (const block of log1p(normalizeTotal(matrix, { targetSum: 1e4 })).blocks())
    for (let row = 0; row < block.rows; row++) {
      const cell = block.start + row;
      const [from, to] = [block.indptr[row], block.indptr[row + 1]];
      const [first, end] = [tokens.indptr[cell], tokens.indptr[cell + 1]];
      assert.deepEqual([...tokens.gene.subarray(first, end)], [...block.indices.subarray(from, to)]);
      const key = cellKey(keys, block.indices, counts, { gene: from, value: first }, to - from);
      const bins = binValues(block.data.subarray(from, to), new Random(5, ...key));
      assert.deepEqual([...tokens.bin.subarray(first, end)], [...bins]);
    }
  assert.equal(maxLength, Math.max(...expected.obs_n_genes_by_counts) + 1);
});

test("the same seed gives the same tokens, another seed others", async () => {
  const bins = async (seed: number) => (await preprocess(cells, { nHvg: 500, seed })).tokens.bin;
  assert.deepEqual(await bins(1), await bins(1));
  assert.notDeepEqual(await bins(1), await bins(2));
});

test("unexpressed genes become tokens of bin 0 when they are asked for", async () => {
  const { tokens } = await preprocess(memoryCells(counts), { nHvg: 0, includeZeroGene: true });
  assert.deepEqual([...tokens.indptr], [0, 4, 8, 12, 16]);
  assert.deepEqual([...tokens.gene], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  const zero = [...tokens.bin].map((bin) => (bin === 0 ? 0 : 1));
  assert.deepEqual(zero, [1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
});

test("the demo data: no counts, so cell_ranger on raw, figures from obs, both said", async () => {
  const demo = await readH5ad("notebooks/data/pbmc68k_reduced.h5ad");
  const { source, genes, quality, labels, notes } = await preprocess(demo, {
    cellType: "bulk_labels",
    vocabulary: census,
    nHvg: 300,
  });
  assert.equal(source.matrix, "raw");
  assert.equal(genes.variability?.flavor, "cell_ranger");
  assert.equal(quality.from, "obs columns n_genes, n_counts, percent_mito");
  assert.equal(quality.nGenesByCounts[0], 1003);
  assert.deepEqual(labels?.classes.slice(0, 3), ["CD14+ Monocyte", "CD19+ B", "CD34+"]);
  assert.equal(labels?.classes[labels.codes[0]], demo.obs.column("bulk_labels")!.at(0));
  for (const said of [
    /were skipped: the values look logged already/,
    /chosen by cell_ranger/,
    /figures out from/,
  ])
    assert.ok(
      notes.some((note) => said.test(note)),
      `${said}`,
    );
});

test("a matrix that a sample of it misjudges is judged by all of it", async () => {
  // 2,000 genes wide, so that the sample leaves row 450 out.
  const rest = new Array<number>(1996).fill(0);
  const rows = Array.from({ length: 1000 }, (_, i) => [i % 3, (i * 7) % 5, 1, i % 2, ...rest]);
  rows[450] = [0.5, 1.25, 0, 3, ...rest];
  const { genes, source, notes } = await preprocess(memoryCells(denseMatrix(rows)), { nHvg: 2 });
  assert.match(source.why, /counts/);
  assert.equal(genes.variability?.flavor, "cell_ranger");
  assert.ok(notes.some((note) => /have fractions and do not look logged/.test(note)));
});

test("repeated genes are renamed, or added up", async () => {
  const twice = memoryCells(counts, { varNames: ["A", "B", "A", "C"] });
  const vocabulary = new Vocabulary([
    ["A", 0],
    ["B", 1],
    ["C", 2],
  ]);
  const unique = await preprocess(twice, { vocabulary, nHvg: 0 });
  assert.deepEqual(unique.tokens.genes, ["A", "B", "C"]);
  assert.equal(unique.match.matched, 3);
  assert.deepEqual([...unique.genes.totalCounts], [7, 5, 4, 17]);
  assert.ok(unique.notes.some((note) => /1 columns name a gene again and were renamed/.test(note)));
  const summed = await preprocess(twice, { vocabulary, nHvg: 0, duplicates: "sum" });
  assert.deepEqual(summed.genes.names, ["A", "B", "C"]);
  assert.deepEqual([...summed.genes.totalCounts], [11, 5, 17]);
  assert.deepEqual([...summed.tokens.gene], [0, 2, 1, 2, 0, 2, 0, 1, 2]);
});

test("few matched genes are a warning, with what is lost", async () => {
  const few = memoryCells(counts, { varNames: ["A", "x", "y", "z"] });
  const { match, notes } = await preprocess(few, { vocabulary: new Vocabulary([["A", 0]]), nHvg: 0 });
  assert.deepEqual([match.matched, match.of, match.countsShare], [1, 4, 7 / 33]);
  assert.deepEqual(match.largestLost, [
    { gene: "z", counts: 17 },
    { gene: "x", counts: 5 },
    { gene: "y", counts: 4 },
  ]);
  assert.ok(
    notes.some((note) =>
      /^WARNING: only 1 of 4 genes are in .*21\.2 % of the counts\. Largest lost: z, x, y\./.test(note),
    ),
  );
});

test("gene names are taken from the column of var that matches, or from the one that is named", async () => {
  const vocabulary = new Vocabulary(["CD3D", "CD19", "NKG7", "LYZ"].map((name, id) => [name, id]));
  const columns = { feature_name: ["CD3D", "CD19", "NKG7", "LYZ"], other: ["LYZ", "a", "b", "c"] };
  const cells = memoryCells(counts, { var: columns });
  const found = await preprocess(cells, { vocabulary, nHvg: 0 });
  assert.deepEqual(found.tokens.genes, columns.feature_name);
  assert.ok(found.notes.some((note) => note.includes('taken from the var column "feature_name"')));
  assert.deepEqual((await preprocess(cells, { vocabulary, nHvg: 0, geneColumn: "other" })).tokens.genes, [
    "LYZ",
  ]);
  await assert.rejects(
    preprocess(cells, { vocabulary, geneColumn: "symbol" }),
    /geneColumn is "symbol", but var has no such column\. Its columns are: feature_name, other\./,
  );
});

test("progress counts every cell of each pass; a stop ends it", async () => {
  const seen: PreprocessProgress[] = [];
  await preprocess(cells, { nHvg: 100, onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(
    seen.filter(({ cellsDone }) => cellsDone === 559).map(({ stage }) => stage),
    ["counting", "tokens"],
  );
  assert.ok(seen.every(({ cellsPerSecond, secondsLeft }) => cellsPerSecond > 0 && secondsLeft >= 0));
  const stop = new AbortController();
  const stopped = preprocess(cells, {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error("stopped")),
  });
  await assert.rejects(stopped, /stopped/);
});

test("what cannot be prepared is said", async () => {
  const fails = (work: Promise<unknown>, message: RegExp) => assert.rejects(work, message);
  const one = memoryCells(counts);
  await fails(
    preprocess(one, { filterGeneByCounts: 1000 }),
    /No gene of X of cells.h5ad has 1000 counts or more; lower filterGeneByCounts/,
  );
  await fails(
    preprocess(one, { filterCellByCounts: 1000 }),
    /No cell of X of cells.h5ad has 1000 counts or more; lower filterCellByCounts/,
  );
  await fails(preprocess(one, { nHvg: -1 }), /nHvg is -1/);
  await fails(preprocess(one, { normalizeTotal: 0 }), /normalizeTotal is 0/);
  await fails(
    preprocess(one, { matrix: "counts" }),
    /cells.h5ad has no layer "counts"\. Its matrices are: X/,
  );
  await fails(
    preprocess(memoryCells(denseMatrix([[1, -1]]))),
    /no matrix of counts or log-normalised values: X holds scaled values/,
  );
  await fails(
    preprocess(memoryCells(denseMatrix([[1, -1]])), { matrix: "X" }),
    /X of cells.h5ad holds a negative value \(-1\) at cell cell0, gene G1/,
  );
  await fails(
    preprocess(memoryCells(denseMatrix([[Number.NaN, 1]])), { matrix: "X" }),
    /holds NaN at cell cell0, gene G0/,
  );
  await fails(preprocess(memoryCells(denseMatrix([[0, 0]])), { matrix: "X" }), /holds only zeros/);
  await fails(preprocess(memoryCells(denseMatrix([]))), /cells.h5ad is empty: 0 cells × 0 genes/);
});
