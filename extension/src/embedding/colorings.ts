import type { Coloring, Embedding } from "./decode.js";
import type { State } from "./state.js";

/** What the panels are coloured by, as the reader has chosen, and which of them is coloured next. */
export class Colorings {
  /** Whether one panel is shown at a time. */
  tabbed = false;
  readonly #own: readonly Coloring[];
  readonly #mistakes: Coloring | undefined;
  readonly #state: State;

  constructor({ panels }: Embedding, mistakes: Coloring | undefined, state: State) {
    this.#own = panels;
    this.#mistakes = mistakes;
    this.#state = state;
  }

  /** [panels] */
  get shown(): Coloring[] {
    return this.#own.map((own, panel) => this.#state.colorings[panel] ?? own);
  }

  /** What one can choose from where one panel is shown at a time. */
  get tabs(): Coloring[] {
    const { shown } = this;
    return this.#mistakes && !shown.includes(this.#mistakes) ? [...shown, this.#mistakes] : shown;
  }

  /** Those that the panels hold, and before them those that were chosen besides. */
  get listed(): Coloring[] {
    return [...new Set([...this.shown.filter((one) => !this.#own.includes(one)), ...this.#own])];
  }

  /** Index of the panel that is coloured next: where one is shown at a time, that one. */
  get target(): number {
    const { tab, target } = this.#state;
    return this.tabbed && tab < this.#own.length ? tab : target;
  }

  /** What that panel shows. */
  get aimed(): Coloring {
    return this.shown[this.target];
  }

  /** Whether there is a choice which panel is coloured next. */
  get several(): boolean {
    return this.#own.length > 1 && !this.tabbed;
  }

  /** Colours a panel; where one is shown at a time, that one is. */
  set(panel: number, coloring: Coloring): void {
    this.#state.colorings[panel] = coloring === this.#own[panel] ? undefined : coloring;
    this.#state.tab = panel;
  }
}
