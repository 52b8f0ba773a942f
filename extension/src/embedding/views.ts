import type { EmbeddingView } from "./view.js";

/** The embeddings that are on the page, for commands: these mean the one that was used last. */
export class ShownViews {
  readonly #views = new Map<EmbeddingView, HTMLElement>();

  add(view: EmbeddingView, host: HTMLElement): void {
    this.#views.set(view, host);
    for (const type of ["pointerdown", "focusin"])
      host.addEventListener(type, () => {
        if (!this.#views.delete(view)) return;
        this.#views.set(view, host);
      });
  }

  remove(view: EmbeddingView): void {
    this.#views.delete(view);
  }

  /** Undefined when none is seen. */
  get latest(): EmbeddingView | undefined {
    return [...this.#views].findLast(([, host]) => host.offsetParent !== null)?.[0];
  }
}
