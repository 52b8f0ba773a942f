import { type Displayable, displayable } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { histogramView } from "../views/histogram.js";
import { hvgView } from "../views/hvg.js";
import { tableView } from "../views/table.js";
import { violinView } from "../views/violin.js";

/** What a notebook shows for prepared cells: what was kept, and every choice that was made. */
export function preparedView(ready: Prepared): MimeBundle {
  const { match, labels, batches, tokens, genes } = ready;
  const kept = (some: number, all: number) => `${some} of ${all}`;
  const summary = tableView({
    columns: ["", ""],
    rows: [
      ["cells kept", kept(ready.cellNames.length, ready.quality.nGenesByCounts.length)],
      ["genes in the vocabulary", kept(match.matched, match.of)],
      ["highly variable genes", kept(tokens.genes.length, genes.names.length)],
      [
        "tokens a cell",
        `${Math.round(tokens.gene.length / Math.max(1, tokens.cells))} on average, ${ready.maxLength - 1} at most`,
      ],
      ["bins", `${ready.settings.nBins}`],
      ...(labels ? [[`classes of ${labels.column}`, `${labels.classes.length}`]] : []),
      ...(batches ? [[`batches of ${batches.column}`, `${batches.names.length}`]] : []),
    ],
  });
  const notes = tableView({ columns: ["notes"], rows: ready.notes.map((note) => [note]) });
  const join = (type: string) => `${summary[type]}\n${notes[type]}`;
  return { "text/html": join("text/html"), "text/plain": join("text/plain") };
}

/**
 * Histograms of genes and counts per cell, before any cell was filtered; of mitochondrial counts where they are known; and
 * of the cells that express each gene. Limits of the preparation are dashed lines.
 *
 * @throws where nothing is known of the cells' quality
 * @example
 * plotQuality(ready);
 */
export function plotQuality(ready: Prepared): Displayable {
  const { minGenes, maxGenes, maxCounts, maxPctMt, minCells } = ready.settings;
  const [genes, counts, share] = FIGURES;
  const distributions = [
    { label: genes.label, values: ready.quality[genes.figure], limits: { min: minGenes, max: maxGenes } },
    { label: counts.label, values: ready.quality[counts.figure], limits: { max: maxCounts } },
    { label: share.label, values: ready.quality[share.figure], limits: { max: maxPctMt } },
    { label: "cells per gene", of: "genes", values: ready.genes.nCellsByCounts, limits: { min: minCells } },
  ].filter(({ values }) => values.some(Number.isFinite));
  if (distributions.length === 0) throw unknownQuality(ready);
  return displayable(() =>
    histogramView(
      distributions.map(({ values, ...rest }) => ({ ...rest, values: values.filter(Number.isFinite) })),
      qualityTitle(ready),
    ),
  );
}

/**
 * Violins of genes and counts per cell, and of mitochondrial counts where they are known, as scanpy's `pl.violin`: of the cells
 * that were kept, by the values of an `obs` column.
 * @param ready the prepared cells
 * @param options how they are grouped
 * @param options.by the column; default: that of the batches where one was named, else all cells together
 * @throws where the prepared cells have no such column with few values, or nothing is known of their quality
 * @example
 * plotViolins(ready, { by: "bulk_labels" });
 */
export function plotViolins(
  ready: Prepared,
  { by = ready.batches?.column }: { by?: string } = {},
): Displayable {
  const { batches, labels, obs, rows } = ready;
  const columns: readonly { column: string; names: readonly string[]; codes: Int32Array }[] = [
    ...(batches ? [batches] : []),
    ...(labels ? [{ ...labels, names: labels.classes }] : []),
    ...obs,
  ];
  const found = columns.find(({ column }) => column === by);
  if (by !== undefined && !found)
    throw new CellkernelError(
      "option",
      `the option by is "${by}", but the prepared cells have no such obs column with few values; they have ${[...new Set(columns.map(({ column }) => column))].join(", ") || "none"}`,
      { option: "by", column: by },
    );
  const distributions = FIGURES.map(({ label, figure }) => ({
    label,
    values: Float64Array.from(rows, (row) => ready.quality[figure][row]),
  })).filter(({ values }) => values.some(Number.isFinite));
  if (distributions.length === 0) throw unknownQuality(ready);
  return displayable(() =>
    violinView({
      title: qualityTitle(ready) + (found ? `, by ${found.column}` : ""),
      distributions,
      ...(found && { groups: found.names, codes: found.codes }),
    }),
  );
}

/** The quality figures of a cell that are drawn. */
const FIGURES = [
  { label: "genes per cell", figure: "nGenesByCounts" },
  { label: "counts per cell", figure: "totalCounts" },
  { label: "mitochondrial counts, % of the cell's", figure: "pctCountsMt" },
] as const;

function qualityTitle({ quality: { from } }: Prepared): string {
  return from === "matrix" ? "Quality of the cells" : `Quality of the cells, from ${from}`;
}

function unknownQuality({ source }: Prepared): CellkernelError {
  return new CellkernelError(
    "nothing",
    `${source.path} holds no counts, and its obs no quality figures (n_genes, n_counts)`,
  );
}

/**
 * How variable each gene is at its mean, with the chosen genes marked.
 *
 * @throws where no variable genes were chosen
 * @example
 * plotVariableGenes(ready);
 */
export function plotVariableGenes(ready: Prepared): Displayable {
  const { names, highlyVariable, variability } = ready.genes;
  if (!variability)
    throw new CellkernelError(
      "nothing",
      "no variable genes were chosen: all genes were kept (the option nHvg is 0)",
    );
  const { flavor, means, spreadNorm } = variability;
  return displayable(() =>
    hvgView({
      genes: names,
      means,
      dispersions: spreadNorm,
      chosen: highlyVariable,
      measure: flavor === "seurat_v3" ? "standardised variance" : "normalised dispersion",
    }),
  );
}
