import { isLive, type TrainingCommand, type TrainingPayload } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import type { LinkState } from "../linked.js";
import type { Words } from "../words.js";
import { courseOf, stateOf } from "./words.js";

/** One row from the first frame to the last: buttons, in whose place it then says how it ended, and how far it is. */
export class Controls {
  readonly node = element("div", "training-header");
  readonly #trans: Words;
  readonly #stop = element("button", "button cellkernel-stop");
  readonly #pause = element("button", "button cellkernel-pause");
  readonly #buttons = element("div", "training-buttons");
  readonly #state = element("span", "state");
  readonly #progress = element("progress", "progress");
  readonly #detail = element("span", "detail");
  /** What the pause button would do now. */
  #next: TrainingCommand = "pause";

  constructor(trans: Words, order: (command: TrainingCommand) => void) {
    this.#trans = trans;
    this.#stop.title = trans.__("End after this step and keep the best weights so far");
    this.#pause.title = trans.__("Rest between two steps; the weights stay in memory");
    this.#progress.setAttribute("aria-label", trans.__("Progress"));
    for (const button of [this.#stop, this.#pause]) button.type = "button";
    this.#stop.addEventListener("click", () => order("stop"));
    this.#pause.addEventListener("click", () => order(this.#next));
    this.#buttons.append(this.#stop, this.#pause);
    const place = element("div", "training-place");
    place.append(this.#buttons, this.#state);
    this.node.append(place, this.#progress, this.#detail);
    this.node.tabIndex = -1;
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", trans.__("Training"));
  }

  /**
   * A button that goes, or is of no use any more, gives its focus to the row.
   * @param asked whether the user has asked it to stop
   */
  draw(run: TrainingPayload, link: LinkState, asked: boolean): void {
    const trans = this.#trans;
    const hadFocus = this.#buttons.contains(document.activeElement);
    const going = isLive(run) && link !== "lost";
    const stopping = asked || run.state === "stopping";
    this.#buttons.hidden = !going;
    this.#stop.disabled = link !== "live" || stopping;
    this.#stop.textContent = going && stopping ? trans.__("Stopping…") : trans.__("Stop");
    this.#next = run.state === "paused" ? "resume" : "pause";
    this.#pause.disabled = link !== "live" || stopping;
    this.#pause.textContent = run.state === "paused" ? trans.__("Resume") : trans.__("Pause");
    const state = stateOf(run, link, trans);
    this.#state.textContent = state;
    this.#state.hidden = going;
    this.#progress.max = Math.max(1, run.steps);
    this.#progress.value = run.step;
    const course = going ? `${state} · ${courseOf(run, trans)}` : courseOf(run, trans);
    this.#detail.textContent = course;
    this.#detail.title = course;
    const held = document.activeElement;
    if (hadFocus && (this.#buttons.hidden || (held as HTMLButtonElement | null)?.disabled !== false))
      this.node.focus({ preventScroll: true });
  }
}
