import type { AnnData } from "../anndata/anndata.js";
import { beyondLimits } from "../preprocess/cellLimits.js";
import { readBatches, readGroups, readLabels, silentBatches } from "../preprocess/labels.js";
import type { ValueRange } from "../preprocess/qc.js";
import { cellQuality } from "../preprocess/quality.js";
import type { Statistics } from "../preprocess/statistics.js";
import type { PreparationSettings } from "../settings/preparation.js";
import type { Prepared } from "../store/prepared.js";
import { longestCell, type TokenStore } from "../tokenize/tokens.js";
import { contentOf } from "./content.js";
import type { Decision } from "./decidePreparation.js";
import { describeGenes, type Genes, reportMatch } from "./genes.js";
import type { Found } from "./tokenizerFor.js";
import type { ValuesTaken } from "./valuesTaken.js";

/** What the cells and genes came to. */
export interface Counted extends Found, Statistics {
  qc: Statistics["qc"];
}

/**
 * Puts together what was decided of a file, what its cells and genes came to, and the tokens.
 * @param keys Int32 [kept cells × 2]: of `cellKey`
 */
export function assemblePrepared(
  { cells, settings, model, source, matrix, genes, ...decision }: Decision,
  statistics: Counted,
  tokens: TokenStore,
  keys: Int32Array,
): Prepared {
  const notes = [...decision.notes];
  const { cellType, batch } = settings;
  noteValues(settings, statistics.taken, statistics.range, notes);
  const match = reportMatch(genes, statistics, notes);
  const geneStatistics = describeGenes(genes, statistics);
  const kept = statistics.keptCells;
  const rows = Int32Array.from(kept.keys()).filter((row) => kept[row] === 1);
  const quality = cellQuality(cells, statistics, notes);
  if (statistics.outside > 0)
    notes.push(
      `${statistics.outside} cells are outside the limits and were left out: ${beyondLimits(quality, settings)}.`,
    );
  noteLosses(cells, genes, statistics, tokens, settings, notes);
  const batches = batch === undefined ? undefined : readBatches(cells, batch, kept, notes);
  if (batches && statistics.variable) {
    const { totalCounts } = statistics.qc.obs;
    const silent = silentBatches(
      batches,
      Float64Array.from(rows, (row) => totalCounts[row]),
    );
    if (silent.length > 0)
      notes.push(
        `Batches of one cell or without counts have no say in the choice of variable genes: ${silent.join(", ")}.`,
      );
  }
  return {
    tokens,
    vocabulary: genes.vocabulary,
    match,
    model,
    cellNames: Array.from(rows, (row) => cells.obsNames[row]),
    rows,
    keys,
    labels: cellType === undefined ? undefined : readLabels(cells, cellType, kept, notes, model?.classes),
    batches,
    obs: readGroups(cells, kept, [cellType, batch]),
    source: {
      path: cells.path,
      content: contentOf(cells.nObs, tokens, rows, keys),
      matrix,
      why: source.reason,
    },
    quality,
    genes: geneStatistics,
    notes,
    settings,
    recipe: {
      genes: tokens.genes,
      totalGenes: genes.names.filter((_, gene) => statistics.keptGenes[gene] === 1),
      column: genes.column,
      ...(genes.idColumn === undefined ? {} : { idColumn: genes.idColumn }),
      matrix,
      looked: source.contents.kind,
      logged: statistics.taken.logged || !settings.doNorm,
    },
    maxLength: longestCell(tokens) + 1,
  };
}

/** Says what the values were taken for. */
function noteValues(
  { doNorm, values, nHvg, hvgFlavor }: PreparationSettings,
  { counts, logged }: ValuesTaken,
  range: ValueRange,
  notes: string[],
): void {
  if (!doNorm)
    notes.push("The values were taken as they are: neither normalised nor logged (do_norm: false).");
  else if (logged)
    notes.push(
      values === undefined
        ? `Normalisation and log1p were skipped: the values look logged already (largest ${range.max.toPrecision(4)}, smallest above zero ${range.smallestNonZero.toPrecision(3)}). If they are counts, say so: values: "counts" (--values counts).`
        : "Normalisation and log1p were skipped, as values asks for.",
    );
  else if (!range.integers)
    notes.push(
      values === undefined
        ? 'The values have fractions and do not look logged: they were normalised and logged as counts are. If they are logged, say so: values: "logged" (--values logged).'
        : "The values were normalised and logged, as values asks for.",
    );
  if (nHvg > 0 && hvgFlavor === "seurat_v3" && !counts)
    notes.push(
      "seurat_v3 needs counts, which this matrix does not hold: variable genes were chosen by cell_ranger on the logged values.",
    );
}

function noteLosses(
  cells: AnnData,
  genes: Genes,
  { keptGenes, variable, outside }: Statistics,
  tokens: TokenStore,
  { minCells }: PreparationSettings,
  notes: string[],
): void {
  const count = (flags: Uint8Array) => flags.reduce((sum, flag) => sum + flag, 0);
  const known = genes.ids.filter((id) => id >= 0).length;
  const keptN = count(keptGenes);
  if (keptN < known)
    notes.push(
      `${known - keptN} genes ${minCells ? "are in too few cells or " : ""}have too few counts and were left out.`,
    );
  const few = cells.nObs - outside - tokens.cells;
  if (few > 0) notes.push(`${few} cells have too few counts and were left out.`);
  if (variable)
    notes.push(
      `${count(variable.highlyVariable)} of ${keptN} genes were chosen as highly variable (${variable.flavor}).`,
    );
  let empty = 0;
  for (let cell = 0; cell < tokens.cells; cell++)
    if (tokens.indptr[cell] === tokens.indptr[cell + 1]) empty++;
  if (empty > 0)
    notes.push(`${empty} cells express none of the chosen genes: the model sees nothing of them but <cls>.`);
}
