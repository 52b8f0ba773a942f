import { openModel } from "../protocol/model.js";
import { type PreprocessSummary, preprocessFile } from "../protocol/preprocessFile.js";
import { command, number, oneOf, text } from "./command.js";
import { progressLine } from "./progressLine.js";

/** `cellkernel preprocess FILE --out DIR` */
export const preprocessCommand = command({
  summary: "makes the cells of an .h5ad file ready for a model",
  positionals: "FILE",
  required: 1,
  options: {
    out: { value: "DIR", help: "folder to write; without it only the report is made" },
    "cell-type": { value: "COLUMN", help: "obs column of cell types" },
    batch: { value: "COLUMN", help: "obs column of batches: variable genes are chosen per batch" },
    model: {
      value: "DIR",
      help: "model folder: gives the vocabulary, the bins and, after a fine-tune, the classes",
    },
    vocab: { value: "FILE", help: "without a model: a vocab.json; without either, all genes of the file" },
    hvg: { value: "N", help: "highly variable genes to keep, 0 for all (5000)" },
    flavor: { value: "NAME", help: "seurat_v3 (counts; the default), cell_ranger or seurat" },
    "normalize-total": { value: "N", help: "counts a cell after normalisation (10000)" },
    "filter-gene-by-counts": { value: "N", help: "least counts of a gene that is kept (0)" },
    "filter-cell-by-counts": { value: "N", help: "least counts of a cell that is kept (0)" },
    bins: { value: "N", help: "bins of the values, 0 for unexpressed included (51)" },
    "include-zero-gene": { help: "unexpressed genes become tokens too" },
    matrix: {
      value: "NAME",
      help: "X, raw or a layer; default: the one that holds counts, else logged values",
    },
    "gene-column": { value: "COLUMN", help: "var column of gene names; default: the best match" },
    duplicates: { value: "HOW", help: "genes named twice: unique (renamed; the default) or sum" },
    seed: { value: "N", help: "seed of every random choice (0)" },
  },
  async run(call) {
    const model = text(call, "model");
    return preprocessFile(
      call.positionals[0],
      {
        cellType: text(call, "cell-type"),
        batch: text(call, "batch"),
        model: model === undefined ? undefined : await openModel(model),
        vocabulary: text(call, "vocab"),
        nHvg: number(call, "hvg"),
        hvgFlavor: oneOf(call, "flavor", ["seurat_v3", "cell_ranger", "seurat"]),
        normalizeTotal: number(call, "normalize-total"),
        filterGeneByCounts: number(call, "filter-gene-by-counts"),
        filterCellByCounts: number(call, "filter-cell-by-counts"),
        nBins: number(call, "bins"),
        includeZeroGene: call.values["include-zero-gene"] === true,
        matrix: text(call, "matrix"),
        geneColumn: text(call, "gene-column"),
        duplicates: oneOf(call, "duplicates", ["unique", "sum"]),
        seed: number(call, "seed"),
        signal: call.signal,
        onProgress: (progress) => call.progress(progressLine(progress)),
      },
      text(call, "out"),
    );
  },
  text: describe,
});

function describe({
  cells,
  genes,
  kept,
  classes,
  batches,
  maxLength,
  notes,
  out,
  reused,
}: PreprocessSummary): string {
  return [
    `${cells} cells × ${genes} genes; kept: ${kept.cells} × ${kept.genes}; longest cell: ${maxLength} tokens`,
    ...(classes ? [`${classes.length} classes: ${classes.join(", ")}`] : []),
    ...(batches ? [`${batches.length} batches: ${batches.join(", ")}`] : []),
    ...notes.map((note) => `- ${note}`),
    ...(out === undefined
      ? []
      : [`${reused ? "Already prepared, with the same options:" : "Written to"} ${out}`]),
  ].join("\n");
}
