import type { Change } from "../selection.js";
import { type Camera, dragged, type Spot, zoomed } from "./camera.js";

/** What dragging does: moves what is seen, or goes around cells. */
export type Mode = "pan" | "lasso" | "rectangle";

/** What a plot's gestures are about. */
export interface Gestured {
  readonly side: number;
  readonly camera: Camera;
  readonly mode: Mode;
  look(camera: Camera): void;
  /** The pointer rests there; null when on nothing. */
  hover(at: Spot | null): void;
  tap(at: Spot): void;
  /** The line that goes around cells while it is drawn; null when it is done. */
  outline(around: readonly Spot[] | null): void;
  gather(around: readonly Spot[], how: Change): void;
  /** Whole embedding in view. */
  reset(): void;
}

/** Pixels that a press may move and still be a click. */
const STILL = 4;
/** How much a wheel's pixel zooms. */
const WHEEL = 0.0022;

/**
 * Mouse, pen and touch on a plot. The wheel zooms after a click, until the pointer leaves: before, it scrolls the
 * notebook, or no one gets past the plot. So does a finger before a tap.
 */
export class Gestures {
  readonly #frame: HTMLElement;
  readonly #plot: Gestured;
  /** Where each pressed pointer is. */
  readonly #down = new Map<number, Spot>();
  #from: Spot | undefined;
  #moved = false;
  #around: Spot[] | undefined;

  constructor(frame: HTMLElement, plot: Gestured) {
    this.#frame = frame;
    this.#plot = plot;
    frame.addEventListener("pointerdown", (event) => this.#press(event));
    frame.addEventListener("pointermove", (event) => this.#move(event));
    frame.addEventListener("pointerup", (event) => this.#release(event));
    frame.addEventListener("pointercancel", () => this.cancel());
    frame.addEventListener("pointerleave", ({ pointerType }) => {
      if (this.#down.size > 0) return;
      plot.hover(null);
      if (pointerType === "mouse") this.armed = false;
    });
    frame.addEventListener("blur", () => {
      this.armed = false;
    });
    frame.addEventListener("dblclick", () => plot.reset());
    frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Whether the wheel and a finger are the plot's, not the notebook's. */
  get armed(): boolean {
    return this.#frame.classList.contains("cellkernel-armed");
  }

  set armed(armed: boolean) {
    this.#frame.classList.toggle("cellkernel-armed", armed);
  }

  /** Drops what is under way; returns whether anything was. */
  cancel(): boolean {
    const busy = this.#around !== undefined;
    this.#down.clear();
    this.#from = undefined;
    this.#around = undefined;
    this.#plot.outline(null);
    return busy;
  }

  #spot({ clientX, clientY }: MouseEvent): Spot {
    const { left, top } = this.#frame.getBoundingClientRect();
    const { clientLeft, clientTop } = this.#frame;
    return { left: clientX - left - clientLeft, top: clientY - top - clientTop };
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#frame.focus({ preventScroll: true });
    // A second finger ends what the first has begun.
    if (this.#down.size > 0) this.#around = undefined;
    else {
      this.#moved = false;
      this.#from = this.#spot(event);
      if (this.#plot.mode !== "pan") this.#around = [this.#from];
    }
    if (event.pointerType !== "touch") this.armed = true;
    this.#down.set(event.pointerId, this.#spot(event));
    this.#frame.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const before = this.#down.get(event.pointerId);
    const now = this.#spot(event);
    if (!before) {
      if (this.#down.size === 0) this.#plot.hover(now);
      return;
    }
    const from = this.#from!;
    if (!this.#moved && this.#down.size === 1) {
      this.#moved = Math.hypot(now.left - from.left, now.top - from.top) > STILL;
      if (!this.#moved) return;
      this.#plot.hover(null);
    }
    this.#down.set(event.pointerId, now);
    const { side, camera } = this.#plot;
    if (this.#down.size > 1) this.#pinch(event.pointerId, before, now);
    else if (this.#around) {
      if (this.#plot.mode === "lasso") this.#around.push(now);
      else this.#around = [from, { left: now.left, top: from.top }, now, { left: from.left, top: now.top }];
      this.#plot.outline(this.#around);
    } else this.#plot.look(dragged(camera, side, now.left - before.left, now.top - before.top));
  }

  /** Two fingers: what was under them stays under them. */
  #pinch(moving: number, before: Spot, now: Spot): void {
    this.#moved = true;
    const other = [...this.#down].find(([pointer]) => pointer !== moving)![1];
    const apart = (spot: Spot) => Math.max(1, Math.hypot(spot.left - other.left, spot.top - other.top));
    const { side, camera } = this.#plot;
    const moved = dragged(camera, side, (now.left - before.left) / 2, (now.top - before.top) / 2);
    const middle = { left: (now.left + other.left) / 2, top: (now.top + other.top) / 2 };
    this.#plot.look(zoomed(moved, side, apart(now) / apart(before), middle));
  }

  #release(event: PointerEvent): void {
    if (!this.#down.delete(event.pointerId) || this.#down.size > 0) return;
    const around = this.#around;
    this.#around = undefined;
    this.#plot.outline(null);
    if (!this.#moved) {
      this.armed = true;
      this.#plot.tap(this.#spot(event));
    } else if (around)
      this.#plot.gather(around, event.shiftKey ? "add" : event.altKey ? "subtract" : "replace");
  }

  #wheel(event: WheelEvent): void {
    if (!this.armed) return;
    event.preventDefault();
    event.stopPropagation();
    // Lines and pages in pixels; a pinch on a trackpad comes as a wheel with the control key, in small steps.
    const pixels = event.deltaY * [1, 16, 400][event.deltaMode] * (event.ctrlKey ? 5 : 1);
    const { side, camera } = this.#plot;
    this.#plot.look(zoomed(camera, side, Math.exp(-pixels * WHEEL), this.#spot(event)));
  }
}
