/** So long may an output take before those behind it are shown. */
const PATIENCE_MS = 3000;

// The kernel's own timers belong to no cell.
const { setTimeout, clearTimeout } = globalThis;

interface Place {
  /** Shows what belongs here; absent while it is being made. */
  show?: () => void;
  since: number;
}

/**
 * The outputs of one cell in the order in which it asked for them. One that takes its time, such as the
 * picture of a plot, keeps its place, and those behind it wait.
 */
export class Line {
  readonly #places: Place[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #emptied: (() => void)[] = [];
  #moving = false;

  show(show: () => void): void {
    if (this.#places.length === 0 || this.#moving) show();
    else {
      this.#places.push({ show, since: Date.now() });
      this.#move();
    }
  }

  /** Keeps a place; the function that is returned says what to show there. */
  reserve(): (show: () => void) => void {
    const place: Place = { since: Date.now() };
    this.#places.push(place);
    this.#timer ??= setTimeout(() => this.#move(), PATIENCE_MS);
    return (show) => {
      place.show = show;
      if (this.#places.includes(place)) this.#move();
      // It took too long: the others have passed.
      else show();
    };
  }

  /** Resolves when nothing waits any more. */
  settled(): Promise<void> {
    if (this.#places.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  /** Lets everybody pass what is not ready. */
  hurry(): void {
    for (const place of this.#places) place.since = 0;
    this.#move();
  }

  #move(): void {
    const patient = Date.now() - PATIENCE_MS;
    this.#moving = true;
    while (this.#places.length > 0) {
      const [{ show, since }] = this.#places;
      if (!show && since > patient) break;
      this.#places.shift();
      show?.();
    }
    this.#moving = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#places[0];
    if (next) this.#timer = setTimeout(() => this.#move(), next.since - patient);
    else for (const emptied of this.#emptied.splice(0)) emptied();
  }
}
