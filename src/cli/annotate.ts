import { annotate } from "../protocol/annotate.js";
import { loadRun } from "../protocol/run.js";
import { command, number, oneOf, text, UsageError } from "./command.js";

/** `cellkernel annotate RUN FILE --out FILE` */
export const annotateCommand = command({
  summary: "labels the cells of an .h5ad file with a fine-tuned model",
  positionals: "RUN FILE",
  required: 2,
  options: {
    out: { value: "FILE", help: "labelled .h5ad to write (needed); not the input" },
    batch: { value: "COLUMN", help: "obs column of batches, where the model uses them" },
    matrix: {
      value: "NAME",
      help: "X, raw or a layer; default: the one that holds counts, else logged values",
    },
    "gene-column": { value: "COLUMN", help: "var column of gene names; default: the best match" },
    "batch-size": { value: "N", help: "cells a batch (32)" },
    device: { value: "NAME", help: "auto, cpu, webgpu or cuda; default: that of the training" },
    threads: { value: "N", help: "CPU threads; default: all cores" },
    int8: { help: "8-bit integers: faster on the CPU; what that changes is measured" },
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the labelled .h5ad to write.");
    const [folder, file] = call.positionals;
    const annotation = await annotate(await loadRun(folder), file, {
      out,
      batch: text(call, "batch"),
      matrix: text(call, "matrix"),
      geneColumn: text(call, "gene-column"),
      batchSize: number(call, "batch-size"),
      device: oneOf(call, "device", ["auto", "cpu", "webgpu", "cuda"]),
      threads: number(call, "threads"),
      int8: call.values.int8 === true,
      signal: call.signal,
      onProgress: (share) => call.progress(`${Math.round(100 * share)} % of the cells labelled`),
    });
    return {
      out,
      cells: annotation.codes.length,
      labels: Object.fromEntries(annotation.counts()),
      notes: annotation.notes,
    };
  },
  text: ({ out, cells, labels, notes }) =>
    [
      ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
      ...notes.map((note) => `- ${note}`),
      `${cells} cells labelled. Written to ${out}`,
    ].join("\n"),
});
