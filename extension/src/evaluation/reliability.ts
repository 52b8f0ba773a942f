import type { ReliabilityData } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import { svg } from "../svg.js";
import type { Words } from "../words.js";
import { percent } from "./words.js";

const [LEFT, TOP, BOTTOM, RIGHT] = [52, 12, 40, 22];
const MOST = 420;

/** What the reader does with an interval. */
export interface IntervalActions {
  select(from: number, to: number, add: boolean): void;
  preview(interval: { from: number; to: number } | null): void;
}

/**
 * How often labels of a probability are right: on the diagonal where probabilities say it. The dots are as large as their
 * intervals have cells.
 */
export class Reliability {
  readonly node = element("div", "reliability");
  readonly #data: ReliabilityData;
  readonly #trans: Words;
  readonly #actions: IntervalActions | undefined;

  constructor(data: ReliabilityData, trans: Words, actions?: IntervalActions) {
    this.#data = data;
    this.#trans = trans;
    this.#actions = actions;
  }

  fit(width: number, height: number): void {
    const side = Math.max(180, Math.min(MOST, width, height));
    const text = element(
      "p",
      "reliability-text",
      this.#trans.__(
        "On the diagonal a label of 80 % is right in 80 % of its cells; below it, probabilities promise too much. They are off by %1 on average.",
        percent(this.#data.error),
      ),
    );
    this.node.replaceChildren(this.#plot(side), text);
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
    const path = this.#data.bins.map(({ confidence, accuracy }) => `${x(confidence)} ${y(accuracy)}`);
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
      svg("path", { class: "curve", d: path.length > 0 ? `M${path.join("L")}` : "" }),
      ...this.#data.bins.map((bin) => this.#dot(bin, x, y, most)),
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
    const radius = 3.5 + 7 * Math.sqrt(cells / most);
    const dot = svg("circle", { class: "dot", cx: x(confidence), cy: y(accuracy), r: radius.toFixed(1) });
    dot.append(svg("title", {}, words));
    dot.setAttribute("aria-label", words);
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
}
