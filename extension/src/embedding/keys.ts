import { type Camera, dragged, WHOLE, zoomed } from "./camera.js";

/** What a plot's keys are about. */
export interface Keyed {
  readonly side: number;
  readonly camera: Camera;
  look(camera: Camera): void;
  /** To the next cell (1) or the one before (−1). */
  step(by: number): void;
  /** Gives the keys back to what is around the view. */
  release(): void;
}

/** Share of the side that an arrow moves what is seen. */
const ARROW = 0.12;
const ZOOM = 1.4;

/** Does what a key on a plot means; returns whether it means anything. */
export function pressKey(plot: Keyed, key: string): boolean {
  const { camera, side } = plot;
  const middle = { left: side / 2, top: side / 2 };
  const move = (right: number, down: number) =>
    plot.look(dragged(camera, side, right * ARROW * side, down * ARROW * side));
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move(1, 0),
    ArrowRight: () => move(-1, 0),
    ArrowUp: () => move(0, 1),
    ArrowDown: () => move(0, -1),
    "+": () => plot.look(zoomed(camera, side, ZOOM, middle)),
    "-": () => plot.look(zoomed(camera, side, 1 / ZOOM, middle)),
    "0": () => plot.look(WHOLE),
    n: () => plot.step(1),
    p: () => plot.step(-1),
    Escape: () => plot.release(),
  };
  // The same keys without shift.
  const same: Record<string, string> = { "=": "+", _: "-", N: "n", P: "p" };
  const meant = Object.hasOwn(keys, same[key] ?? key) ? keys[same[key] ?? key] : undefined;
  meant?.();
  return meant !== undefined;
}

/**
 * Keeps keys in an element: JupyterLab's shortcuts are looked up before any listener of ours, but not where this
 * attribute stands. Those with a modifier (save, run) are the notebook's as ever. Returns what ends that.
 */
export function keepKeys(node: HTMLElement): () => void {
  const look = (event: KeyboardEvent) => {
    if (!event.composedPath().includes(node)) return;
    const foreign =
      event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
    node.toggleAttribute("data-lm-suppress-shortcuts", !foreign);
  };
  const stop = (event: KeyboardEvent) => {
    if (node.hasAttribute("data-lm-suppress-shortcuts")) event.stopPropagation();
  };
  window.addEventListener("keydown", look, true);
  node.addEventListener("keydown", stop);
  return () => {
    window.removeEventListener("keydown", look, true);
    node.removeEventListener("keydown", stop);
  };
}
