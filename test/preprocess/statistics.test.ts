import assert from "node:assert/strict";
import { test } from "node:test";
import type { CsrBlock } from "../../src/anndata/matrix.js";
import { CellStatistics } from "../../src/preprocess/cellStatistics.js";
import { mapBlocks } from "../../src/preprocess/lazy.js";
import { QcAccumulator } from "../../src/preprocess/qc.js";
import type { HvgFlavor } from "../../src/preprocess/ranking.js";
import { conclude, type StatisticsOptions } from "../../src/preprocess/statistics.js";
import { counts559 } from "./matrix.js";

const { matrix, genes, batches } = await counts559();
const [cells] = matrix.shape;
/** Counts with fractions, whose sums depend on the order when they are added plainly. */
const corrected = mapBlocks(matrix, (block) => ({ ...block, data: block.data.map((x) => x * 0.913) }));

function options(flavor: HvgFlavor, start: number, end: number, codes?: Int32Array): StatisticsOptions {
  return {
    ...{ name: "X", cells: end - start, geneNames: genes, known: new Uint8Array(genes.length).fill(1) },
    ...{ batches: codes?.slice(start, end), nBatches: codes ? 2 : 1, logged: false },
    ...{ filterGeneByCounts: 0, filterCellByCounts: 300, targetSum: 1e4 },
    variable: { flavor, nTopGenes: 2000 },
  };
}

/** What is found when shards of some rows are gone over one by one and put together in an order. */
async function found(
  flavor: HvgFlavor,
  borders: readonly number[],
  order: readonly number[],
  codes?: Int32Array,
) {
  const source = flavor === "seurat_v3" ? matrix : corrected;
  const shards = order.map((shard) => {
    const [start, end] = [borders[shard], borders[shard + 1]];
    const own = options(flavor, start, end, codes);
    const [qc, statistics] = [new QcAccumulator(own.cells, genes), new CellStatistics(own, own.known)];
    for (const block of source.blocks({ start, end })) {
      const local: CsrBlock = { ...block, start: block.start - start };
      qc.add(local);
      statistics.add(local);
    }
    return { qc: qc.state(), statistics: statistics.state() };
  });
  const all = { ...options(flavor, 0, 0, codes), cells: 0 };
  const [qc, statistics] = [new QcAccumulator(0, genes), new CellStatistics(all, all.known)];
  for (const shard of shards) {
    qc.merge(shard.qc);
    statistics.merge(shard.statistics, codes ? [0, 1] : [0]);
  }
  assert.equal(statistics.seen, cells);
  const { variable, ...rest } = await conclude(all, qc, statistics, async () => assert.fail("read again"));
  return { ...rest, qc: { total: rest.qc.var.totalCounts }, ...variable! };
}

for (const flavor of ["seurat_v3", "cell_ranger", "seurat"] as const)
  for (const codes of [undefined, batches])
    test(`${flavor}${codes ? ", two batches" : ""}: shards put together in any order are the whole, to the bit`, async () => {
      const whole = await found(flavor, [0, cells], [0], codes);
      assert.deepEqual(await found(flavor, [0, 100, 111, cells], [2, 0, 1], codes), whole);
      const eight = [0, 1, 80, 160, 300, 301, 450, 558, cells];
      assert.deepEqual(await found(flavor, eight, [5, 3, 1, 7, 0, 2, 6, 4], codes), whole);
    });
