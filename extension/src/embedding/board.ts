import { decodePanel } from "../../../src/views/contract.js";
import { computedColor, element, isDark } from "../dom.js";
import type { Selection } from "../selection.js";
import type { Words } from "../words.js";
import { type Ask, type AskedColor, shareSelection } from "./ask.js";
import { type Camera, placeAt, type Spot, seenAt, showing, WHOLE, zoomed } from "./camera.js";
import { Card } from "./card.js";
import type { Choice, Found } from "./chooser.js";
import { rowsAsCode } from "./code.js";
import { paletteOf } from "./colors.js";
import { type Coloring, checked, type Embedding } from "./decode.js";
import { cellName, describeCell, undrawn } from "./describe.js";
import { download } from "./download.js";
import { gridOf } from "./grid.js";
import { keepKeys, pressKey } from "./keys.js";
import { layoutOf, type Room } from "./layout.js";
import { Line } from "./line.js";
import { membersOf } from "./members.js";
import { classWords, mistakesOf } from "./mistakes.js";
import { Panel } from "./panel.js";
import { type Picture, pngOf, svgOf } from "./picture.js";
import { pointPlot } from "./points/index.js";
import { type Pick, Rail } from "./rail.js";
import { Rows } from "./rows.js";
import type { State } from "./state.js";
import { table } from "./table.js";
import { Tabs } from "./tabs.js";
import { Toolbar } from "./toolbar.js";

/** A cell this near to the pointer is under it, in CSS pixels. */
const NEAR = 8;

/** What a board needs of what is around it. */
export interface Around {
  trans: Words;
  selection: Selection;
  /** The view in the kernel, where there is one. */
  ask?: Ask;
  /** Puts code where the reader can run it; returns what has been done, in words. */
  useCode(code: string): Promise<string>;
  /** Fills the screen with the view, or ends that. */
  full(): void;
  /** Gives the focus to what is around the view. */
  release(): void;
}

/** An embedding on the page: panels that share camera, pointer and selection, with what belongs to them. */
export class Board {
  readonly node = element("div", "board");
  readonly #embedding: Embedding;
  readonly #state: State;
  readonly #around: Around;
  readonly #rows: Rows;
  readonly #mistakes: Coloring | undefined;
  readonly #panels: Panel[];
  readonly #tabs: Tabs;
  readonly #toolbar: Toolbar;
  readonly #rail: Rail;
  readonly #line: Line;
  readonly #tip: Card;
  readonly #pin: Card;
  readonly #endings: (() => void)[];
  #palettes = new Map<Coloring, readonly string[]>();
  #side = 0;
  #tabbed = false;
  /** Which cells are shown in front, and by which rows that was said. */
  #picked: Uint8Array | null = null;
  #pickedBy: Uint32Array | null = null;
  #hovered: number | null = null;
  #pinned: number | null = null;
  #frame = 0;

  constructor(embedding: Embedding, state: State, around: Around) {
    this.#embedding = embedding;
    this.#state = state;
    this.#around = around;
    this.#rows = new Rows(embedding.rows);
    const { trans, selection, ask } = around;
    this.#mistakes = mistakesOf(embedding, trans);
    this.#toolbar = new Toolbar(trans, {
      colorings: (typed) => this.#choices(typed),
      elsewhere: ask && ((typed) => this.#elsewhere(ask, typed)),
      mode: (mode) => this.#setMode(mode),
      zoom: (factor) => this.#zoom(factor),
      fit: () => this.look(WHOLE),
      find: (text) => this.#find(text),
      full: around.full,
      menu: this.#menu(),
    });
    this.#panels = embedding.panels.map((panel, p) => new Panel(embedding, panel, trans, this.#gestured(p)));
    this.#tabs = new Tabs((tab) => {
      state.tab = tab;
      this.#color();
    });
    this.#rail = new Rail(trans, {
      pick: (coloring, code, how) => this.#pick(coloring, code, how),
      preview: (coloring, code) => selection.hover(this.#rows.of(this.#members(coloring, code))),
      leave: () => selection.hover(null),
    });
    this.#line = new Line(trans, { use: () => this.#useCode(), clear: () => this.#clear() });

    const row = element("div", "row");
    const plots = element("div", "plots");
    const panels = element("div", "panels");
    panels.append(...this.#panels.map(({ node }) => node));
    plots.append(this.#tabs.node, panels);
    row.append(plots, this.#rail.node);
    this.node.append(this.#toolbar.node, row, this.#line.node);
    const missing = undrawn(embedding, trans);
    if (missing) this.node.append(element("div", "missing", missing));
    this.#tip = new Card(row, trans, () => {});
    this.#pin = new Card(row, trans, () => this.#unpin());
    this.node.addEventListener("keydown", (event) => {
      if (this.#press(event)) event.preventDefault();
    });
    this.#endings = [selection.onChange(() => this.#later()), keepKeys(this.node)];
    if (ask)
      this.#endings.push(
        shareSelection(selection, ask),
        ask.on("color", (asked) => this.#take(asked)),
      );
  }

  /** Draws for the first time; the board stands in the page. */
  start(room: Room): void {
    this.#layOut(room);
    for (const panel of this.#panels)
      panel.plot = pointPlot({ canvas: panel.canvas, side: this.#side, places: this.#embedding });
    this.#setMode(this.#state.mode);
    this.#name(this.#state.named);
    this.#color();
    this.look(this.#state.camera);
    this.#showPicked();
  }

  /** Takes up the room that there is now. */
  fit(room: Room): void {
    if (!this.#layOut(room)) return;
    for (const panel of this.#panels) panel.resize(this.#side);
    this.look(this.#state.camera);
  }

  /** Takes up the page's colours. */
  retheme(): void {
    this.#palettes = new Map();
    this.#color();
    this.redraw();
  }

  redraw(): void {
    for (const { plot } of this.#panels) plot?.redraw();
  }

  set full(full: boolean) {
    this.#toolbar.full = full;
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    for (const end of this.#endings) end();
    for (const { plot } of this.#panels) plot?.destroy();
    this.node.remove();
  }

  look(camera: Camera): void {
    this.#state.camera = camera;
    for (const panel of this.#panels) panel.look(camera, this.#side);
    this.#placePin();
  }

  /** @returns whether plots have another size */
  #layOut(room: Room): boolean {
    const { side, tabs, beside } = layoutOf(room, this.#panels.length);
    this.node.classList.toggle("cellkernel-beside", beside);
    this.node.style.setProperty("--cellkernel-side", `${side}px`);
    if (tabs !== this.#tabbed) {
      this.#tabbed = tabs;
      this.node.classList.toggle("cellkernel-tabbed", tabs);
      this.#panels.forEach(({ node }, p) => {
        node.hidden = tabs && p > 0;
      });
      if (this.#side > 0) this.#color();
    }
    const resized = side !== this.#side;
    this.#side = side;
    if (resized) for (const panel of this.#panels) panel.resize(side);
    return resized;
  }

  /** What the panels show; the last as the reader has chosen. */
  get #colorings(): Coloring[] {
    const { panels } = this.#embedding;
    const { coloring } = this.#state;
    return coloring ? [...panels.slice(0, -1), coloring] : panels;
  }

  #palette(coloring: Coloring): readonly string[] {
    const known = this.#palettes.get(coloring) ?? paletteOf(coloring, isDark());
    this.#palettes.set(coloring, known);
    return known;
  }

  #color(): void {
    const { panels } = this.#embedding;
    const shown = this.#colorings;
    const chosen = shown.at(-1)!;
    const tabs = this.#mistakes && chosen !== this.#mistakes ? [...shown, this.#mistakes] : shown;
    this.#state.tab = Math.min(this.#state.tab, tabs.length - 1);
    this.#tabs.show(this.#tabbed ? tabs.map(({ title }) => title) : [], this.#state.tab);
    this.#panels.forEach((panel, p) => {
      const coloring = this.#tabbed && p === 0 ? tabs[this.#state.tab] : shown[p];
      panel.color(coloring, this.#palette(coloring));
      panel.look(this.#state.camera, this.#side);
      panel.overlay.pick(this.#picked, coloring);
    });
    this.#toolbar.coloring = chosen.title;
    const listed = panels.includes(chosen) ? panels : [chosen, ...panels];
    this.#rail.show(listed, this.#mistakes, (coloring) => this.#palette(coloring));
    this.#rail.press(this.#picked);
  }

  #choices(typed: string): Choice[] {
    const { panels, more } = this.#embedding;
    const { trans } = this.#around;
    return [...panels, ...(this.#mistakes ? [this.#mistakes] : []), ...more]
      .filter(({ title }) => title.toLowerCase().includes(typed))
      .map((coloring) => ({
        label: coloring.title,
        group: trans.__("In this view"),
        choose: () => this.colorBy(coloring),
      }));
  }

  /** What the kernel can colour by besides. */
  async #elsewhere(ask: Ask, typed: string): Promise<Found> {
    const { columns, more } = await ask.columns(typed);
    const { trans } = this.#around;
    const groups = { result: trans.__("Results"), obs: trans.__("Columns of obs"), gene: trans.__("Genes") };
    const own = new Set(this.#choices("").map(({ label }) => label.toLowerCase()));
    const choices = columns
      .filter(({ name }) => !own.has(name.toLowerCase()))
      .map(({ name, kind }) => ({
        label: name,
        group: groups[kind],
        choose: () =>
          ask.color(name).then(
            (asked) => this.#take(asked),
            ({ message }: Error) => {
              this.#line.note(message);
              this.#toolbar.coloring = this.#colorings.at(-1)!.title;
            },
          ),
      }));
    return { choices, more };
  }

  /** Colours by what the kernel has sent. */
  #take({ panel, bytes }: AskedColor): void {
    const [coloring] = checked([decodePanel(panel, this.#embedding.cells, [], bytes)]);
    this.colorBy(coloring);
  }

  /** Colours the last panel. */
  colorBy(coloring: Coloring): void {
    this.#state.coloring = coloring === this.#embedding.panels.at(-1) ? undefined : coloring;
    this.#state.tab = this.#panels.length - 1;
    this.#color();
  }

  #gestured(panel: number) {
    const board = this;
    return {
      get side() {
        return board.#side;
      },
      get camera() {
        return board.#state.camera;
      },
      get mode() {
        return board.#state.mode;
      },
      look: (camera: Camera) => board.look(camera),
      hover: (at: Spot | null) => board.#hover(at, panel),
      tap: (at: Spot) => board.#tap(at),
      outline: (around: readonly Spot[] | null) => {
        for (const { overlay } of board.#panels) overlay.outline(around);
      },
      gather: (around: readonly Spot[], how: "replace" | "add" | "subtract") => {
        const polygon = around.flatMap((at) => placeAt(board.#state.camera, board.#side, at));
        const cells = gridOf(board.#embedding).within(polygon);
        const { trans, selection } = board.#around;
        const what = board.#state.mode === "lasso" ? trans.__("lasso") : trans.__("rectangle");
        selection.change(board.#rows.of(cells), what, how);
      },
      reset: () => board.look(WHOLE),
    };
  }

  /** The cell under a spot: of what is picked, where something is. */
  #cellAt(at: Spot): number | null {
    const { camera } = this.#state;
    const [x, y] = placeAt(camera, this.#side, at);
    const radius = (NEAR * 2) / this.#side / camera.zoom;
    const selected = this.#around.selection.rows.length > 0 ? this.#picked : null;
    return gridOf(this.#embedding).nearest(x, y, radius, selected);
  }

  #hover(at: Spot | null, panel: number): void {
    const cell = at && this.#cellAt(at);
    if (cell !== this.#hovered) {
      this.#hovered = cell;
      this.#mark();
    }
    if (at && cell !== null && cell !== this.#pinned)
      this.#tip.show(this.#describe(cell), this.#inRow(at, this.#panels[panel]), false);
    else this.#tip.hide();
  }

  /** What is told of a cell by colour. */
  get #told(): { coloring: Coloring; palette: readonly string[] }[] {
    const { panels } = this.#embedding;
    const { coloring } = this.#state;
    const told = coloring && coloring !== this.#mistakes ? [...panels, coloring] : panels;
    return told.map((each) => ({ coloring: each, palette: this.#palette(each) }));
  }

  #describe(cell: number): Node[] {
    return describeCell(this.#embedding, this.#told, cell, this.#around.trans);
  }

  /** A panel's spot in the row of plots and rail. */
  #inRow({ left, top }: Spot, { canvas }: Panel): Spot {
    const row = this.#tip.node.parentElement!.getBoundingClientRect();
    const own = canvas.getBoundingClientRect();
    return { left: left + own.left - row.left, top: top + own.top - row.top };
  }

  #mark(): void {
    for (const { plot } of this.#panels) plot?.mark(this.#hovered ?? this.#pinned);
  }

  #tap(at: Spot): void {
    const cell = this.#cellAt(at);
    if (cell === null) this.#unpin();
    else this.#pinCell(cell);
  }

  #pinCell(cell: number): void {
    this.#pinned = cell;
    this.#tip.hide();
    this.#mark();
    this.#placePin(this.#describe(cell));
    this.#tellMore(cell);
  }

  /** What the kernel knows of a pinned cell, put to what the payload does. */
  async #tellMore(cell: number): Promise<void> {
    const { ask, trans } = this.#around;
    if (ask?.state !== "live") return;
    const [known] = await ask.cells([this.#rows.row(cell)]).catch(() => []);
    if (!known || this.#pinned !== cell) return;
    this.#placePin(describeCell(this.#embedding, this.#told, cell, trans, known));
  }

  /** The card of the pinned cell stands where that is seen. */
  #placePin(content?: Node[]): void {
    if (this.#pinned === null) return;
    const { x, y } = this.#embedding;
    const at = seenAt(this.#state.camera, this.#side, x[this.#pinned], y[this.#pinned]);
    const active = this.#panels.find(({ frame }) => frame === document.activeElement) ?? this.#panels[0];
    if (content) this.#pin.show(content, this.#inRow(at, active), true);
    else this.#pin.move(this.#inRow(at, active));
  }

  #unpin(): boolean {
    if (this.#pinned === null) return false;
    const hadFocus = this.#pin.node.contains(document.activeElement);
    this.#pinned = null;
    this.#pin.hide();
    this.#mark();
    if (hadFocus) this.#panels[0].frame.focus({ preventScroll: true });
    return true;
  }

  /** To another cell of the selection, or of all where none is. */
  #step(by: number): void {
    const { rows } = this.#around.selection;
    const { placed } = this.#embedding;
    const drawn = new Set(rows.length > 0 ? placed : []);
    const cells =
      rows.length > 0
        ? Array.from(rows, (row) => this.#rows.cell(row)).filter(
            (cell) => cell !== undefined && drawn.has(cell),
          )
        : placed;
    if (cells.length === 0) return;
    const at = this.#pinned === null ? -1 : Array.prototype.indexOf.call(cells, this.#pinned);
    const next = at < 0 ? (by > 0 ? 0 : cells.length - 1) : (at + by + cells.length) % cells.length;
    this.#visit(cells[next]!);
  }

  /** Shows a cell and what is known of it. */
  #visit(cell: number): void {
    const { x, y } = this.#embedding;
    this.look(showing(this.#state.camera, x[cell], y[cell]));
    this.#pinCell(cell);
  }

  #find(text: string): boolean {
    const { cellIds, placed } = this.#embedding;
    const wanted = text.toLowerCase();
    if (wanted === "") return true;
    const named = cellIds?.findIndex((id) => id.toLowerCase() === wanted) ?? -1;
    const row = /^\d+$/.test(wanted) ? this.#rows.cell(Number(wanted)) : undefined;
    const begins = cellIds?.findIndex((id) => id.toLowerCase().startsWith(wanted)) ?? -1;
    const cell = named >= 0 ? named : (row ?? (begins >= 0 ? begins : undefined));
    const { trans } = this.#around;
    if (cell === undefined) this.#line.note(trans.__("No cell is called “%1”.", text));
    else if (!placed.includes(cell))
      this.#line.note(trans.__("%1 has no coordinates.", cellName(this.#embedding, cell, trans)));
    else {
      this.#visit(cell);
      return true;
    }
    return false;
  }

  #members({ codes, categories }: Coloring, code: number): Uint32Array {
    return membersOf(codes, categories!.length).of(code);
  }

  #pick(coloring: Coloring, code: number, how: Pick): void {
    const { selection, trans } = this.#around;
    const cells = this.#members(coloring, code);
    const { name } = coloring.categories![code];
    const what = coloring === this.#mistakes ? name.toLowerCase() : classWords(coloring, name, trans);
    const rows = this.#rows.of(cells);
    const all = this.#picked !== null && cells.every((cell) => this.#picked![cell] === 1);
    const held = selection.rows.length > 0 && all;
    if (how === "besides") selection.change(rows, what, held ? "subtract" : "add");
    // Pressed once more, an entry that stands alone gives way.
    else if (held && selection.rows.length === rows.length) selection.change([], "");
    else selection.change(rows, what);
  }

  #clear(): void {
    const hadFocus = this.#line.hasFocus;
    this.#around.selection.change([], "");
    this.#showPicked();
    if (hadFocus) this.#panels[0].frame.focus({ preventScroll: true });
  }

  #later(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#showPicked());
  }

  /** Brings what is selected, or would be, to the front. */
  #showPicked(): void {
    const { selection } = this.#around;
    const rows = selection.preview ?? (selection.rows.length > 0 ? selection.rows : null);
    this.#line.select(selection.rows.length, selection.what);
    if (rows === this.#pickedBy) return;
    this.#pickedBy = rows;
    this.#picked = rows && this.#rows.flags(rows);
    for (const panel of this.#panels) panel.show(this.#picked);
    if (!selection.preview) this.#rail.press(this.#picked);
  }

  #setMode(mode: State["mode"]): void {
    this.#state.mode = mode;
    this.#toolbar.mode = mode;
    this.node.dataset.mode = mode;
  }

  #zoom(factor: number): void {
    const middle = { left: this.#side / 2, top: this.#side / 2 };
    this.look(zoomed(this.#state.camera, this.#side, factor, middle));
  }

  #name(named: boolean): void {
    this.#state.named = named;
    for (const { overlay } of this.#panels) overlay.named = named;
  }

  #menu() {
    const { trans } = this.#around;
    const name = () =>
      (this.#embedding.title || "embedding").replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    return [
      {
        label: trans.__("Names on the classes"),
        checked: () => this.#state.named,
        run: () => this.#name(!this.#state.named),
      },
      {
        label: trans.__("Download as PNG"),
        run: async () => download(`${name()}.png`, await pngOf(this.#picture())),
      },
      { label: trans.__("Download as SVG"), run: () => download(`${name()}.svg`, svgOf(this.#picture())) },
      { label: trans.__("Download the selected cells as CSV"), run: () => this.#csv(`${name()}.csv`) },
      { label: trans.__("Copy the selection as code"), run: () => this.#copyCode() },
    ];
  }

  #picture(): Picture {
    const shown = this.#panels.filter(({ node }) => !node.hidden);
    const rgb = (property: "color" | "backgroundColor") =>
      `rgb(${computedColor(this.#panels[0].canvas, property).join(", ")})`;
    return {
      side: this.#side,
      camera: this.#state.camera,
      places: this.#embedding,
      picked: this.#picked,
      panels: shown.map(({ coloring, palette, canvas, overlay }) => ({
        coloring,
        palette,
        canvas,
        names: overlay.shown,
      })),
      paper: rgb("backgroundColor"),
      pen: rgb("color"),
    };
  }

  /** The selected cells; all where none are. */
  #selected(): Uint32Array {
    const { rows } = this.#around.selection;
    return rows.length > 0
      ? rows
      : this.#rows.of(Uint32Array.from({ length: this.#embedding.cells }, (_, c) => c));
  }

  #csv(file: string): void {
    const { panels, more, tooltip } = this.#embedding;
    const { coloring } = this.#state;
    const columns = new Set([
      ...panels,
      ...(coloring && coloring !== this.#mistakes ? [coloring] : []),
      ...more,
      ...tooltip,
    ]);
    const cells = Array.from(this.#selected(), (row) => this.#rows.cell(row)).filter(
      (cell) => cell !== undefined,
    );
    download(file, new Blob([table(this.#embedding, [...columns], cells)], { type: "text/csv" }));
  }

  async #copyCode(): Promise<void> {
    const { selection, trans } = this.#around;
    await navigator.clipboard.writeText(rowsAsCode(selection.rows, selection.what));
    this.#line.note(trans.__("Copied."));
  }

  async #useCode(): Promise<void> {
    const { selection, useCode } = this.#around;
    this.#line.note(await useCode(rowsAsCode(selection.rows, selection.what)));
  }

  /** A key on a plot; returns whether it was for that. */
  #press(event: KeyboardEvent): boolean {
    const panel = this.#panels.find(({ frame }) => frame === event.target);
    if (!panel || event.ctrlKey || event.metaKey || event.altKey) return false;
    const board = this;
    return pressKey(
      {
        get side() {
          return board.#side;
        },
        get camera() {
          return board.#state.camera;
        },
        look: (camera) => board.look(camera),
        step: (by) => board.#step(by),
        release: () => {
          if (panel.gestures.cancel() || board.#unpin()) return;
          panel.gestures.armed = false;
          board.#around.release();
        },
      },
      event.key,
    );
  }
}
