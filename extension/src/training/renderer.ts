import type { INotebookTracker } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import {
  isLive,
  readTraining,
  type TrainingCommand,
  type TrainingPayload,
  type ViewAnswer,
} from "../../../src/views/contract.js";
import { element } from "../dom.js";
import { instead } from "../instead.js";
import { ViewLink } from "../link.js";
import { preferences } from "../preferences.js";
import type { Words } from "../words.js";
import { errorChart, lossChart } from "./charts.js";
import { ChartView } from "./chartView.js";
import { Controls } from "./controls.js";
import type { LiveRuns } from "./liveRuns.js";
import { notesOf, paceOf } from "./words.js";

/** What the renderers of a page share. */
export interface TrainingPage {
  trans: Words;
  notebooks: INotebookTracker | null;
  runs: LiveRuns;
}

/**
 * Shows a training run: its learning curves, which grow in place, and the buttons that reach it. What the notebook holds
 * may be long past, so the kernel is asked; its answers, too, are drawn. As high at the end as at the beginning.
 */
export class TrainingRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #page: TrainingPage;
  readonly #controls: Controls;
  readonly #pace = element("div", "pace");
  readonly #charts = element("div", "charts");
  readonly #note = element("div", "note");
  readonly #loss = new ChartView();
  readonly #error = new ChartView();
  #model: IRenderMime.IMimeModel | undefined;
  #run: TrainingPayload | undefined;
  #link: ViewLink | undefined;
  #drawn = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  /** Run that the user has asked to stop. */
  #asked: string | undefined;

  constructor(mimeType: string, page: TrainingPage) {
    super();
    this.#mimeType = mimeType;
    this.#page = page;
    this.addClass("cellkernel-view");
    this.addClass("cellkernel-training");
    this.#controls = new Controls(page.trans, (command) => this.#order(command));
    this.#note.setAttribute("role", "status");
    this.#charts.append(this.#loss.node, this.#error.node);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#model = model;
    try {
      this.#take(readTraining(model.data[this.#mimeType]));
    } catch {
      const why = this.#page.trans.__("The data of these learning curves are damaged.");
      this.node.replaceChildren(instead(model.data, why));
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.#connect();
  }

  override dispose(): void {
    this.#link?.dispose();
    this.#page.runs.forget(this);
    clearTimeout(this.#later);
    this.#loss.dispose();
    this.#error.dispose();
    super.dispose();
  }

  /** Draws a state of the run, unless it is an older one than is known. */
  #take(run: TrainingPayload): void {
    const known = this.#run;
    const same = known?.run === run.run;
    if (same && isLive(run) && (!isLive(known) || run.step < known.step)) return;
    this.#run = run;
    if (!same) {
      this.#link?.dispose();
      this.#link = undefined;
      this.#asked = undefined;
    }
    if (!this.#link && isLive(run)) {
      this.#link = new ViewLink(
        run.run,
        ({ bundle }) => this.#hear(bundle as ViewAnswer["bundle"]),
        () => this.#draw(),
      );
      // The output gets its place in the notebook after this.
      setTimeout(() => this.#connect());
    }
    if (same && isLive(run)) this.#drawInTime();
    else this.#draw();
  }

  /** Draws, but no more often than the reader prefers. */
  #drawInTime(): void {
    if (this.#later !== undefined) return;
    const wait = this.#drawn + 1000 * preferences().redrawSeconds - performance.now();
    if (wait <= 0) this.#draw();
    else this.#later = setTimeout(() => this.#draw(), wait);
  }

  #connect(): void {
    if (!this.isDisposed) this.#link?.connect(this.#page.notebooks, this);
  }

  #hear(bundle: ViewAnswer["bundle"]): void {
    const run = readTraining(bundle[this.#mimeType]);
    this.#take(run);
    // How it ended belongs in the notebook, whose output a page that was reloaded no longer keeps up.
    if (isLive(run)) return;
    this.#link?.dispose();
    this.#model?.setData({ data: bundle as IRenderMime.IMimeModel["data"] });
  }

  #draw(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#drawn = performance.now();
    const run = this.#run;
    if (!run) return;
    const { trans, runs } = this.#page;
    const link = this.#link?.state ?? "lost";
    this.node.dataset.state = isLive(run) && link === "lost" ? "lost" : run.state;
    this.#controls.draw(run, link, this.#asked === run.run);
    const pace = paceOf(run, link, trans);
    this.#pace.textContent = pace;
    this.#pace.title = pace;
    this.#loss.draw(lossChart(run, trans));
    this.#error.draw(errorChart(run, trans));
    // Where labels are not learnt, there are no mistakes.
    this.#error.node.hidden = run.history.some(({ validationError }) => validationError === null);
    this.#note.replaceChildren(...notesOf(run, trans).map((line) => element("div", "note-line", line)));
    if (this.#controls.node.parentElement !== this.node)
      this.node.replaceChildren(this.#controls.node, this.#pace, this.#charts, this.#note);
    if (isLive(run) && link === "live") runs.report(this, run);
    else runs.forget(this);
  }

  #order(command: TrainingCommand): void {
    if (command === "stop") this.#asked = this.#run?.run;
    this.#link?.send(command);
    this.#draw();
  }
}
