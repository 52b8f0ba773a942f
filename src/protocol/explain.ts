import { AnnData } from "../anndata/anndata.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";
import { wilcoxon } from "../evaluate/wilcoxon.js";
import { interruption } from "../host/interruption.js";
import { attributeInWorker } from "../predict/attributionJob.js";
import { type LabelledCells, labelCells } from "../predict/labels.js";
import { EXPLANATION, type ExplanationOptions, type ExplanationSettings } from "../settings/explanation.js";
import { resolve } from "../settings/setting.js";
import { CellkernelError } from "../support/error.js";
import { joinStores, type TokenStore } from "../tokenize/tokens.js";
import { batchesOf } from "./applyRows.js";
import { predictionOf, withSession } from "./applyRun.js";
import { type ExplainedCell, type ExplainedType, Explanation } from "./explanation.js";
import { Replay } from "./replay.js";
import { rowsOfCells } from "./rowsOfCells.js";
import type { Run } from "./run.js";
import { spread } from "./spread.js";

/** How labels are to be explained. */
export interface ExplainOptions extends ExplanationOptions, SamplesOptions {
  /** Called with the share of the work done, 0 … 1. */
  onProgress?: (share: number) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/** Cells that types are explained by at most: of a larger file a sample, spread over it. */
const MOST_CELLS = 20_000;
/** What a derivative costs beside a prediction. */
const DERIVATIVE = 3;

/** Cells with what the model says of them. */
interface Labelled {
  tokens: TokenStore;
  /** Int32 [cells]: row of each in the file. */
  rows: Int32Array;
  labelled: LabelledCells;
  batchLabels?: Int32Array;
}

/**
 * Says which genes a run's labels come from: gradient × input of the label's logit (see `attributionGraph`), for cells that are
 * named, else averaged over cells of each predicted type, beside the type's markers in the same file by Wilcoxon's rank-sum test.
 * Labels and probabilities are those of `annotate`.
 *
 * @throws where the run has no such label, the file no such cell, no cell expresses any of the run's genes, or as `annotate` does
 * @example
 * const why = await explain(run, "cells.h5ad", { types: ["CD19+ B"] });
 * why.topGenes(why.types[0], 3).length; // → 3
 * why; // genes of each type beside its markers; why.dotPlot: how these genes are expressed
 */
export async function explain(
  run: Run,
  cells: AnnData | string | readonly string[],
  options: ExplainOptions = {},
): Promise<Explanation> {
  const settings = resolve(EXPLANATION, options);
  checkChoice(run, settings);
  const adata = cells instanceof AnnData ? cells : await readSamples(cells, options);
  try {
    const replay = Replay.of(run, adata, settings);
    return await explained(run, adata, replay, settings, options);
  } finally {
    if (adata !== cells) adata.close();
  }
}

/** @throws where both cells and types are asked for, or a type that the run doesn't know */
function checkChoice(run: Run, { cells, types }: ExplanationSettings): void {
  if (cells && types)
    throw new CellkernelError(
      "option",
      "cells and types were both given: give cells (--cells) for these, or types (--types) for averages over the cells of a type",
      { option: "types" },
    );
  const unknown = types?.find((type) => !run.classes.includes(type));
  if (unknown !== undefined)
    throw new CellkernelError(
      "option",
      `the run ${run.name} has no label ${JSON.stringify(unknown)}; it has ${run.classes.map((name) => JSON.stringify(name)).join(", ")} (--types)`,
      { option: "types", label: unknown },
    );
}

async function explained(
  run: Run,
  adata: AnnData,
  replay: Replay,
  settings: ExplanationSettings,
  { onProgress, signal: given }: ExplainOptions,
): Promise<Explanation> {
  const signal = interruption(given);
  const wanted = settings.cells && rowsOfCells(adata, settings.cells);
  const read = wanted ? Int32Array.from(new Set(wanted)).sort() : spread(adata.nObs, MOST_CELLS);
  const { notes } = replay;
  if (!wanted && read.length < adata.nObs)
    notes.push(`Of ${adata.nObs} cells, ${read.length} that are spread over the file were looked at.`);

  const spec = predictionOf(run, replay.genes, settings);
  const chunks = [...replay.chunks(false, read)];
  const tokens = joinStores(chunks.map((chunk) => chunk.tokens));
  const rows = Int32Array.from(chunks.flatMap((chunk) => [...chunk.rows]));
  const batches = batchesOf(run, adata, settings.batch);
  const batchLabels = batches && rows.map((row) => batches[row]);
  const most = wanted ? rows.length : Math.min(rows.length, settings.cellsPerType * run.classes.length);
  const all = rows.length + DERIVATIVE * most;
  const every = Int32Array.from(rows.keys());
  const { logits } = await withSession(spec, (session) =>
    session.predict(
      { tokens, cells: every, batchLabels },
      { signal, onProgress: (done) => onProgress?.(done / all) },
    ),
  );
  const labelled = labelCells(logits, run.classes.length, run.parts.trust?.temperature);
  const { indptr } = tokens;
  every.forEach((cell) => {
    if (indptr[cell] === indptr[cell + 1]) labelled.codes[cell] = -1;
  });
  const own: Labelled = { tokens, rows, labelled, batchLabels };
  const attribute = (chosen: Int32Array) =>
    attributeInWorker(
      { ...spec, tokens, cells: chosen, codes: chosen.map((cell) => labelled.codes[cell]), batchLabels },
      { signal, onProgress: (done) => onProgress?.((rows.length + DERIVATIVE * done) / all) },
    );
  const found = wanted
    ? { cells: await cellsOf(run, adata, wanted, own, attribute, notes), types: [] }
    : { cells: [], types: await typesOf(run, replay, settings, own, attribute) };
  onProgress?.(1);
  return new Explanation({
    ...{ run: run.name, path: adata.path, genes: replay.genes, classes: run.classes, notes },
    ...{ top: settings.top, ...found },
  });
}

type Attribute = (cells: Int32Array) => ReturnType<typeof attributeInWorker>;

/** Each cell that was asked for, in the order in which it was. */
async function cellsOf(
  { classes }: Run,
  adata: AnnData,
  wanted: readonly number[],
  { rows, labelled }: Labelled,
  attribute: Attribute,
  notes: string[],
): Promise<ExplainedCell[]> {
  const cellOf = new Map([...rows].map((row, cell) => [row, cell]));
  const hasLabel = (row: number) => labelled.codes[cellOf.get(row) ?? -1] >= 0;
  const without = wanted.filter((row) => !hasLabel(row)).map((row) => adata.obsNames[row]);
  const said = `${without.slice(0, 5).join(", ")}${without.length > 5 ? ", …" : ""}`;
  if (without.length === wanted.length)
    throw new CellkernelError(
      "nothing",
      `no label to explain: the cells that were named (${said}) express none of the genes that the run and ${adata.path} share, or have fewer counts than its cells had to have`,
      { cells: without },
    );
  if (without.length > 0)
    notes.push(
      `${without.length} cells have no label to explain, since they express none of the model's genes or too few counts: ${said}`,
    );
  const chosen = Int32Array.from(wanted.filter(hasLabel), (row) => cellOf.get(row)!);
  const { indptr, gene, bin, attribution } = await attribute(chosen);
  return Array.from(chosen, (cell, i) => {
    const part = <T extends Int32Array | Uint8Array | Float32Array>(array: T) =>
      array.slice(indptr[i], indptr[i + 1]) as T;
    return {
      ...{ name: adata.obsNames[rows[cell]], row: rows[cell], label: classes[labelled.codes[cell]] },
      ...{ probability: labelled.probabilities[cell] },
      ...{ genes: part(gene), bins: part(bin), attribution: part(attribution) },
    };
  });
}

/** The types that were asked for, or all that cells are labelled with. */
async function typesOf(
  { classes }: Run,
  replay: Replay,
  { types, cellsPerType }: ExplanationSettings,
  { rows, labelled: { codes } }: Labelled,
  attribute: Attribute,
): Promise<ExplainedType[]> {
  const cellsOfType = classes.map((_, code) =>
    Int32Array.from(rows.keys()).filter((cell) => codes[cell] === code),
  );
  const asked = types ?? classes.filter((_, code) => cellsOfType[code].length > 0);
  const missing = asked.filter((type) => cellsOfType[classes.indexOf(type)].length === 0);
  if (missing.length === asked.length)
    throw new CellkernelError(
      "nothing",
      types
        ? `no cell of ${replay.cells.path} is labelled ${types.map((type) => JSON.stringify(type)).join(" or ")}`
        : `no cell of ${replay.cells.path} has a label: none expresses the run's genes`,
      { types },
    );
  if (missing.length > 0) replay.notes.push(`No cell is labelled ${missing.join(", ")}.`);
  const labels = asked.filter((type) => !missing.includes(type));
  const chosen = labels.map((type) => {
    const own = cellsOfType[classes.indexOf(type)];
    return spread(own.length, cellsPerType).map((i) => own[i]);
  });
  const { indptr, gene, attribution } = await attribute(Int32Array.from(chosen.flatMap((own) => [...own])));
  const markers = wilcoxon(replay.expression(rows), codes, classes.length);
  const alone = labels.filter((type) => !markers[classes.indexOf(type)]);
  if (alone.length > 0)
    replay.notes.push(`${alone.join(", ")}: of a type of one cell, or of all, there are no markers.`);
  let next = 0;
  return labels.map((label, i) => {
    const code = classes.indexOf(label);
    const mean = new Float64Array(replay.genes.length);
    const end = next + chosen[i].length;
    for (let p = indptr[next]; p < indptr[end]; p++) mean[gene[p]] += attribution[p] / chosen[i].length;
    next = end;
    const counts = { averaged: chosen[i].length, cells: cellsOfType[code].length };
    return { label, ...counts, attribution: mean, markers: markers[code] };
  });
}
