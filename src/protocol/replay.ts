import type { AnnData } from "../anndata/anndata.js";
import { matrixAgain } from "../anndata/chooseMatrix.js";
import { RowSubset } from "../anndata/matrices/subset.js";
import type { CsrBlock, RowMatrix } from "../anndata/matrix.js";
import type { Expression } from "../evaluate/wilcoxon.js";
import { limitsSet, type Within, withinBy } from "../preprocess/cellLimits.js";
import { readBatches, readGroups, readLabels } from "../preprocess/labels.js";
import { mergeColumns } from "../preprocess/lazy.js";
import type { Prepared } from "../store/prepared.js";
import { LEFT_OUT, Tokenizer } from "../tokenize/tokenizer.js";
import { joinStores, longestCell, type TokenStore } from "../tokenize/tokens.js";
import { contentOf } from "./content.js";
import { GeneLookup } from "./explore/geneLookup.js";
import { type GeneReader, readGene } from "./explore/geneReader.js";
import { expressionOf } from "./expression.js";
import { labelOf } from "./matrixName.js";
import { decideReading, type Reading, type ReplayOptions } from "./reading.js";
import type { Run } from "./run.js";

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

/**
 * The preparation of new cells exactly as that of a run's own: what was decided there is taken from its recipe, so that
 * the same cell gets the same tokens. Nothing is read but a sample before the chunks are asked for.
 */
export class Replay {
  /** The run's genes that the file has, in the run's order: the columns of the tokens. */
  readonly genes: string[];
  private readonly target: Int32Array;
  private readonly chosen: RowMatrix;
  /** Absent where no limits were set in the training, or the file does not say what they limit. */
  private readonly within: Within | undefined;
  /** What the user must see. */
  readonly notes: string[];
  /** Cells that went by outside the limits of the training. */
  outside = 0;

  /**
   * @param cells those of a file, or some of them
   * @param reading how the file is read
   */
  constructor(
    private readonly run: Run,
    readonly cells: AnnData,
    readonly reading: Reading,
  ) {
    const { names, merged, genes, target, limits, notes } = reading;
    const { matrix } = matrixAgain(cells, reading);
    this.chosen = merged ? mergeColumns(matrix, merged, names.length) : matrix;
    this.genes = genes;
    this.notes = [...notes];
    this.target = target;
    this.within = withinBy(cells, names, limits, run.parts.preparation);
  }

  /** @throws where the file can't be read as the run's, or has too few of its genes */
  static of(run: Run, cells: AnnData, options: ReplayOptions): Replay {
    return new Replay(run, cells, decideReading(run, cells, options));
  }

  /** The matrix that is read. */
  get matrix(): string {
    return labelOf(this.reading);
  }

  /** Why that one. */
  get why(): string {
    return this.reading.why;
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
    const targetSum = this.reading.logged ? undefined : this.run.parts.preparation.normalizeTotal;
    return expressionOf(this.matrixOf(rows), this.genes, this.target, targetSum);
  }

  /** All genes of the file, as the run's vocabulary calls them or else the file does, normalised and logged like the run's. */
  get allGenes(): GeneReader {
    const { texts, names } = this.reading;
    const matrix = this.chosen;
    // Where columns of a gene were added up, the matrix has fewer of them than the file.
    const places = texts?.length === names.length ? [names, texts] : [names];
    const targetSum = this.reading.logged ? undefined : this.run.parts.preparation.normalizeTotal;
    return {
      lookup: new GeneLookup(places),
      read: (column, signal) => readGene(matrix, column, { targetSum, target: this.target }, signal),
    };
  }

  private matrixOf(rows: Int32Array | undefined): RowMatrix {
    return rows ? new RowSubset(this.chosen, rows) : this.chosen;
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
      targetSum: this.reading.logged ? undefined : normalizeTotal,
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
    return outsideNotes(this.run, this.outside, fate);
  }
}

/** What the reader must know of so many cells outside the limits of a run's preparation. @param fate what became of them */
export function outsideNotes(run: Run, outside: number, fate: string): string[] {
  if (outside === 0) return [];
  const { filterCellByCounts, ...preparation } = run.parts.preparation;
  const counts = filterCellByCounts > 0 ? [["filterCellByCounts", filterCellByCounts]] : [];
  const said = [...limitsSet(preparation), ...counts].map(([name, limit]) => `${name} ${limit}`).join(", ");
  return [
    `${outside} cells are outside the limits that those of the training were held to (${said}): ${fate}.`,
  ];
}

/** All cells of a file at once, with their labels: to be compared with the truth. */
export function prepareAgain(run: Run, cells: AnnData, options: ReplayOptions): NewCells {
  const replay = Replay.of(run, cells, options);
  const { matrix, why } = replay;
  const { notes } = replay;
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
