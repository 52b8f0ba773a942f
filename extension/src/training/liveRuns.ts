import { type ISignal, Signal } from "@lumino/signaling";
import type { Widget } from "@lumino/widgets";
import type { TrainingPayload } from "../../../src/views/contract.js";

/** A run under way and the output that shows it. */
export interface LiveRun {
  view: Widget;
  run: TrainingPayload;
}

/** The training runs that the page's views know to be under way. */
export class LiveRuns {
  readonly #byView = new Map<Widget, TrainingPayload>();
  readonly #changed = new Signal<this, void>(this);

  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  /** The one that began last. */
  get latest(): LiveRun | undefined {
    const last = [...this.#byView].at(-1);
    return last && { view: last[0], run: last[1] };
  }

  report(view: Widget, run: TrainingPayload): void {
    this.#byView.set(view, run);
    this.#changed.emit();
  }

  forget(view: Widget): void {
    if (this.#byView.delete(view)) this.#changed.emit();
  }
}
