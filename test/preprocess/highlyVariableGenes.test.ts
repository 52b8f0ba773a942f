import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ClippedMoments } from "../../src/preprocess/clipped.js";
import { CountTable } from "../../src/preprocess/countTable.js";
import { CountTrend, highlyVariableGenes } from "../../src/preprocess/highlyVariableGenes.js";
import { log1p } from "../../src/preprocess/log1p.js";
import { normalizeTotal } from "../../src/preprocess/normalizeTotal.js";
import type { HighlyVariableGenes, HvgFlavor } from "../../src/preprocess/ranking.js";
import { counts559, denseMatrix } from "./matrix.js";

interface Expected {
  n_top_genes: number;
  highly_variable: number[];
  variances_norm?: number[];
  dispersions_norm?: number[];
  means: number[];
  variances?: number[];
  highly_variable_rank?: (number | null)[];
  highly_variable_nbatches?: number[];
}
const scanpy = JSON.parse(
  readFileSync("test/fixtures/preprocess/highly_variable_genes.json", "utf8"),
) as Record<string, Expected>;
const { matrix, batches } = await counts559();
const logged = log1p(normalizeTotal(matrix, { targetSum: 1e4 }));

/** Largest difference, relative to values above `unit`. */
function worst(ours: ArrayLike<number>, theirs: ArrayLike<number>, unit: number): number {
  let most = 0;
  for (let i = 0; i < theirs.length; i++)
    most = Math.max(most, Math.abs(ours[i] - theirs[i]) / Math.max(unit, Math.abs(theirs[i])));
  return most;
}

/** Genes of one list that the other lacks, either way. */
function differing(ours: HighlyVariableGenes, theirs: number[]): { missing: number[]; extra: number[] } {
  const expected = new Set(theirs);
  return {
    missing: theirs.filter((gene) => ours.highlyVariable[gene] === 0),
    extra: [...ours.highlyVariable.keys()].filter(
      (gene) => ours.highlyVariable[gene] === 1 && !expected.has(gene),
    ),
  };
}

for (const [name, expected] of Object.entries(scanpy)) {
  const batched = name.endsWith("_batch");
  const flavor = name.replace("_batch", "") as HvgFlavor;
  const input = flavor === "seurat_v3" ? matrix : logged;
  const nTopGenes = expected.n_top_genes;
  test(`${name} agrees with scanpy`, (context) => {
    const ours = highlyVariableGenes(input, { flavor, nTopGenes, batches: batched ? batches : undefined });
    const norm = (expected.variances_norm ?? expected.dispersions_norm)!;
    const score = worst(ours.spreadNorm, norm, flavor === "seurat_v3" ? 1e-3 : 1);
    const mean = worst(ours.means, expected.means, 1e-3);
    context.diagnostic(
      `largest difference of the score ${score.toExponential(1)}, of the mean ${mean.toExponential(1)}`,
    );
    // The logged values differ in the last bit of float32: numpy's log1p is the C library's.
    assert.ok(score < (flavor === "seurat_v3" ? 1e-9 : 1e-5), `score differs by ${score}`);
    assert.ok(mean < 1e-6, `mean differs by ${mean}`);
    if (expected.variances) assert.ok(worst(ours.spread, expected.variances, 1e-3) < 1e-9);

    const { missing, extra } = differing(ours, expected.highly_variable);
    context.diagnostic(`${nTopGenes - missing.length} of ${nTopGenes} genes are the same`);
    assert.equal(missing.length, extra.length);
    // numpy ranks equal scores in no particular order: a gene may stand for another of the same score in a batch.
    const scores = [0, 1].map((batch) => {
      const one = batches.map((code) => (code === batch ? 0 : -1));
      return highlyVariableGenes(input, { flavor, nTopGenes, batches: one }).spreadNorm;
    });
    for (const gene of missing)
      assert.ok(
        extra.some((other) =>
          (batched ? scores : [norm]).some(
            (one) => Math.abs(one[gene] - one[other]) <= 1e-12 * Math.abs(one[gene]),
          ),
        ),
        `gene ${gene} is missing and ties with none that stands in its place`,
      );
    assert.ok(missing.length <= 2);
  });

  test(`${name}: ranks follow the score`, () => {
    const ours = highlyVariableGenes(input, { flavor, nTopGenes, batches: batched ? batches : undefined });
    const order = [...ours.rank.keys()].filter((gene) => ours.rank[gene] >= 0);
    order.sort((a, b) => ours.rank[a] - ours.rank[b]);
    assert.equal(order.length, nTopGenes);
    order.slice(1).forEach((gene, i) => {
      const [key, before] = [gene, order[i]].map((one) =>
        flavor === "seurat_v3" ? ours.medianRank![one] : -ours.nBatches[one] * 1e6 - ours.spreadNorm[one],
      );
      assert.ok(before <= key);
    });
  });
}

test("seurat_v3 reads again what a table cannot hold, to the same end", () => {
  // 300 cells × 40 genes of widely spread counts.
  const rows = Array.from({ length: 300 }, (_, i) =>
    Array.from({ length: 40 }, (_, j) => ((i * (j + 3)) % 7 === 0 ? 0 : ((i * 37 + j * 11) % 101) * (j + 1))),
  );
  const expected = highlyVariableGenes(denseMatrix(rows), { flavor: "seurat_v3", nTopGenes: 10 });
  const table = new CountTable(40);
  for (const block of denseMatrix(rows).blocks()) table.add(block);
  const full = {
    clipped: () => undefined,
    genes: 40,
    batches: 1,
    moments: (batch: number) => table.moments(batch),
  };
  const trend = new CountTrend(full);
  assert.equal(trend.clipped(), undefined);
  const clipped = new ClippedMoments(trend.limits);
  for (const block of denseMatrix(rows).blocks()) clipped.add(block);
  const again = trend.choose(clipped.sums, 10);
  assert.deepEqual(again.rank, expected.rank);
  assert.ok(worst(again.spreadNorm, expected.spreadNorm, 1) < 1e-12);
});

test("wrong options are named", () => {
  assert.throws(
    () => highlyVariableGenes(matrix, { nTopGenes: 0 }),
    /nTopGenes is 0; it must be a positive integer/,
  );
  assert.throws(
    () => highlyVariableGenes(matrix, { flavor: "seurat_v4" as HvgFlavor, nTopGenes: 10 }),
    /hvgFlavor is "seurat_v4"; it must be one of seurat_v3, cell_ranger, seurat/,
  );
  // e to the power of 800 is more than float32 and float64 hold.
  const counts = denseMatrix([
    [800, 0, 3],
    [1, 2, 0],
  ]);
  assert.throws(
    () => highlyVariableGenes(counts, { nTopGenes: 1 }),
    /The flavour seurat takes logged values.*counts are for "seurat_v3"/,
  );
});
