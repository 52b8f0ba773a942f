import { element } from "../dom.js";
import { chartSvg, HEIGHT } from "./chart.js";
import type { Chart } from "./chartData.js";

/** Width before the page has said how much there is. */
const WIDTH = 400;

/** A chart as wide as its place, with the values at the pointer; drawn anew in place as its data grow. */
export class ChartView {
  readonly node = element("div", "chart-place");
  readonly #observer: ResizeObserver;
  #chart: Chart | undefined;
  #width = WIDTH;
  #pointer: number | null = null;

  constructor() {
    this.node.style.height = `${HEIGHT}px`;
    this.node.addEventListener("pointermove", (event) =>
      this.#point(event.clientX - this.node.getBoundingClientRect().left),
    );
    this.node.addEventListener("pointerleave", () => this.#point(null));
    this.#observer = new ResizeObserver(() => {
      const width = Math.floor(this.node.clientWidth);
      if (width === 0 || width === this.#width) return;
      this.#width = width;
      this.#redraw();
    });
    this.#observer.observe(this.node);
  }

  draw(chart: Chart): void {
    this.#chart = chart;
    this.#redraw();
  }

  dispose(): void {
    this.#observer.disconnect();
  }

  #point(at: number | null): void {
    this.#pointer = at;
    this.#redraw();
  }

  #redraw(): void {
    if (this.#chart) this.node.replaceChildren(chartSvg(this.#chart, this.#width, this.#pointer));
  }
}
