import type { AnnData } from "../anndata/anndata.js";
import { type ChosenMatrix, chooseMatrix } from "../anndata/chooseMatrix.js";
import { kindName } from "../anndata/contents.js";
import { RowSubset } from "../anndata/matrices/subset.js";
import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import type { Expression } from "../evaluate/wilcoxon.js";
import { limitsSet, type Within, withinLimits } from "../preprocess/cellLimits.js";
import { readBatches, readGroups, readLabels } from "../preprocess/labels.js";
import type { NewCellsOptions, PredictionOptions } from "../settings/prediction.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import type { Species } from "../tokenize/geneTable.js";
import type { Recipe } from "../tokenize/recipe.js";
import { LEFT_OUT, TOTAL_ONLY, Tokenizer } from "../tokenize/tokenizer.js";
import { joinStores, longestCell, type TokenStore } from "../tokenize/tokens.js";
import { contentOf } from "./content.js";
import { GeneLookup } from "./explore/geneLookup.js";
import { type GeneReader, readGene } from "./explore/geneReader.js";
import { expressionOf } from "./expression.js";
import { checkOverlap } from "./fewGenes.js";
import { genePlaces } from "./genePlaces.js";
import { findGenes, type Genes, otherwiseNotes } from "./genes.js";
import { labelOf, matrixName } from "./preprocess.js";
import type { Run } from "./run.js";
import { refuseTurned } from "./turned.js";

/** Cells, and entries of the matrix, that are held at a time. */
const CHUNK_CELLS = 8192;
const CHUNK_ENTRIES = 16e6;

/** Tokens of some cells of a file. */
export interface TokenChunk {
  tokens: TokenStore;
  /** Int32 [cells]: row of each in the file. */
  rows: Int32Array;
  /** Int32 [cells × 2]: see `cellKey`. */
  keys: Int32Array;
}

/** New cells, prepared as those of a run: as much of a preparation as is needed to predict and to compare. */
export type NewCells = Pick<
  Prepared,
  "tokens" | "keys" | "rows" | "cellNames" | "labels" | "batches" | "obs" | "source" | "notes" | "maxLength"
>;

/** How new cells are to be read. */
export type ReplayOptions = NewCellsOptions & Pick<PredictionOptions, "fewGenes">;

/**
 * The preparation of new cells exactly as that of a run's own: what was decided there is taken from its recipe, so that
 * the same cell gets the same tokens. Nothing is read but a sample before the chunks are asked for.
 */
export class Replay {
  /** The run's genes that the file has, in the run's order: the columns of the tokens. */
  readonly genes: string[];
  /** Species of the cells, where it was said here or in the training. */
  readonly species: Species | undefined;
  /** What the user must see. */
  readonly notes: string[] = [];
  private readonly source: ChosenMatrix;
  private readonly columns: Genes;
  private readonly target: Int32Array;
  private readonly logged: boolean;
  /** Absent where no limits were set in the training, or the file does not say what they limit. */
  private readonly within: Within | undefined;
  private outside = 0;

  /** @throws where the file can't be read as the run's, or has too few of its genes */
  constructor(
    private readonly run: Run,
    readonly cells: AnnData,
    options: ReplayOptions,
  ) {
    const { recipe, preparation } = run.parts;
    if (cells.nObs === 0 || cells.nVars === 0)
      throw new CellkernelError(
        "nothing",
        `${cells.path} is empty: ${cells.nObs} cells × ${cells.nVars} genes.`,
        { path: cells.path },
      );
    this.source = chooseLike(cells, recipe, options.matrix, this.notes);
    const { kind } = this.source.contents;
    const looksLogged = kind === recipe.looked ? recipe.logged : kind === "logged";
    const { doNorm } = preparation;
    this.logged = !doNorm || (options.values === undefined ? looksLogged : options.values === "logged");
    this.notes.push(this.source.reason);
    if (!doNorm) this.notes.push("The values were taken as they are, as those of the training.");
    else if (this.logged)
      this.notes.push("Normalisation and log1p were skipped: the values look logged already.");
    this.species = options.species ?? preparation.species;
    this.columns = genesLike(run, cells, this.source, options.geneColumn, this.species);
    const { names, ids, column, texts } = this.columns;
    const there = new Set(names.filter((_, gene) => ids[gene] >= 0));
    this.genes = recipe.genes.filter((gene) => there.has(gene));
    const overlap = {
      file: cells.path,
      run: run.name,
      runGenes: recipe.genes,
      fileGenes: texts,
      runNames: this.columns.genes,
      found: new Set(this.genes),
    };
    refuseTurned(this.source, ids, run.vocabulary, `${labelOf(this.source)} of ${cells.path}`);
    // A warning stands before everything else.
    const said = checkOverlap(overlap, options.fewGenes === true);
    this.notes.unshift(...said.filter((note) => note.startsWith("WARNING")));
    this.notes.push(...said.filter((note) => !note.startsWith("WARNING")));
    if (column !== recipe.column)
      this.notes.push(`Gene names were taken from ${column} (the run's from ${recipe.column}).`);
    this.notes.push(...otherwiseNotes(this.columns));
    if (this.columns.repeated > 0)
      this.notes.push(
        `${this.columns.repeated} columns name a gene again and were ${this.columns.summed ? "added to its first column" : "left out"}, as in the training.`,
      );
    const { within, unknown } = withinLimits(
      ...([cells, names, kind === "counts" || kind === "binary", preparation] as const),
    );
    this.within = within;
    if (unknown.length > 0)
      this.notes.push(
        `The cells are not held against ${unknown.join(", ")}, as those of the training were: the file does not say what ${unknown.length === 1 ? "it limits" : "they limit"}.`,
      );
    const tokenOf = new Map(this.genes.map((gene, i) => [gene, i]));
    this.target = Int32Array.from(names, (gene, column) =>
      ids[column] < 0 ? LEFT_OUT : (tokenOf.get(gene) ?? TOTAL_ONLY),
    );
  }

  /** The matrix that is read. */
  get matrix(): string {
    return labelOf(this.source);
  }

  /** Why that one. */
  get why(): string {
    return this.source.reason;
  }

  /**
   * The cells' tokens, in the file's order, some at a time.
   * @param strictly leaves out cells outside the limits that those of the training were held to; else they are counted
   * @param rows Int32, ascending: those of the file's that are wanted; absent: all
   */
  *chunks(strictly: boolean, rows?: Int32Array): Iterable<TokenChunk> {
    for (const chunk of this.chunksOf(this.matrixOf(rows), strictly, rows))
      yield rows ? { ...chunk, rows: chunk.rows.map((row) => rows[row]) } : chunk;
  }

  /**
   * Expression of the run's genes in some cells, normalised and logged as before their tokens were made.
   * @param rows Int32, ascending
   */
  expression(rows: Int32Array): Expression {
    const targetSum = this.logged ? undefined : this.run.parts.preparation.normalizeTotal;
    return expressionOf(this.matrixOf(rows), this.genes, this.target, targetSum);
  }

  /** All genes of the file, as the run's vocabulary calls them or else the file does, normalised and logged like the run's. */
  get allGenes(): GeneReader {
    const { texts, matrix, names } = this.columns;
    // Where columns of a gene were added up, the matrix has fewer of them than the file.
    const places = texts.length === names.length ? [names, texts] : [names];
    const targetSum = this.logged ? undefined : this.run.parts.preparation.normalizeTotal;
    return {
      lookup: new GeneLookup(places),
      read: (column, signal) => readGene(matrix, column, { targetSum, target: this.target }, signal),
    };
  }

  private matrixOf(rows: Int32Array | undefined): RowMatrix {
    return rows ? new RowSubset(this.columns.matrix, rows) : this.columns.matrix;
  }

  private *chunksOf(matrix: RowMatrix, strictly: boolean, rows?: Int32Array): Iterable<TokenChunk> {
    let blocks: CsrBlock[] = [];
    let [cells, entries] = [0, 0];
    for (const block of matrix.blocks()) {
      const full = cells + block.rows > CHUNK_CELLS || entries + block.data.length > CHUNK_ENTRIES;
      if (blocks.length > 0 && full) {
        yield this.tokens(blocks, cells, entries, strictly, rows);
        blocks = [];
        [cells, entries] = [0, 0];
      }
      blocks.push(block);
      cells += block.rows;
      entries += block.data.length;
    }
    if (blocks.length > 0) yield this.tokens(blocks, cells, entries, strictly, rows);
  }

  private tokens(
    blocks: CsrBlock[],
    cells: number,
    entries: number,
    strictly: boolean,
    chosen?: Int32Array,
  ): TokenChunk {
    const { preparation } = this.run.parts;
    const { nBins, includeZeroGene, seed, normalizeTotal } = preparation;
    const { genes, target } = this;
    const keep = new Uint8Array(cells);
    const first = blocks[0].start;
    const own = blocks.map((block) => ({ ...block, start: block.start - first }));
    own.forEach((block, i) => {
      this.filter(block, keep, this.within?.(blocks[i], chosen));
    });
    this.outside += keep.reduce((sum, inside) => sum + 1 - inside, 0);
    if (!strictly) keep.fill(1);
    const tokenizer = new Tokenizer({
      ...{ genes, target, nBins, includeZeroGene, seed, cells },
      geneIds: Int32Array.from(genes, (gene) => this.run.vocabulary.id(gene)!),
      targetSum: this.logged ? undefined : normalizeTotal,
      tokens: includeZeroGene ? cells * genes.length : entries,
    });
    for (const block of own) tokenizer.add(block, keep);
    const rows = Int32Array.from(keep.keys()).filter((row) => keep[row] === 1);
    return { tokens: tokenizer.store(), rows: rows.map((row) => first + row), keys: tokenizer.addedKeys };
  }

  /** Marks the cells that are as the run's cells had to be. */
  private filter(
    { start, rows, indptr, indices, data }: CsrBlock,
    keep: Uint8Array,
    within?: Uint8Array,
  ): void {
    const least = this.run.parts.preparation.filterCellByCounts;
    for (let row = 0; row < rows; row++) {
      let total = 0;
      for (let p = indptr[row]; p < indptr[row + 1]; p++)
        if (this.target[indices[p]] !== LEFT_OUT) total += data[p];
      keep[start + row] = total >= least && within?.[row] !== 0 ? 1 : 0;
    }
  }

  /** What the reader must know of the cells that went by outside the limits. @param fate what became of them */
  outsideNotes(fate: string): string[] {
    const { filterCellByCounts, ...preparation } = this.run.parts.preparation;
    const counts = filterCellByCounts > 0 ? [["filterCellByCounts", filterCellByCounts]] : [];
    const said = [...limitsSet(preparation), ...counts].map(([name, limit]) => `${name} ${limit}`).join(", ");
    return this.outside > 0
      ? [
          `${this.outside} cells are outside the limits that those of the training were held to (${said}): ${fate}.`,
        ]
      : [];
  }
}

/** All cells of a file at once, with their labels: to be compared with the truth. */
export function prepareAgain(run: Run, cells: AnnData, options: ReplayOptions): NewCells {
  const replay = new Replay(run, cells, options);
  const { notes, matrix, why } = replay;
  const { preparation } = run.parts;
  const chunks = [...replay.chunks(true)];
  const tokens = joinStores(chunks.map((chunk) => chunk.tokens));
  const rows = joinArrays(chunks.map((chunk) => chunk.rows));
  const keys = joinArrays(chunks.map((chunk) => chunk.keys));
  const keep = new Uint8Array(cells.nObs);
  for (const row of rows) keep[row] = 1;
  notes.push(...replay.outsideNotes("they were left out, as there"));
  const cellType = options.cellType ?? preparation.cellType;
  const batch = options.batch ?? (hasColumn(cells, preparation.batch) ? preparation.batch : undefined);
  return {
    ...{ tokens, rows, keys, notes, maxLength: longestCell(tokens) + 1 },
    cellNames: Array.from(rows, (row) => cells.obsNames[row]),
    labels: cellType === undefined ? undefined : readLabels(cells, cellType, keep, notes, run.classes),
    batches: batch === undefined ? undefined : readBatches(cells, batch, keep, []),
    obs: readGroups(cells, keep, [cellType, batch]),
    source: { path: cells.path, content: contentOf(cells.nObs, tokens, rows, keys), matrix, why },
  };
}

function joinArrays(arrays: Int32Array[]): Int32Array {
  const joined = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}

function hasColumn(cells: AnnData, column: string | undefined): boolean {
  return column !== undefined && cells.obs.columnNames().includes(column);
}

/** The matrix that was asked for, or that of the run's cells where the file has one that holds the like, or the best. */
function chooseLike(
  cells: AnnData,
  recipe: Recipe,
  wanted: string | undefined,
  notes: string[],
): ChosenMatrix {
  if (wanted !== undefined) return chooseMatrix(cells, matrixName(wanted), "counts");
  const { matrix } = recipe;
  const there = matrix === "X" ? cells.X : matrix === "raw" ? cells.raw : cells.layers.get(matrix);
  if (there) {
    const same = chooseMatrix(cells, matrixName(matrix), "counts");
    const { kind } = same.contents;
    if (kind === recipe.looked)
      return { ...same, reason: `Took ${matrix}, as in the training; it holds ${kindName(kind)}.` };
  }
  const other = chooseMatrix(cells, undefined, "counts");
  notes.push(`The run's cells were read from ${matrix}, which held ${recipe.looked}; here it does not.`);
  return other;
}

/**
 * The run's genes in a file: found as those of the run were, in the whole vocabulary, so that no column comes to a gene
 * that it would not have come to there. They are looked for where the run's names and ids were, where the file has that
 * place and as good as all of them there: at another place may be as many by chance, but hardly more.
 */
function genesLike(
  run: Run,
  cells: AnnData,
  source: ChosenMatrix,
  geneColumn: string | undefined,
  species: Species | undefined,
): Genes {
  const { recipe, preparation } = run.parts;
  const places = genePlaces(cells, source, geneColumn);
  const { duplicates, renamed } = preparation;
  const find = (column?: string) =>
    findGenes(source, places, run.vocabulary, {
      ...{ geneColumn, duplicates, renamed, species, column },
      // A column that was asked for had the say alone.
      idColumn: preparation.geneColumn === undefined ? recipe.idColumn : null,
    });
  const best = find();
  const like = best.column === recipe.column ? best : find(recipe.column);
  const counted = new Set(recipe.totalGenes);
  const known = ({ genes }: Genes) => genes.filter((gene) => gene !== undefined && counted.has(gene)).length;
  const found = like.column === recipe.column && known(like) >= 0.9 * known(best) ? like : best;
  return { ...found, ids: found.ids.map((id, gene) => (counted.has(found.names[gene]) ? id : -1)) };
}
