import { element, isDark } from "../dom.js";
import type { Change } from "../selection.js";
import { shareSelection } from "./ask.js";
import { type Camera, placeAt, type Spot, WHOLE, zoomed } from "./camera.js";
import { rowsAsCode } from "./code.js";
import { Colorings } from "./colorings.js";
import { paletteOf } from "./colors.js";
import type { Coloring, Embedding } from "./decode.js";
import { undrawn } from "./describe.js";
import type { Gestured, Mode } from "./gestures.js";
import { gridOf } from "./grid.js";
import { type Kept, keep, keepEntries } from "./keep.js";
import { type Keyed, keepKeys, pressKey } from "./keys.js";
import { layoutOf, type Room } from "./layout.js";
import { Line } from "./line.js";
import { membersOf } from "./members.js";
import { classWords, mistakesOf } from "./mistakes.js";
import { colorOf, kernelOffers, ownOffers } from "./offers.js";
import { Panel } from "./panel.js";
import { Pointed } from "./pointed.js";
import { pointPlot } from "./points/index.js";
import { type Pick, Rail } from "./rail.js";
import { Rows } from "./rows.js";
import type { Around, Scene } from "./scene.js";
import { spoken } from "./spoken.js";
import type { State } from "./state.js";
import { Tabs } from "./tabs.js";
import { Toolbar } from "./toolbar.js";

/** What can be asked of a board from elsewhere. */
export type Act = Kept | "clear" | "fit";

/** An embedding on the page: panels that share camera, pointer and selection, with what belongs to them. */
export class Board implements Scene {
  readonly node = element("div", "board");
  readonly rows: Rows;
  readonly mistakes: Coloring | undefined;
  readonly panels: readonly Panel[];
  readonly #colorings: Colorings;
  readonly #tabs: Tabs;
  readonly #toolbar: Toolbar;
  readonly #rail: Rail;
  readonly #line: Line;
  readonly #pointed: Pointed;
  readonly #endings: (() => void)[];
  #palettes = new Map<Coloring, readonly string[]>();
  #side = 0;
  #picked: Uint8Array | null = null;
  /** The rows by which that was said. */
  #pickedBy: Uint32Array | null = null;
  /** The selection whose one cell has been shown. */
  #followed: Uint32Array | undefined;
  #frame = 0;

  constructor(
    readonly embedding: Embedding,
    readonly state: State,
    readonly around: Around,
  ) {
    const { trans, selection, ask } = around;
    this.rows = new Rows(embedding.rows);
    this.#followed = state.followed;
    this.mistakes = mistakesOf(embedding, trans);
    this.#colorings = new Colorings(embedding, this.mistakes, state);
    const named = {
      label: trans.__("Names on the classes"),
      checked: () => state.named,
      run: () => this.#name(!state.named),
    };
    this.#toolbar = new Toolbar(trans, {
      colorings: (typed) => ownOffers(this, typed),
      elsewhere: ask && ((typed) => kernelOffers(this, ask, typed)),
      mode: (mode) => this.#setMode(mode),
      zoom: (factor) => this.look(zoomed(state.camera, this.#side, factor, this.#middle)),
      fit: () => this.look(WHOLE),
      find: (text) => this.#pointed.find(text),
      full: around.full,
      menu: [named, ...keepEntries(this)],
    });
    this.panels = embedding.panels.map(
      (panel, p) => new Panel(embedding, panel, trans, this.#gestured(p), () => this.#aim(p)),
    );
    this.#tabs = new Tabs((tab) => {
      state.tab = tab;
      this.#color();
    });
    this.#rail = new Rail(trans, {
      pick: (coloring, code, how) => this.#pick(coloring, code, how),
      preview: (coloring, code) => selection.hover(this.#rowsOf(coloring, code)),
      leave: () => selection.hover(null),
    });
    this.#line = new Line(trans, { use: () => this.#useCode(), clear: () => this.#clear() });

    const row = element("div", "row");
    const plots = element("div", "plots");
    const panels = element("div", "panels");
    panels.append(...this.panels.map(({ node }) => node));
    plots.append(this.#tabs.node, panels, spoken(embedding, this.mistakes, trans));
    row.append(plots, this.#rail.node);
    this.node.append(this.#toolbar.node, row, this.#line.node);
    const missing = undrawn(embedding, trans);
    if (missing) this.node.append(element("div", "missing", missing));
    this.#pointed = new Pointed(this, row);
    this.node.addEventListener("keydown", (event) => this.#press(event));
    this.#endings = [selection.onChange(() => this.#later()), keepKeys(this.node)];
    if (ask)
      this.#endings.push(
        shareSelection(selection, ask),
        ask.on("color", (asked) => this.#colorPanel(this.panels.length - 1, colorOf(embedding, asked))),
      );
  }

  get side(): number {
    return this.#side;
  }

  get picked(): Uint8Array | null {
    return this.#picked;
  }

  get coloring(): Coloring {
    return this.#colorings.aimed;
  }

  /** Draws for the first time; the board stands in the page. */
  start(room: Room): void {
    this.#layOut(room);
    for (const panel of this.panels)
      panel.plot = pointPlot({ canvas: panel.canvas, side: this.#side, places: this.embedding });
    this.#setMode(this.state.mode);
    this.#name(this.state.named);
    this.#color();
    this.look(this.state.camera);
    this.#showPicked();
  }

  async act(act: Act): Promise<void> {
    if (act === "clear") this.#clear();
    else if (act === "fit") this.look(WHOLE);
    else await keep(this, act);
  }

  /** Takes up the room that there is now. */
  fit(room: Room): void {
    if (this.#layOut(room)) this.look(this.state.camera);
  }

  /** Takes up the page's colours. */
  retheme(): void {
    this.#palettes = new Map();
    this.#color();
    this.redraw();
  }

  redraw(): void {
    for (const { plot } of this.panels) plot?.redraw();
    // A card has no size while the view is out of the page.
    this.#pointed.place();
  }

  set full(full: boolean) {
    this.#toolbar.full = full;
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    for (const end of this.#endings) end();
    for (const { plot } of this.panels) plot?.destroy();
    this.node.remove();
  }

  readonly look = (camera: Camera): void => {
    this.state.camera = camera;
    for (const panel of this.panels) panel.look(camera, this.#side);
    this.#pointed.place();
  };

  readonly palette = (coloring: Coloring): readonly string[] => {
    const known = this.#palettes.get(coloring) ?? paletteOf(coloring, isDark());
    this.#palettes.set(coloring, known);
    return known;
  };

  readonly colorBy = (coloring: Coloring): void => {
    this.#colorPanel(this.#colorings.target, coloring);
  };

  readonly say = (text: string): void => this.#line.note(text);

  #colorPanel(panel: number, coloring: Coloring): void {
    this.#colorings.set(panel, coloring);
    this.#color();
  }

  #aim(panel: number): void {
    this.state.target = panel;
    this.#showTarget();
  }

  /** Says which panel is coloured next, and what it is coloured by. */
  #showTarget(): void {
    const { trans } = this.around;
    const { aimed, several, target } = this.#colorings;
    this.#toolbar.coloring = aimed.title;
    this.panels.forEach((panel, p) => {
      panel.aimed = several ? p === target : null;
    });
    this.#toolbar.aim = several
      ? trans.__("Colours the panel “%1”; click the heading of another to colour that", aimed.title)
      : "";
  }

  /** @returns whether plots have another size */
  #layOut(room: Room): boolean {
    const { side, tabs, beside } = layoutOf(room, this.panels.length);
    this.node.classList.toggle("cellkernel-beside", beside);
    this.node.style.setProperty("--cellkernel-side", `${side}px`);
    const resized = side !== this.#side;
    const started = this.#side > 0;
    this.#side = side;
    if (resized) for (const panel of this.panels) panel.resize(side);
    if (tabs !== this.#colorings.tabbed) {
      this.#colorings.tabbed = tabs;
      this.node.classList.toggle("cellkernel-tabbed", tabs);
      this.panels.forEach(({ node }, p) => {
        node.hidden = tabs && p > 0;
      });
      if (started) this.#color();
    }
    return resized;
  }

  #color(): void {
    const { shown, tabs, tabbed, listed } = this.#colorings;
    this.state.tab = Math.min(this.state.tab, tabs.length - 1);
    this.#tabs.show(tabbed ? tabs.map(({ title }) => title) : [], this.state.tab);
    this.panels.forEach((panel, p) => {
      const coloring = tabbed && p === 0 ? tabs[this.state.tab] : shown[p];
      panel.color(coloring, this.palette(coloring));
      panel.look(this.state.camera, this.#side);
      panel.overlay.pick(this.#picked);
    });
    this.#showTarget();
    this.#rail.show(listed, this.mistakes, this.palette);
    this.#rail.press(this.#picked);
  }

  #setMode(mode: Mode): void {
    this.state.mode = mode;
    this.#toolbar.mode = mode;
    this.node.dataset.mode = mode;
  }

  #name(named: boolean): void {
    this.state.named = named;
    for (const { overlay } of this.panels) overlay.named = named;
  }

  get #middle(): Spot {
    return { left: this.#side / 2, top: this.#side / 2 };
  }

  #gestured(panel: number): Gestured {
    const { trans } = this.around;
    const board = this;
    return {
      get side() {
        return board.side;
      },
      get camera() {
        return board.state.camera;
      },
      get mode() {
        return board.state.mode;
      },
      look: this.look,
      hover: (at) => this.#pointed.hover(at, this.panels[panel]),
      tap: (at) => this.#pointed.tap(at),
      outline: (around) => {
        for (const { overlay } of this.panels) overlay.outline(around);
      },
      gather: (around, how) => {
        const polygon = around.flatMap((at) => placeAt(this.state.camera, this.#side, at));
        const rows = this.rows.of(gridOf(this.embedding).within(polygon));
        const what = this.state.mode === "lasso" ? trans.__("lasso") : trans.__("rectangle");
        this.#select(rows, what, how);
      },
      reset: () => this.look(WHOLE),
    };
  }

  /** A key on a plot. */
  #press(event: KeyboardEvent): void {
    const panel = this.panels.find(({ frame }) => frame === event.target);
    if (!panel || event.ctrlKey || event.metaKey || event.altKey) return;
    const plot: Keyed = {
      side: this.#side,
      camera: this.state.camera,
      look: this.look,
      step: (by) => this.#pointed.step(by),
      release: () => {
        if (panel.gestures.cancel() || this.#pointed.unpin()) return;
        panel.gestures.armed = false;
        this.around.release();
      },
    };
    if (pressKey(plot, event.key)) event.preventDefault();
  }

  #rowsOf({ codes, categories }: Coloring, code: number): Uint32Array {
    return this.rows.of(membersOf(codes, categories!.length).of(code));
  }

  #pick(coloring: Coloring, code: number, how: Pick): void {
    const { selection, trans } = this.around;
    const rows = this.#rowsOf(coloring, code);
    const { name } = coloring.categories![code];
    const what = coloring === this.mistakes ? name.toLowerCase() : classWords(coloring, name, trans);
    const selected = this.rows.flags(selection.rows);
    const held = rows.length > 0 && rows.every((row) => selected[this.rows.cell(row)!] === 1);
    if (how === "besides") this.#select(rows, what, held ? "subtract" : "add");
    // Pressed once more, an entry that stands alone gives way.
    else if (held && selection.rows.length === rows.length) this.#select([], "");
    else this.#select(rows, what);
  }

  /** A selection that is made in this view: its reader sees the cells, and needs no card of the one that is left. */
  #select(rows: ArrayLike<number>, what: string, how?: Change): void {
    const { selection } = this.around;
    selection.change(rows, what, how);
    this.#followed = this.state.followed = selection.rows;
    this.#pointed.follow(null);
  }

  #clear(): void {
    const hadFocus = this.#line.hasFocus;
    this.#select([], "");
    if (hadFocus) this.panels[0].frame.focus({ preventScroll: true });
  }

  async #useCode(): Promise<void> {
    const { selection, useCode } = this.around;
    this.say(await useCode(rowsAsCode(selection.rows, selection.what)));
  }

  #later(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#showPicked());
  }

  /** Brings what is selected, or would be, to the front. */
  #showPicked(): void {
    const { selection } = this.around;
    const rows = selection.preview ?? (selection.rows.length > 0 ? selection.rows : null);
    this.#line.select(selection.rows.length, selection.what);
    this.#follow();
    if (rows === this.#pickedBy) return;
    this.#pickedBy = rows;
    this.#picked = rows && this.rows.flags(rows);
    for (const panel of this.panels) panel.show(this.#picked);
    if (!selection.preview) this.#rail.press(this.#picked);
  }

  /** Where one cell has been selected elsewhere, in a list of mistakes for instance, its card opens here. */
  #follow(): void {
    const { rows } = this.around.selection;
    if (rows === this.#followed) return;
    this.#followed = this.state.followed = rows;
    const cell = rows.length === 1 ? this.rows.cell(rows[0]) : undefined;
    this.#pointed.follow(cell !== undefined && this.embedding.placed.includes(cell) ? cell : null);
  }
}
