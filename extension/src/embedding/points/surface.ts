import { Crowd, type Pass, passesOf, type Window } from "../../../../src/views/contract.js";
import { computedColor } from "../../dom.js";
import { preferences } from "../../preferences.js";
import { type Camera, WHOLE } from "../camera.js";
import type { Places } from "../places.js";
import type { Plot, PlotOptions } from "../plot.js";
import { notWithNextFrame, withNextFrame } from "./frame.js";

/** What a painter draws. */
export interface Scene {
  window: Window;
  /** Side of the square picture in pixels of the device, and how many of them a pixel of CSS has. */
  side: number;
  ratio: number;
  passes: readonly Pass[];
  /** How many cells of the draw order. */
  count: number;
}

/** The part of a plot that puts cells onto a canvas. */
export interface Painter {
  color(codes: Uint8Array | Uint16Array, palette: readonly string[]): void;
  show(picked: Uint8Array | null): void;
  /**
   * Draws in place of all that the canvas shows.
   * @param took told how many milliseconds it took, perhaps later
   */
  paint(target: CanvasRenderingContext2D, scene: Scene, took: (milliseconds: number) => void): void;
  destroy(): void;
}

/** Milliseconds that a frame may take while the camera moves: of more cells a part is drawn until it stands still. */
const BUDGET = 24;
/** As long without a move, the camera stands still. */
const STILL_MS = 150;
/** Of a crowd this is always drawn, however slow the machine. */
const LEAST_CELLS = 20_000;

/** A plot's canvas, camera and ring; its cells are a painter's. */
export class Surface implements Plot {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #places: Places;
  readonly #painter: Painter;
  readonly #crowd: Crowd;
  #pickedCrowd: Crowd | null = null;
  #colored = false;
  #none = false;
  #side: number;
  #camera: Camera = WHOLE;
  #marked: number | null = null;
  #size = 0;
  /** The cells without the ring, kept while there is one. */
  #kept: HTMLCanvasElement | undefined;
  #moving: ReturnType<typeof setTimeout> | undefined;
  /** Whether what is shown lacks cells. */
  #partial = false;
  /** Milliseconds. */
  #perCell = 0;
  readonly #paint = (together: number) => this.#draw(together);
  readonly #ring = () => this.#drawRing();

  constructor({ canvas, side, places }: PlotOptions, painter: Painter) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d")!;
    this.#places = places;
    this.#painter = painter;
    this.#side = side;
    this.#crowd = crowdOf(places, null);
  }

  color(codes: Uint8Array | Uint16Array, palette: readonly string[]): void {
    this.#none = this.#places.placed.some((cell) => codes[cell] >= palette.length);
    this.#painter.color(codes, palette);
    this.#colored = true;
    this.redraw();
  }

  show(picked: Uint8Array | null): void {
    this.#pickedCrowd = picked && crowdOf(this.#places, picked);
    this.#painter.show(picked);
    this.redraw();
  }

  mark(cell: number | null): void {
    if (cell === this.#marked) return;
    this.#marked = cell;
    withNextFrame(this.#ring);
  }

  look(camera: Camera): void {
    this.#camera = camera;
    clearTimeout(this.#moving);
    this.#moving = setTimeout(() => {
      this.#moving = undefined;
      if (this.#partial) this.redraw();
    }, STILL_MS);
    this.redraw();
  }

  resize(side: number): void {
    this.#side = side;
    this.redraw();
  }

  redraw(): void {
    withNextFrame(this.#paint);
  }

  destroy(): void {
    clearTimeout(this.#moving);
    notWithNextFrame(this.#paint);
    notWithNextFrame(this.#ring);
    this.#painter.destroy();
  }

  /** The share of the cells that can be drawn in time while the camera moves. */
  #share(together: number): number {
    if (this.#moving === undefined) return 1;
    const inTime = this.#perCell === 0 ? Number.POSITIVE_INFINITY : BUDGET / together / this.#perCell;
    const most = preferences().movingCells || Number.POSITIVE_INFINITY;
    return Math.min(1, Math.min(most, Math.max(LEAST_CELLS, inTime)) / this.#places.placed.length);
  }

  #draw(together: number): void {
    const ratio = window.devicePixelRatio;
    const side = Math.round(this.#side * ratio);
    if (side === 0 || !this.#colored) return;
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    const { x, y, zoom } = this.#camera;
    const view = { x, y, reach: 1 / zoom };
    const share = this.#share(together);
    this.#partial = share < 1;
    const count = Math.max(1, Math.round(this.#places.placed.length * share));
    // Of the embedding's units to pixels.
    const area = (this.#side / (2 * view.reach)) ** 2;
    const density = (crowd: Crowd) => (crowd.density(view) * share) / area;
    const picked = this.#pickedCrowd && density(this.#pickedCrowd);
    const passes = passesOf(density(this.#crowd), picked, this.#none);
    this.#size = passes[0].size;
    this.#kept = undefined;
    this.#painter.paint(this.#context, { window: view, side, ratio, passes, count }, (milliseconds) => {
      this.#perCell = milliseconds / Math.max(1, count);
    });
    if (this.#marked !== null) this.#drawRing();
  }

  #drawRing(): void {
    const { width: side } = this.#canvas;
    if (side === 0) return;
    if (this.#kept) {
      this.#context.clearRect(0, 0, side, side);
      this.#context.drawImage(this.#kept, 0, 0);
    }
    if (this.#marked === null) {
      this.#kept = undefined;
      return;
    }
    if (!this.#kept) {
      this.#kept = document.createElement("canvas");
      this.#kept.width = this.#kept.height = side;
      this.#kept.getContext("2d")!.drawImage(this.#canvas, 0, 0);
    }
    const { x, y, zoom } = this.#camera;
    const scale = (side / 2) * zoom;
    const ratio = side / this.#side;
    this.#context.strokeStyle = `rgb(${computedColor(this.#canvas, "color").join(" ")})`;
    this.#context.lineWidth = 2 * ratio;
    this.#context.beginPath();
    this.#context.arc(
      side / 2 + (this.#places.x[this.#marked] - x) * scale,
      side / 2 - (this.#places.y[this.#marked] - y) * scale,
      ratio * (this.#size / 2 + 2),
      0,
      2 * Math.PI,
    );
    this.#context.stroke();
  }
}

const crowds = new WeakMap<Uint32Array | Uint8Array, Crowd>();

/** That of the placed cells, or of those that are picked: one for all panels of an embedding. */
function crowdOf({ x, y, placed }: Places, picked: Uint8Array | null): Crowd {
  const known = crowds.get(picked ?? placed) ?? new Crowd(x, y, placed, picked);
  crowds.set(picked ?? placed, known);
  return known;
}
