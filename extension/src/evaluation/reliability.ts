import type { DecodedEvaluation, ReliabilityData } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import { svg } from "../svg.js";
import type { Words } from "../words.js";
import type { Picked } from "./picked.js";
import { percent } from "./words.js";

const [LEFT, TOP, BOTTOM, RIGHT] = [52, 12, 40, 22];
const [LEAST, MOST] = [180, 420];
/** Room that the words beside a diagram take, or those below one. */
const WORDS = { width: 200, height: 158 };

/** What the reader does with an interval. */
export interface IntervalActions {
  select(from: number, to: number, add: boolean): void;
  preview(interval: { from: number; to: number } | null): void;
  /** Selects the cells that were taken for a class; null: none. */
  choose(predicted: number | null): void;
}

/**
 * How often labels of a probability are right: on the diagonal where probabilities say it. The dots are as large as their
 * intervals have cells. What is selected, the labels of one class for instance, has a curve of its own.
 */
export class Reliability {
  readonly node = element("div", "reliability");
  readonly #data: ReliabilityData;
  /** [classes]: cells that were taken for each. */
  readonly #predictedAs: readonly number[];
  readonly #trans: Words;
  readonly #actions: IntervalActions | undefined;
  readonly #diagram = element("div", "reliability-diagram");
  readonly #of: HTMLSelectElement | undefined;
  readonly #own = element("p", "reliability-text cellkernel-own");
  #side = MOST;
  #picked: Picked | undefined;

  constructor(
    data: ReliabilityData,
    evaluation: Pick<DecodedEvaluation, "classes" | "predictedAs">,
    trans: Words,
    actions?: IntervalActions,
  ) {
    this.#data = data;
    this.#predictedAs = evaluation.predictedAs;
    this.#trans = trans;
    this.#actions = actions;
    const words = element("div", "reliability-words");
    if (actions) {
      const label = element("label", "reliability-of", trans.__("Labels of"));
      this.#of = element("select", "reliability-class");
      const names = [trans.__("every class"), ...evaluation.classes];
      this.#of.append(...names.map((name, n) => new Option(name, n === 0 ? "" : String(n - 1))));
      this.#of.addEventListener("change", () => {
        const { value = "" } = this.#of ?? {};
        actions.choose(value === "" ? null : Number(value));
      });
      label.append(this.#of);
      words.append(label);
    }
    const text = trans.__(
      "On the diagonal a label of 80 % is right in 80 % of its cells; below it, probabilities promise too much. They are off by %1 on average.",
      percent(data.error),
    );
    words.append(element("p", "reliability-text", text), this.#own);
    this.node.append(this.#diagram, words);
  }

  /** Shows the curve of what is selected. */
  set picked(picked: Picked) {
    this.#picked = picked;
    this.#draw();
  }

  fit(width: number, height: number): void {
    // As large as it can be, with its words beside it or below.
    const beside = Math.min(width - WORDS.width, height);
    const below = Math.min(width, height - WORDS.height);
    this.#side = Math.max(LEAST, Math.min(MOST, Math.max(beside, below)));
    this.#draw();
  }

  #draw(): void {
    this.#diagram.replaceChildren(this.#plot(this.#side));
    const { cells = 0, right = 0, promised = 0, predicted = [] } = this.#picked ?? {};
    const only = [...predicted].find((of) => this.#predictedAs[of] === cells);
    if (this.#of) this.#of.value = String(only ?? "");
    const words = this.#trans.__(
      "Selected: %1 of the evaluated cells. %2 of their labels are right; %3 were promised.",
      ...[cells.toLocaleString("en"), percent(right / cells), percent(promised)],
    );
    this.#own.textContent = cells > 0 ? words : "";
  }

  #plot(side: number): SVGSVGElement {
    const trans = this.#trans;
    const x = (share: number) => LEFT + share * (side - LEFT - RIGHT);
    const y = (share: number) => side - BOTTOM - share * (side - TOP - BOTTOM);
    const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
      svg("line", { class: "grid", x1: LEFT, x2: side - RIGHT, y1: y(tick), y2: y(tick) }),
      svg("text", { x: LEFT - 6, y: y(tick), dy: 4, "text-anchor": "end" }, percent(tick)),
      svg("text", { x: x(tick), y: side - BOTTOM + 16, "text-anchor": "middle" }, percent(tick)),
    ]);
    const most = Math.max(...this.#data.bins.map(({ cells }) => cells));
    const curve = (name: string, bins: ReliabilityData["bins"]) => {
      const path = bins.map(({ confidence, accuracy }) => `${x(confidence)} ${y(accuracy)}`);
      return svg("path", { class: name, d: path.length > 0 ? `M${path.join("L")}` : "" });
    };
    const own = this.#picked?.bins ?? [];
    const names = [
      svg(
        "text",
        { class: "name", x: x(0.5), y: side - 6, "text-anchor": "middle" },
        trans.__("probability"),
      ),
      svg(
        "text",
        { class: "name", x: 12, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 12 ${y(0.5)})` },
        trans.__("labels that are right"),
      ),
    ];
    const plot = svg(
      "svg",
      { class: "cellkernel-reliability-plot", width: side, height: side, role: "group" },
      ...ticks,
      svg("line", { class: "ideal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
      curve("curve", this.#data.bins),
      ...this.#data.bins.map((bin) => this.#dot(bin, x, y, most)),
      curve("curve cellkernel-own", own),
      ...own.map((bin) => this.#ownDot(bin, x, y, most)),
      ...names,
    );
    plot.setAttribute("aria-label", trans.__("Reliability: how often labels of a probability are right"));
    return plot;
  }

  #dot(
    { from, to, cells, confidence, accuracy }: ReliabilityData["bins"][number],
    x: (share: number) => number,
    y: (share: number) => number,
    most: number,
  ): SVGElement {
    const words = this.#trans.__(
      "%1 to %2: %3 cells, %4 of them right, %5 promised",
      ...[percent(from), percent(to), cells.toLocaleString("en"), percent(accuracy), percent(confidence)],
    );
    const dot = circle("dot", words, x(confidence), y(accuracy), cells / most);
    const actions = this.#actions;
    if (!actions) {
      dot.setAttribute("role", "img");
      return dot;
    }
    dot.setAttribute("role", "button");
    dot.setAttribute("tabindex", "0");
    dot.addEventListener("click", (event) => actions.select(from, to, event.ctrlKey || event.metaKey));
    dot.addEventListener("pointerenter", () => actions.preview({ from, to }));
    dot.addEventListener("pointerleave", () => actions.preview(null));
    dot.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      actions.select(from, to, event.ctrlKey || event.metaKey);
    });
    return dot;
  }

  #ownDot(
    { from, to, cells, confidence, accuracy }: ReliabilityData["bins"][number],
    x: (share: number) => number,
    y: (share: number) => number,
    most: number,
  ): SVGElement {
    const words = this.#trans.__(
      "%1 to %2: %3 selected cells, %4 of them right, %5 promised",
      ...[percent(from), percent(to), cells.toLocaleString("en"), percent(accuracy), percent(confidence)],
    );
    const dot = circle("dot cellkernel-own", words, x(confidence), y(accuracy), cells / most);
    dot.setAttribute("role", "img");
    return dot;
  }
}

/** @param share of the cells of the largest dot */
function circle(name: string, words: string, cx: number, cy: number, share: number): SVGElement {
  const dot = svg("circle", { class: name, cx, cy, r: (3.5 + 7 * Math.sqrt(share)).toFixed(1) });
  dot.append(svg("title", {}, words));
  dot.setAttribute("aria-label", words);
  return dot;
}
