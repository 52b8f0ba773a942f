import { type Displayable, displayable } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { histogramView } from "../views/histogram.js";
import { hvgView } from "../views/hvg.js";
import { tableView } from "../views/table.js";

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
 * of the cells that express each gene.
 */
export function plotQuality(ready: Prepared): Displayable {
  const { nGenesByCounts, totalCounts, pctCountsMt, from } = ready.quality;
  const distributions = [
    { label: "genes per cell", values: nGenesByCounts },
    { label: "counts per cell", values: totalCounts },
    { label: "mitochondrial counts, % of the cell's", values: pctCountsMt },
    { label: "cells per gene", of: "genes", values: ready.genes.nCellsByCounts },
  ].filter(({ values }) => values.some(Number.isFinite));
  if (distributions.length === 0)
    throw new CellkernelError(
      "nothing",
      `${ready.source.path} holds no counts, and its obs no quality figures (n_genes, n_counts)`,
    );
  const title = from === "matrix" ? "Quality of the cells" : `Quality of the cells, from ${from}`;
  return displayable(() =>
    histogramView(
      distributions.map(({ values, ...rest }) => ({ ...rest, values: values.filter(Number.isFinite) })),
      title,
    ),
  );
}

/** How variable each gene is at its mean, with the chosen genes marked. */
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
