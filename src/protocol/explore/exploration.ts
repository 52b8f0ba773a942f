import { randomUUID } from "node:crypto";
import type { AnnData } from "../../anndata/anndata.js";
import { host, type MimeBundle } from "../../host/host.js";
import { interruption } from "../../host/interruption.js";
import { CellkernelError } from "../../support/error.js";
import { coloredAlone, panelData } from "../../views/coloring.js";
import type { CellValues, ColumnOffers } from "../../views/contract.js";
import { embeddingView } from "../../views/embedding.js";
import { shownName } from "../../views/names.js";
import type { EmbeddingPanel } from "../../views/types.js";
import { type CellTable, takeCells, wordOf } from "./cellTable.js";
import { labelledCells } from "./labelledCells.js";
import { Pages, type SentColor, type SentSelection } from "./pages.js";

/** Some cells of a map. */
export interface SelectedCells {
  /** Uint32, ascending: rows of the file, from 0. */
  rows: Uint32Array;
  /** [rows] names of the cells. */
  names: string[];
  /** What they are, in words; empty where nobody said. */
  what: string;
}

/** Cells to be selected: some that were selected or found, or rows of the file, from 0. */
export type CellsToSelect = ArrayLike<number> | { rows: ArrayLike<number>; what?: string };

/** How cells lie on a map, and what it shows of them. */
export interface MapParts {
  title: string;
  axes?: readonly [string, string];
  table: CellTable;
  /** Int32: the cells that are drawn, and [drawn] where. */
  drawn: Int32Array;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  colorBy: readonly string[];
  tooltip: readonly string[];
  /** What made the results, for the provenance of labels. */
  madeBy?: Record<string, string>;
}

/** Colourings that stand side by side. */
const PANELS = 3;
/** Columns that are offered at a time, and cells that are told of at a time. */
const OFFERED = 50;
const TOLD = 100;

/**
 * A map of cells that is explored in a page and in code: as a cell's last expression it shows itself, and what is selected
 * in one is known to the other. Colourings, names and values that the notebook doesn't hold come from the kernel.
 *
 * @example
 * const map = report.explore({ colorBy: ["truth", "prediction", "margin", "NKG7"] });
 * map.select(report.mistakes()); // or by the lasso in the page: await map.nextSelection()
 * const labelled = await map.label("my NK cells");
 * map; // as the last expression: the view
 */
export interface Exploration {
  /** The cells that are selected, as far as is known: nothing is waited for. */
  readonly selection: SelectedCells;

  /**
   * The cells that are selected next in the page.
   * @throws the signal's reason when it is aborted, or when the cell that waits is interrupted
   */
  nextSelection(options?: { signal?: AbortSignal }): Promise<SelectedCells>;

  /** Calls back whenever other cells are selected in the page; returns what ends that. */
  onSelect(listener: (selection: SelectedCells) => void): () => void;

  /**
   * Selects cells in all pages that show the map, now or later; none clear the selection.
   * @throws where the map has no such row
   */
  select(cells: CellsToSelect): void;

  /**
   * Colours the last panel by something else: what the model says, an `obs` column or a gene.
   * @throws where there is nothing of this name
   */
  colorBy(by: string): Promise<void>;

  /**
   * The cells of the file with a further column of `obs`: true for those that are selected. How that came about stands in
   * `uns["cellkernel"]["labels"]`. Nothing is written; the cells are for the caller to close. Labels that were given
   * before come along, and cells can be coloured by them.
   *
   * @throws where nothing is selected, or the file has a column of this name
   * @example
   * const map = explore(cells);
   * map.select([0, 1]);
   * await writeH5ad(await map.label("my cell"), "with_label.h5ad");
   */
  label(name: string): Promise<AnnData>;

  /** Lets go of the pages: they keep what they show, and can ask for nothing more. */
  close(): void;
}

/** See {@link Exploration}. */
export class CellMap implements Exploration {
  private readonly parts: MapParts;
  private readonly view = randomUUID();
  private readonly pages: Pages | undefined;
  private readonly listeners = new Set<(selection: SelectedCells) => void>();
  private readonly waiting = new Set<(selection: SelectedCells) => void>();
  private readonly labels = new Map<string, SelectedCells>();
  private selected: SentSelection = { rows: new Uint32Array(0), what: "" };
  private color: SentColor | undefined;

  constructor(parts: MapParts) {
    this.parts = parts;
    const notebook = host();
    this.pages =
      notebook &&
      new Pages(notebook, this.view, {
        selection: () => this.selected,
        color: () => this.color,
        columns: (search) => this.offers(search),
        colorBy: (by) => this.sentColor(by),
        cells: (rows) => this.describe(rows),
        find: (name) => this.find(name),
        selected: (selection) => this.hear(selection),
      });
  }

  get selection(): SelectedCells {
    return this.named(this.selected);
  }

  nextSelection({ signal: given }: { signal?: AbortSignal } = {}): Promise<SelectedCells> {
    const signal = interruption(given);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const end = () => {
        this.waiting.delete(take);
        signal?.removeEventListener("abort", abort);
      };
      const take = (selection: SelectedCells) => {
        end();
        resolve(selection);
      };
      const abort = () => {
        end();
        reject(signal!.reason);
      };
      this.waiting.add(take);
      signal?.addEventListener("abort", abort);
    });
  }

  onSelect(listener: (selection: SelectedCells) => void): () => void {
    const own = host()?.ofThisCell(listener) ?? listener;
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  }

  select(cells: CellsToSelect): void {
    const { rows, what = "" } = "rows" in cells ? cells : { rows: cells };
    const { table } = this.parts;
    const unknown = Array.from(rows).find((row) => table.cellOf(row) === undefined);
    if (unknown !== undefined)
      throw new CellkernelError(
        "option",
        `the map has no row ${unknown} of ${table.path}: it shows ${table.rows.length} cells, rows ${table.rows[0]} to ${table.rows[table.rows.length - 1]}`,
        { option: "rows", row: unknown },
      );
    this.selected = { rows: sorted(rows), what: shownName(what) };
    this.pages?.select(this.selected);
  }

  async colorBy(by: string): Promise<void> {
    this.color = await this.sentColor(by, interruption());
    this.pages?.color(this.color);
  }

  async label(name: string): Promise<AnnData> {
    const selection = this.selection;
    if (selection.rows.length === 0)
      throw new CellkernelError(
        "nothing",
        "no cells are selected to be labelled: select some in the page, or by map.select(…)",
      );
    const { table, madeBy } = this.parts;
    const cells = await table.open();
    if (cells.obs.columnNames().includes(name)) {
      table.release(cells);
      throw new CellkernelError(
        "option",
        `${cells.path} has an obs column ${JSON.stringify(name)} already: give the label another name`,
        { option: "name", column: name },
      );
    }
    this.labels.set(name, selection);
    return labelledCells(cells, this.labels, madeBy);
  }

  close(): void {
    this.pages?.close();
  }

  /** What a notebook shows. */
  async [Symbol.for("Jupyter.mime")](): Promise<MimeBundle> {
    const { title, axes, table, drawn, x, y, colorBy, tooltip } = this.parts;
    const signal = interruption();
    const panels: EmbeddingPanel[] = [];
    // One after the other: each may read the whole file.
    for (const by of colorBy) panels.push(await this.drawn(by, signal));
    const told: EmbeddingPanel[] = [];
    for (const by of tooltip) told.push(await this.drawn(by, signal));
    const rows = drawn.map((cell) => table.rows[cell]);
    const whole = rows.every((row, i) => row === i);
    return embeddingView(
      {
        ...{ title, axes, x, y, tooltip: told, panels: panels.slice(0, PANELS), more: panels.slice(PANELS) },
        table: { id: table.id, rows: whole ? undefined : rows },
      },
      this.pages && this.view,
    );
  }

  private async drawn(by: string, signal?: AbortSignal): Promise<EmbeddingPanel> {
    return takeCells(await this.panel(by, signal), this.parts.drawn);
  }

  private async panel(by: string, signal?: AbortSignal): Promise<EmbeddingPanel> {
    const label = this.labels.get(by);
    const { table } = this.parts;
    if (!label) return table.panel(by, signal);
    const rows = new Set(label.rows);
    const codes = table.rows.map((row) => (rows.has(row) ? 0 : 1));
    return { title: by, categories: ["true", "false"], codes };
  }

  private async sentColor(by: string, signal?: AbortSignal): Promise<SentColor> {
    const data = panelData(coloredAlone(await this.drawn(by, signal)));
    const [name, text] =
      "shades" in data ? (["shades", data.shades] as const) : (["codes", data.codes] as const);
    return { by, panel: { ...data, [name]: "" }, bytes: Buffer.from(text, "base64") };
  }

  private async offers(search: string): Promise<ColumnOffers> {
    const wanted = search.trim().toUpperCase();
    const labels = [...this.labels.keys()].map((name) => ({ name, kind: "obs" as const }));
    const all = [...labels, ...(await this.parts.table.offers())].flatMap((offer) => {
      const at = offer.name.toUpperCase().indexOf(wanted);
      return at < 0 ? [] : [{ offer, begins: at === 0, kind: offer.kind === "gene" ? 1 : 0 }];
    });
    all.sort(
      (a, b) =>
        a.kind - b.kind || Number(b.begins) - Number(a.begins) || a.offer.name.length - b.offer.name.length,
    );
    return {
      columns: all.slice(0, OFFERED).map(({ offer }) => offer),
      more: Math.max(0, all.length - OFFERED),
    };
  }

  private async describe(rows: readonly number[]): Promise<CellValues[]> {
    const { table, tooltip, colorBy } = this.parts;
    const known = rows.slice(0, TOLD).flatMap((row) => table.cellOf(row) ?? []);
    const names = new Set([...table.results, ...colorBy, ...tooltip, ...(this.color ? [this.color.by] : [])]);
    const panels: EmbeddingPanel[] = [];
    for (const name of names) panels.push(await this.panel(name));
    return known.map((cell) => ({
      row: table.rows[cell],
      name: shownName(table.nameOf(cell)),
      values: Object.fromEntries(panels.map((panel) => [panel.title, shownName(wordOf(panel, cell))])),
    }));
  }

  /** The drawn cell of a name, whatever its case, or the first whose name begins so. */
  private find(name: string): number | null {
    const { table, drawn } = this.parts;
    const wanted = name.toLowerCase();
    let begins: number | null = null;
    for (const cell of drawn) {
      const own = table.nameOf(cell).toLowerCase();
      if (own === wanted) return table.rows[cell];
      if (begins === null && own.startsWith(wanted)) begins = table.rows[cell];
    }
    return begins;
  }

  /** What a page's user has selected, of the rows that there are. */
  private hear({ rows: given, what }: SentSelection): void {
    const rows = sorted(given.filter((row) => this.parts.table.cellOf(row) !== undefined));
    const known = this.selected.rows;
    this.selected = { rows, what: shownName(what) };
    // Each view of a page tells of the selection that they share.
    if (rows.length === known.length && rows.every((row, i) => row === known[i])) return;
    const selection = this.selection;
    for (const take of [...this.waiting]) take(selection);
    for (const listener of [...this.listeners]) listener(selection);
  }

  private named({ rows, what }: SentSelection): SelectedCells {
    const { table } = this.parts;
    return { rows, names: Array.from(rows, (row) => table.nameOf(table.cellOf(row)!)), what };
  }
}

/** Ascending, each once. */
function sorted(rows: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(new Set(Array.from(rows))).sort();
}
