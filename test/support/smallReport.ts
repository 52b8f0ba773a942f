import { table } from "arquero";
import { classificationReport } from "../../src/evaluate/metrics.js";
import { H5adWriter } from "../../src/index.js";
import { labelCells } from "../../src/predict/labels.js";
import { Report, type ReportParts } from "../../src/protocol/report.js";
import { trustFigures } from "../../src/protocol/trustFigures.js";
import { preparedCells, tinyModel } from "./prepared.js";

/** Counts of six cells; a model knows G0 and G1 alone. The first cell was filtered out before its training. */
const GENES = ["G0", "G1", "CD3D", "HLA-A"];
const COUNTS = [
  [5, 5, 0, 0],
  [1, 3, 4, 0],
  [2, 2, 0, 0],
  [0, 4, 4, 1],
  [8, 0, 0, 0],
  [1, 0, 9, 0],
];
const KEPT = Int32Array.of(1, 2, 3, 4, 5);

/** The six cells, cell-0 to cell-5, with donors, numbers of genes and a UMAP. */
export async function writeSmallCells(path: string): Promise<void> {
  const writer = await H5adWriter.create(path, GENES.length);
  const filled = COUNTS.map((counts) => [...counts.keys()].filter((gene) => counts[gene] > 0));
  writer.append({
    ...{ start: 0, rows: COUNTS.length, columns: GENES.length },
    indptr: Int32Array.from([0, ...filled.map((_, row) => filled.slice(0, row + 1).flat().length)]),
    indices: Int32Array.from(filled.flat()),
    data: Float32Array.from(COUNTS.flatMap((counts) => counts.filter(Boolean))),
  });
  const places = Float32Array.from({ length: 12 }, (_, i) => i);
  await writer.close({
    obsNames: COUNTS.map((_, row) => `cell-${row}`),
    varNames: GENES,
    obs: table({ donor: ["a", "b", "a", "b", "a", ""], n_genes: [2, 3, 2, 3, 1, Number.NaN] }),
    obsm: { X_umap: { shape: [6, 2], dtype: "float32", data: places } },
  });
}

/**
 * An evaluation of the five cells that were kept, of a file that `writeSmallCells` wrote: they are B, NK, B, T and unknown,
 * and were said to be B, B, B, NK and B. The first was trained on, the last has no label.
 */
export async function smallReport(path: string): Promise<Report> {
  const ready = preparedCells(await tinyModel(), 5);
  const classes = ["B cell", "NK", "T cell"];
  const logits = Float32Array.of(2, 0, 1, 2, 1, 0, 1, 2, 0);
  const evaluated = {
    truth: Int32Array.of(1, 0, 2),
    labelled: labelCells(logits, 3),
    before: labelCells(logits, 3),
  };
  return new Report({
    run: {
      ...{ name: "tiny", classes, vocabulary: ready.vocabulary, training: { run: "run-1" } },
      parts: {
        recipe: { ...ready.recipe, genes: ["G0", "G1"], totalGenes: ["G0", "G1"] },
        preparation: { ...ready.settings, normalizeTotal: 1000 },
      },
    },
    ready: {
      ...{ ...ready, rows: KEPT, cellNames: Array.from(KEPT, (row) => `cell-${row}`) },
      source: { ...ready.source, path },
    },
    ...{ truth: Int32Array.of(0, 1, 0, 2, -1), parts: ["train", "test", "test", "test", "none"] },
    ...{ subset: "test", evaluated: Int32Array.of(1, 2, 3), embeddings: new Float32Array(0), notes: [] },
    labelled: {
      codes: Int32Array.of(0, 0, 0, 1, 0),
      probabilities: Float32Array.of(0.9, 0.5, 0.75, 0.875, 0.25),
      margins: Float32Array.of(0.8, 0.25, 0.5, 0.75, 0),
      scores: new Float32Array(15),
    },
    metrics: classificationReport([1, 0, 2], [0, 0, 1], classes),
    trust: trustFigures(undefined, 3, { ...evaluated, calibrated: [false, false, false] }),
    projection: {
      x: Float64Array.of(0, 1, 2, 3, 4),
      y: Float64Array.of(0, 1, 0, 1, 0),
      cells: Int32Array.from(KEPT.keys()),
    },
  } as unknown as ReportParts);
}
