import type { AnnData } from "../../anndata/anndata.js";
import type { CellColumn } from "../../preprocess/labels.js";
import { CellkernelError } from "../../support/error.js";
import type { ColumnOffer } from "../../views/contract.js";
import type { EmbeddingPanel } from "../../views/types.js";
import type { CellsFile } from "./cellsFile.js";
import type { GeneReader } from "./geneReader.js";
import { columnPanel, obsPanel } from "./obsPanel.js";

/** Cells that views show, and what they can be coloured by. */
export interface TableParts {
  /** Names the table to pages: the same for the same cells. */
  id: string;
  /** [cells] */
  names: readonly string[];
  /** Int32 [cells], ascending: row of each in the file. */
  rows: Int32Array;
  /** What a model says of the cells, by name: colourings of all of them. */
  results: ReadonlyMap<string, () => EmbeddingPanel>;
  /** Columns of `obs` that are at hand. */
  obs: readonly CellColumn[];
  file: CellsFile;
  /** How the genes of the file are read. */
  genes(cells: AnnData): GeneReader;
  /** What to do where the file no longer holds these cells. */
  remedy: string;
}

/** Colourings that are kept for when they are asked for again. */
const KEPT = 16;

/** A table of cells whose columns are read from their file when they are asked for. */
export class CellTable {
  private readonly parts: TableParts;
  private readonly kept = new Map<string, Promise<EmbeddingPanel>>();
  private offered: Promise<ColumnOffer[]> | undefined;
  private cells: Map<number, number> | undefined;

  constructor(parts: TableParts) {
    this.parts = parts;
  }

  get id(): string {
    return this.parts.id;
  }

  get rows(): Int32Array {
    return this.parts.rows;
  }

  get path(): string {
    return this.parts.file.path;
  }

  /** The cell of a row of the file; undefined where the table has no such row. */
  cellOf(row: number): number | undefined {
    this.cells ??= new Map(Array.from(this.rows, (own, cell) => [own, cell]));
    return this.cells.get(row);
  }

  nameOf(cell: number): string {
    return this.parts.names[cell];
  }

  /** Names of what a model says of the cells. */
  get results(): string[] {
    return [...this.parts.results.keys()];
  }

  /** All that cells can be coloured by: results, then `obs`, then genes. */
  offers(): Promise<ColumnOffer[]> {
    this.offered ??= this.use(async (cells) => [
      ...this.results.map((name) => ({ name, kind: "result" as const })),
      ...cells.obs.columnNames().map((name) => ({ name, kind: "obs" as const })),
      ...this.parts.genes(cells).lookup.names.map((name) => ({ name, kind: "gene" as const })),
    ]);
    this.offered.catch(() => {
      this.offered = undefined;
    });
    return this.offered;
  }

  /**
   * All cells coloured by a result, an `obs` column or a gene, looked for in this order.
   * @throws where there is nothing of this name
   */
  panel(by: string, signal?: AbortSignal): Promise<EmbeddingPanel> {
    const known = this.kept.get(by);
    if (known) return known;
    const found = this.find(by, signal);
    this.kept.set(by, found);
    found.catch(() => this.kept.delete(by));
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    return found;
  }

  /** The file's cells, with columns that only this process knows: for the caller to close. */
  async open(): Promise<AnnData> {
    const cells = await this.parts.file.open();
    try {
      this.check(cells);
      return cells;
    } catch (error) {
      this.parts.file.close(cells);
      throw error;
    }
  }

  /** Closes what `open` gave, where nobody else has it. */
  release(cells: AnnData): void {
    this.parts.file.close(cells);
  }

  private async find(by: string, signal?: AbortSignal): Promise<EmbeddingPanel> {
    const { results, obs, rows } = this.parts;
    const result = results.get(by);
    if (result) return result();
    const column = obs.find((known) => known.column === by);
    if (column) return columnPanel(column);
    return this.use(async (cells) => {
      if (cells.obs.columnNames().includes(by)) return obsPanel(cells, by, rows);
      const { lookup, read } = this.parts.genes(cells);
      const gene = lookup.find(by);
      if (!gene) throw this.unknown(by, cells, lookup.names);
      const values = await read(gene.column, signal);
      return { title: gene.name, values: Float32Array.from(rows, (row) => values[row]) };
    });
  }

  private use<T>(use: (cells: AnnData) => T | Promise<T>): Promise<T> {
    return this.parts.file.use((cells) => {
      this.check(cells);
      return use(cells);
    });
  }

  /** @throws where the file has other cells by now */
  private check({ path, obsNames }: AnnData): void {
    const { names, rows, remedy } = this.parts;
    const other = rows.findIndex((row, cell) => obsNames[row] !== names[cell]);
    if (other < 0) return;
    const is = obsNames[rows[other]];
    throw new CellkernelError(
      "path",
      `${path} no longer holds the cells of this view: its row ${rows[other]} is ${is === undefined ? "not there" : JSON.stringify(is)}, not ${JSON.stringify(names[other])}. ${remedy}`,
      { path },
    );
  }

  private unknown(by: string, cells: AnnData, genes: readonly string[]): CellkernelError {
    const results = this.results.length > 0 ? `what the model says (${this.results.join(", ")}), ` : "";
    const columns = cells.obs.columnNames().join(", ") || "none";
    const alike = genes.filter((gene) => gene.toUpperCase().startsWith(by.slice(0, 3).toUpperCase()));
    const some = (alike.length > 0 ? alike : genes).slice(0, 5).join(", ");
    return new CellkernelError(
      "option",
      `cells can't be coloured by ${JSON.stringify(by)}: it is neither an obs column nor a gene of ${cells.path}. There are ${results}obs columns (${columns}) and ${genes.length} genes (for instance ${some})`,
      { option: "colorBy", by },
    );
  }
}

/** A colouring of some of the cells. */
export function takeCells<Panel extends EmbeddingPanel>(panel: Panel, cells: Int32Array): Panel {
  const take = (values: ArrayLike<number>) => Float64Array.from(cells, (cell) => values[cell]);
  if ("values" in panel) return { ...panel, values: take(panel.values) };
  const { codes, probabilities } = panel;
  return { ...panel, codes: take(codes), ...(probabilities && { probabilities: take(probabilities) }) };
}

/** What a colouring says of a cell, in words. */
export function wordOf(panel: EmbeddingPanel, cell: number): string {
  if ("values" in panel) {
    const value = panel.values[cell];
    return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "–";
  }
  return panel.categories[panel.codes[cell]] ?? "–";
}
