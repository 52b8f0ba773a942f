import { placeAt, type Spot, seenAt, showing } from "./camera.js";
import { Card } from "./card.js";
import { cellName, describeCell } from "./describe.js";
import { gridOf } from "./grid.js";
import type { Panel } from "./panel.js";
import { type Scene, toldOf } from "./scene.js";

/** A cell this near to the pointer is under it, in CSS pixels. */
const NEAR = 8;

/** The cell under the pointer and the one that is pinned: ringed in every panel, each with a card. */
export class Pointed {
  readonly #scene: Scene;
  readonly #room: HTMLElement;
  readonly #tip: Card;
  readonly #pin: Card;
  #hovered: number | null = null;
  #pinned: number | null = null;
  /** The cell that was pinned because it alone was selected. */
  #followed: number | null = null;

  /** Counts what is looked for. */
  #search = 0;

  /** @param room the row of plots and classes, which the cards never leave */
  constructor(scene: Scene, room: HTMLElement) {
    const { trans } = scene.around;
    this.#scene = scene;
    this.#room = room;
    this.#tip = new Card(room, trans, () => {});
    this.#pin = new Card(room, trans, () => this.unpin());
  }

  /** The pointer is there on a panel; null when it has left. */
  hover(at: Spot | null, panel: Panel): void {
    const cell = at && this.#cellAt(at);
    if (cell !== this.#hovered) {
      this.#hovered = cell;
      this.#mark();
    }
    if (at && cell !== null && cell !== this.#pinned)
      this.#tip.show(this.#describe(cell), this.#inRoom(at, panel), false);
    else this.#tip.hide();
  }

  /** Pins the cell there, or none. */
  tap(at: Spot): void {
    const cell = this.#cellAt(at);
    if (cell === null) this.unpin();
    else this.#pinCell(cell);
  }

  /** @returns whether one was pinned */
  unpin(): boolean {
    if (this.#pinned === null) return false;
    const hadFocus = this.#pin.node.contains(document.activeElement);
    this.#pinned = null;
    this.#pin.hide();
    this.#mark();
    if (hadFocus) this.#scene.panels[0].frame.focus({ preventScroll: true });
    return true;
  }

  /** The pinned cell's card stands where that is seen. */
  place(): void {
    if (this.#pinned !== null) this.#pin.move(this.#seen(this.#pinned));
  }

  /** Pins the one cell that has been selected elsewhere; null: it no longer is, and its card goes. */
  follow(cell: number | null): void {
    if (cell === null && this.#followed !== null && this.#pinned === this.#followed) this.unpin();
    if (cell !== null && cell !== this.#pinned) this.#visit(cell);
    this.#followed = cell;
  }

  /** To the next (1) or the previous (−1) cell of the selection, or of all where none is. */
  step(by: number): void {
    const { rows, embedding, around } = this.#scene;
    const selected = around.selection.rows;
    const cells = selected.length > 0 ? rows.placed(selected, embedding.placed) : embedding.placed;
    if (cells.length === 0) return;
    const at = this.#pinned === null ? -1 : cells.indexOf(this.#pinned);
    const first = by > 0 ? 0 : cells.length - 1;
    this.#visit(cells[at < 0 ? first : (at + by + cells.length) % cells.length]);
  }

  /** Shows the cell of a name, of a row, or whose name begins so; returns whether there is one. */
  async find(text: string): Promise<boolean> {
    if (text === "") return true;
    const { embedding, around, say } = this.#scene;
    const search = ++this.#search;
    const cell = await this.#cellOf(text.toLowerCase()).catch((error: Error) => error);
    // Something else has been looked for in the meantime.
    if (search !== this.#search) return true;
    if (cell instanceof Error) say(cell.message);
    else if (cell === undefined) say(around.trans.__("No cell is called “%1”.", text));
    else if (!embedding.placed.includes(cell))
      say(around.trans.__("%1 has no coordinates.", cellName(embedding, cell, around.trans)));
    else {
      this.#visit(cell);
      return true;
    }
    return false;
  }

  /**
   * @param wanted in small letters
   * @throws where names are not at hand and nobody is there to be asked
   */
  async #cellOf(wanted: string): Promise<number | undefined> {
    const { embedding, rows, around } = this.#scene;
    const { cellIds } = embedding;
    const row = /^\d+$/.test(wanted) ? rows.cell(Number(wanted)) : undefined;
    if (cellIds) {
      const names = cellIds.map((id) => id.toLowerCase());
      const begins = names.findIndex((name) => name.startsWith(wanted));
      return [names.indexOf(wanted), row ?? -1, begins].find((found) => found >= 0);
    }
    if (row !== undefined) return row;
    // Names of many cells are not in the notebook.
    if (around.ask?.state !== "live")
      throw new Error(
        around.trans.__(
          "This view holds no names of cells, and no kernel knows it: look for a row, or run the cell again.",
        ),
      );
    const found = await around.ask.find(wanted);
    return found === null ? undefined : rows.cell(found);
  }

  /** The cell under a spot: of what is selected, where something is. */
  #cellAt(at: Spot): number | null {
    const { embedding, state, side, picked, around } = this.#scene;
    const [x, y] = placeAt(state.camera, side, at);
    const radius = (NEAR * 2) / side / state.camera.zoom;
    return gridOf(embedding).nearest(x, y, radius, around.selection.rows.length > 0 ? picked : null);
  }

  #mark(): void {
    for (const { plot } of this.#scene.panels) plot?.mark(this.#hovered ?? this.#pinned);
  }

  #describe(cell: number): Node[] {
    const { embedding, around, palette } = this.#scene;
    return describeCell(embedding, toldOf(this.#scene), palette, cell, around.trans);
  }

  #visit(cell: number): void {
    const { embedding, state, look } = this.#scene;
    look(showing(state.camera, embedding.x[cell], embedding.y[cell]));
    this.#pinCell(cell);
  }

  async #pinCell(cell: number): Promise<void> {
    const { around, rows, embedding, palette } = this.#scene;
    this.#pinned = cell;
    this.#tip.hide();
    this.#mark();
    this.#pin.show(this.#describe(cell), this.#seen(cell), true);
    if (around.ask?.state !== "live") return;
    // The kernel may know more than the payload does.
    const [known] = await around.ask.cells([rows.row(cell)]).catch(() => []);
    if (!known || this.#pinned !== cell) return;
    const content = describeCell(embedding, toldOf(this.#scene), palette, cell, around.trans, known);
    this.#pin.show(content, this.#seen(cell), true);
  }

  /** Where a cell is seen on the panel that has the focus, else on the first. */
  #seen(cell: number): Spot {
    const { embedding, state, side, panels } = this.#scene;
    const at = seenAt(state.camera, side, embedding.x[cell], embedding.y[cell]);
    return this.#inRoom(at, panels.find(({ frame }) => frame === document.activeElement) ?? panels[0]);
  }

  #inRoom({ left, top }: Spot, { canvas }: Panel): Spot {
    const room = this.#room.getBoundingClientRect();
    const own = canvas.getBoundingClientRect();
    return { left: left + own.left - room.left, top: top + own.top - room.top };
  }
}
