import { resolveDevice } from "../runtime/resolveDevice.js";
import { serve } from "../runtime/workerJob.js";
import { assembleBatch, cellLength, FIRST_GENE_ROW } from "../tokenize/batches.js";
import type { AttributionTask, CellAttributions } from "./attributionJob.js";
import { Attributor } from "./attributor.js";
import { groupCells } from "./groups.js";

// The module that the worker of `attributeInWorker` runs.
serve(async (task: AttributionTask, report: (done: number) => void): Promise<CellAttributions> => {
  const { weights, members = [], tokens, cells, codes, batchLabels, args, maxSeqLen } = task;
  const abandoned = new Int32Array(task.abandoned);
  const device = resolveDevice(task.device);
  const size = { classes: task.classes, batches: task.batches, genes: tokens.genes.length + FIRST_GENE_ROW };
  const models = [weights, ...members];
  const found = emptyAttributions(Int32Array.from(cells, (cell) => cellLength(tokens, cell, maxSeqLen) - 1));
  const padding = device !== "cpu";
  const groups = groupCells(tokens, cells, { batchSize: task.batchSize, maxSeqLen, padding, batchLabels });
  const batching = { maxSeqLen, padValue: args.pad_value, seed: task.seed };
  let done = 0;
  for (const own of models) {
    const attributor = await Attributor.create({ args, ...size }, own, { device, threads: task.threads });
    for (const places of groups) {
      // Nobody waits for what comes of it.
      if (Atomics.load(abandoned, 0) !== 0) break;
      const chosen = Int32Array.from(places, (place) => cells[place]);
      const batch = assembleBatch(tokens, chosen, batching);
      const attribution = await attributor.attribute(
        batch,
        Int32Array.from(places, (place) => codes[place]),
        batchLabels && Int32Array.from(chosen, (cell) => batchLabels[cell]),
      );
      places.forEach((place, row) => {
        const [start, end] = [found.indptr[place], found.indptr[place + 1]];
        for (let at = start, token = row * batch.length + 1; at < end; at++, token++) {
          found.gene[at] = batch.genes[token] - FIRST_GENE_ROW;
          found.bin[at] = batch.values[token];
          found.attribution[at] += attribution[token] / models.length;
        }
      });
      done += places.length;
      report(Math.floor(done / models.length));
    }
    await attributor.release();
  }
  return found;
});

/** @param genes of each cell */
function emptyAttributions(genes: Int32Array): CellAttributions {
  const indptr = new Int32Array(genes.length + 1);
  genes.forEach((count, cell) => {
    indptr[cell + 1] = indptr[cell] + count;
  });
  const total = indptr[genes.length];
  return {
    indptr,
    gene: new Int32Array(total),
    bin: new Uint8Array(total),
    attribution: new Float32Array(total),
  };
}
