import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Model, openModel } from "../../src/protocol/model.js";
import { PREPARATION } from "../../src/settings/preparation.js";
import { resolve } from "../../src/settings/setting.js";
import type { Prepared } from "../../src/store/prepared.js";
import { simulatedTokens, tinyArgs } from "./tokens.js";

const CLASSES = ["B cell", "NK, bright", "T cell"];

/** A model folder with an architecture and a vocabulary of 50 genes, G0 … G49 and three more, but no weights. */
export async function tinyModel(args = {}): Promise<Model> {
  const folder = mkdtempSync(join(tmpdir(), "tiny-model-"));
  const genes = ["<pad>", "<cls>", "<eoc>", ...Array.from({ length: 50 }, (_, g) => `G${g}`)];
  writeFileSync(join(folder, "args.json"), JSON.stringify({ ...tinyArgs, ...args }));
  writeFileSync(
    join(folder, "vocab.json"),
    JSON.stringify(Object.fromEntries(genes.map((gene, id) => [gene, id]))),
  );
  return openModel(folder);
}

/** Simulated cells of three classes over 40 genes, as `preprocess` returns them; the last two have no label. */
export function preparedCells(model: Model, cells = 150): Prepared {
  const { tokens, labels } = simulatedTokens(cells, 40, CLASSES.length);
  const codes = labels.map((code, cell) => (cell >= cells - 2 ? -1 : code));
  const none = new Float64Array(0);
  return {
    ...{ tokens, vocabulary: model.vocabulary, model },
    match: { matched: 40, of: 40, countsShare: 1, largestLost: [], column: "var index" },
    cellNames: Array.from({ length: cells }, (_, cell) => `cell-${cell}`),
    rows: Int32Array.from({ length: cells }, (_, cell) => cell),
    labels: { column: "celltype", classes: CLASSES, codes, unseen: new Map() },
    keys: Int32Array.from({ length: 2 * cells }, (_, i) => i),
    obs: [],
    source: {
      path: "simulated.h5ad",
      content: `${cells} simulated cells`,
      matrix: "X",
      why: "it is the only one",
    },
    quality: { nGenesByCounts: none, totalCounts: none, pctCountsMt: none, from: "matrix" },
    genes: {
      ...{ names: tokens.genes, nCellsByCounts: none, totalCounts: none, rank: new Int32Array(40) },
      ...{ kept: new Uint8Array(40).fill(1), highlyVariable: new Uint8Array(40).fill(1) },
    },
    ...{
      notes: [],
      settings: { ...resolve(PREPARATION, { cellType: "celltype" }), nBins: 51 },
      recipe: {
        ...{ genes: tokens.genes, totalGenes: tokens.genes, column: "var index", matrix: "X" },
        ...{ looked: "counts", logged: false },
      },
      maxLength: 41,
    },
  };
}
