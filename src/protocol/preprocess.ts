import type { AnnData } from "../anndata/anndata.js";
import { type ChosenMatrix, chooseMatrix } from "../anndata/chooseMatrix.js";
import type { RowMatrix } from "../anndata/matrix.js";
import { withView } from "../host/displayable.js";
import { beyondLimits, limitsSet, withinLimits } from "../preprocess/cellLimits.js";
import {
  type CellBatches,
  readBatches,
  readGroups,
  readLabels,
  silentBatches,
} from "../preprocess/labels.js";
import { cellQuality } from "../preprocess/quality.js";
import { gatherStatistics, type Pass, type Statistics } from "../preprocess/statistics.js";
import { PREPARATION, type PreparationSettings } from "../settings/preparation.js";
import { resolve } from "../settings/setting.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { DEFAULT_BINS } from "../tokenize/bin.js";
import { Tokenizer } from "../tokenize/tokenizer.js";
import { longestCell, type TokenStore } from "../tokenize/tokens.js";
import { contentOf } from "./content.js";
import { describeGenes, type Genes, genesOf, reportMatch, sharedGenes, tokenTargets } from "./genes.js";
import { preparedView } from "./preparedViews.js";
import type { PreprocessOptions } from "./preprocessOptions.js";
import { Meter } from "./progress.js";

/**
 * Makes cells ready for the model, in the order of the published protocol: genes of the vocabulary, filters,
 * normalisation, logarithm, highly variable genes, bins. Reads the matrix twice by blocks of rows (docs/preprocess.md
 * says when once more) and never holds it.
 *
 * @throws on what it cannot mend (no such column, no gene in the vocabulary, values that are no expression), with
 *   the remedy
 * @example
 * const ready = await preprocess(cells, { cellType: "bulk_labels", model, nHvg: 64 });
 * ready.labels?.classes.length; // → 10
 * ready.notes; // what was decided, and what to look at
 */
export async function preprocess(cells: AnnData, options: PreprocessOptions = {}): Promise<Prepared> {
  const notes: string[] = [];
  const { model } = options;
  const checked = resolve(PREPARATION, options);
  const settings = { ...checked, nBins: checked.nBins ?? model?.args.n_bins ?? DEFAULT_BINS };
  const { cellType, batch } = settings;
  if (cells.nObs === 0 || cells.nVars === 0)
    throw new CellkernelError(
      "nothing",
      `${cells.path} is empty: ${cells.nObs} cells × ${cells.nVars} genes.`,
      { path: cells.path },
    );
  const source = chooseMatrix(cells, matrixName(options.matrix), "counts");
  const matrix = options.matrix ?? labelOf(source);
  notes.push(source.reason);
  // Labels are read again once cells are filtered; a wrong column is to be said before the long work.
  const all = new Uint8Array(cells.nObs).fill(1);
  if (cellType !== undefined) readLabels(cells, cellType, all, [], model?.classes);
  const batchCodes = batch === undefined ? undefined : readBatches(cells, batch, all, []);
  const found = genesOf(cells, source, `${matrix} of ${cells.path}`, settings, options);
  const genes =
    settings.genesOf === undefined
      ? found
      : await sharedGenes(found, settings.genesOf, cells.path, settings, notes);

  const pass = passesOver(genes.matrix, options);
  const { logged, ...statistics } = await statisticsOf(
    ...([cells, source, matrix, genes, batchCodes, settings, pass, notes] as const),
  );
  const match = reportMatch(genes, statistics, notes);
  const geneStatistics = describeGenes(genes, statistics);
  const tokenizer = createTokenizer(genes, { ...statistics, logged }, tokenTargets(geneStatistics), settings);
  await passesOver(genes.checked, options)("tokens", (block) => tokenizer.add(block, statistics.keptCells));
  const tokens = tokenizer.store();

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
  const ready: Prepared = {
    tokens,
    vocabulary: genes.vocabulary,
    match,
    model,
    cellNames: Array.from(rows, (row) => cells.obsNames[row]),
    rows,
    keys: tokenizer.addedKeys,
    labels: cellType === undefined ? undefined : readLabels(cells, cellType, kept, notes, model?.classes),
    batches,
    obs: readGroups(cells, kept, [cellType, batch]),
    source: {
      path: cells.path,
      content: contentOf(cells.nObs, tokens, rows, tokenizer.addedKeys),
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
      logged: logged || !settings.doNorm,
    },
    maxLength: longestCell(tokens) + 1,
  };
  return withView(ready, preparedView);
}

/** Layers go by their name. */
export function matrixName(name: string | undefined) {
  return name === undefined || name === "X" || name === "raw" ? name : { layer: name };
}

/** "X", "raw" or the layer's name. */
export function labelOf({ name }: Pick<ChosenMatrix, "name">): string {
  return typeof name === "string" ? name : name.layer;
}

function passesOver(matrix: RowMatrix, options: PreprocessOptions): Pass {
  return async (stage, visit) => {
    const meter = new Meter(stage, matrix.shape[0], options);
    for (const block of matrix.blocks()) {
      visit(block);
      await meter.advance(block.rows);
    }
  };
}

/** No logarithm of anything measured is larger: what a sample did not show. */
const MOST_LOGGED = 30;

/** What the first pass found, and whether the values are logged. */
type LookedAt = Statistics & { logged: boolean };

/** The first pass; done again in the rare case that the whole matrix is not what a part of it looked like. */
async function statisticsOf(
  cells: AnnData,
  source: ChosenMatrix,
  matrix: string,
  genes: Genes,
  batches: CellBatches | undefined,
  settings: PreparationSettings,
  pass: Pass,
  notes: string[],
): Promise<LookedAt> {
  const { filterGeneByCounts, filterCellByCounts, doNorm, normalizeTotal, nHvg, hvgFlavor, values } =
    settings;
  const { minCells } = settings;
  const limited = limitsSet(settings).length > 0;
  const gather = (counts: boolean, logged: boolean) => {
    const { within, unknown } = withinLimits(cells, genes.names, counts, settings);
    if (unknown.length > 0) throw unknownFigures(unknown, `${matrix} of ${cells.path}`);
    const flavor = hvgFlavor === "seurat_v3" && !counts ? "cell_ranger" : hvgFlavor;
    return gatherStatistics(
      {
        name: `${matrix} of ${cells.path}`,
        cells: cells.nObs,
        geneNames: genes.names,
        known: Uint8Array.from(genes.ids, (id) => (id >= 0 ? 1 : 0)),
        batches: batches?.codes,
        nBatches: batches?.names.length ?? 1,
        within,
        minCells,
        filterGeneByCounts,
        filterCellByCounts,
        targetSum: normalizeTotal,
        variable: nHvg === 0 ? undefined : { flavor, nTopGenes: nHvg },
        logged: logged || !doNorm,
      },
      pass,
    );
  };
  const { kind } = source.contents;
  const looksLogged = values === undefined ? kind === "logged" : values === "logged";
  const whole = !looksLogged && (kind === "counts" || kind === "binary");
  let statistics = await gather(whole, looksLogged);
  const { range } = statistics;
  const logged = looksLogged && (values !== undefined || range.max <= MOST_LOGGED);
  const counts = range.integers && !logged;
  if ((nHvg > 0 || limited) && (counts !== whole || logged !== looksLogged))
    statistics = await gather(counts, logged);
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
  return { ...statistics, logged };
}

function createTokenizer(
  genes: Genes,
  { qc, logged, keptCells }: LookedAt,
  target: Int32Array,
  { nBins, seed, includeZeroGene, doNorm, normalizeTotal }: PreparationSettings & { nBins: number },
): Tokenizer {
  const columns = Int32Array.from(target.keys()).filter((column) => target[column] >= 0);
  const cells = keptCells.reduce((sum, flag) => sum + flag, 0);
  const expressed = columns.reduce((sum, column) => sum + qc.var.nCellsByCounts[column], 0);
  return new Tokenizer({
    genes: Array.from(columns, (column) => genes.names[column]),
    geneIds: columns.map((column) => genes.ids[column]),
    target,
    targetSum: logged || !doNorm ? undefined : normalizeTotal,
    nBins,
    includeZeroGene,
    seed,
    cells,
    tokens: includeZeroGene ? cells * columns.length : expressed,
  });
}

/** A limit on figures that the file does not have. */
function unknownFigures(limits: string[], name: string): CellkernelError {
  const [option] = limits;
  return new CellkernelError(
    "option",
    `${name} holds no counts, and obs has no column that says what ${limits.join(", ")} ${limits.length === 1 ? "limits" : "limit"}: expected n_genes_by_counts, total_counts or pct_counts_mt (or as Seurat calls them); leave the limit out, or add the column`,
    { option },
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
