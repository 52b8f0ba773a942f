import { readTraining } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import { type Bundle, instead } from "../instead.js";
import { errorChart, lossChart } from "../training/charts.js";
import { ChartView } from "../training/chartView.js";
import { notesOf } from "../training/words.js";
import { words } from "./words.js";

/** The learning curves of a run that is over, as far as a page without a kernel is concerned. */
export function showCurves(host: HTMLElement, payload: unknown, bundle: Bundle): void {
  host.classList.add("cellkernel-view", "cellkernel-training");
  try {
    const run = readTraining(payload);
    const labelled = run.history.some(({ validationError }) => validationError !== null);
    const drawn = [lossChart(run, words), ...(labelled ? [errorChart(run, words)] : [])];
    const charts = element("div", "charts");
    for (const chart of drawn) {
      const view = new ChartView();
      charts.append(view.node);
      view.draw(chart);
    }
    host.replaceChildren(charts, ...notesOf(run, words).map((line) => element("div", "note-line", line)));
  } catch {
    host.replaceChildren(instead(bundle, words.__("The data of these learning curves are damaged.")));
  }
}
