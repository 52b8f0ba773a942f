import { Widget } from "@lumino/widgets";
import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { LiveRuns } from "./liveRuns.js";
import { briefly } from "./words.js";

/** The run under way in the status bar: "Training 43 % · 12 s". A click leads to it, since Run All leaves its reader at the end. */
export class TrainingStatus extends Widget {
  readonly #runs: LiveRuns;
  readonly #trans: Words;
  readonly #button = element("button", "status");

  constructor(runs: LiveRuns, trans: Words, jump: (view: Widget) => void) {
    super();
    this.#runs = runs;
    this.#trans = trans;
    this.addClass("jp-mod-highlighted");
    this.#button.type = "button";
    this.#button.title = trans.__("Show the training");
    this.#button.addEventListener("click", () => {
      const { latest } = runs;
      if (latest) jump(latest.view);
    });
    this.node.append(this.#button);
    runs.changed.connect(this.#draw, this);
    this.#draw();
  }

  #draw(): void {
    const { latest } = this.#runs;
    this.#button.textContent = latest ? briefly(latest.run, this.#trans) : "";
  }
}
