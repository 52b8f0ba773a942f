import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Kernel } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { duration, type TrainingPayload } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import { type Chart, chartSvg } from "./chart.js";
import { stopRun } from "./stop.js";

/** Shows learning curves, which grow in place as the kernel updates the display, and a button that ends the run. */
export class TrainingRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #trans: TranslationBundle;
  readonly #kernel: (node: HTMLElement) => Kernel.IKernelConnection | undefined;
  readonly #state = element("span", "state");
  readonly #detail = element("span", "detail");
  readonly #progress = element("progress", "progress");
  readonly #stop = element("button", "stop");
  readonly #charts = element("div", "charts");
  readonly #note = element("div", "note");
  #payload: TrainingPayload | undefined;
  /** Run that the user has asked to stop. */
  #asked: string | undefined;

  constructor(
    mimeType: string,
    trans: TranslationBundle,
    kernel: (node: HTMLElement) => Kernel.IKernelConnection | undefined,
  ) {
    super();
    this.#mimeType = mimeType;
    this.#trans = trans;
    this.#kernel = kernel;
    this.addClass("cellkernel-training");
    this.#stop.type = "button";
    this.#stop.addEventListener("click", () => this.#ask());
    this.#note.setAttribute("role", "status");
    const header = element("div", "training-header");
    header.append(this.#state, this.#progress, this.#detail, this.#stop);
    this.node.append(header, this.#charts, this.#note);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#payload = model.data[this.#mimeType] as unknown as TrainingPayload;
    this.#draw(this.#payload);
  }

  #draw(run: TrainingPayload): void {
    const trans = this.#trans;
    const live = run.state === "running" || run.state === "stopping";
    const states = {
      running: trans.__("Training"),
      stopping: trans.__("Stopping"),
      finished: trans.__("Finished"),
      stopped: trans.__("Stopped"),
      failed: trans.__("Failed"),
    };
    this.#state.textContent = states[run.state];
    this.node.dataset.state = run.state;
    this.#progress.max = run.steps;
    this.#progress.value = run.step;
    this.#progress.setAttribute("aria-label", trans.__("Progress"));
    this.#detail.textContent = [
      trans.__("epoch %1 of %2", run.epoch, run.epochs),
      trans.__("step %1 of %2", run.step, run.steps),
      duration(run.seconds),
      ...(live && run.secondsLeft !== null ? [trans.__("about %1 left", duration(run.secondsLeft))] : []),
    ].join(" · ");
    const asked = this.#asked === run.run || run.state === "stopping";
    this.#stop.hidden = !live;
    this.#stop.disabled = asked;
    this.#stop.textContent = asked ? trans.__("Stopping…") : trans.__("Stop");
    this.#stop.title = trans.__("End after this step and keep the best weights so far");
    this.#charts.replaceChildren(...charts(run, trans).map(chartSvg));
    const best = run.history.find(({ epoch }) => epoch === run.bestEpoch);
    const lines = [
      run.message ?? "",
      best
        ? trans.__(
            "Best epoch %1: validation loss %2, %3 % of the validation cells labelled wrongly.",
            best.epoch,
            best.validationLoss.toFixed(3),
            (100 * best.validationError).toFixed(1),
          )
        : "",
    ];
    this.#note.replaceChildren(
      ...lines.filter(Boolean).map((line) => {
        const paragraph = element("div", "note-line");
        paragraph.textContent = line;
        return paragraph;
      }),
    );
  }

  async #ask(): Promise<void> {
    const run = this.#payload;
    if (!run) return;
    const kernel = this.#kernel(this.node);
    if (!kernel) {
      this.#note.textContent = this.#trans.__("No kernel runs here, so there is nothing to stop.");
      return;
    }
    this.#asked = run.run;
    this.#draw(run);
    const heard = await stopRun(kernel, run.run);
    if (heard || this.isDisposed) return;
    this.#asked = undefined;
    this.#draw(this.#payload ?? run);
    this.#note.textContent = this.#trans.__("The kernel does not know this run any more.");
  }
}

function charts(run: TrainingPayload, trans: TranslationBundle): Chart[] {
  const lossChart: Chart = {
    title: trans.__("Loss"),
    xLabel: trans.__("step"),
    xRange: [0, Math.max(run.step, run.steps, 1)],
    curves: [
      {
        name: "training",
        label: trans.__("training"),
        points: run.losses.map(({ step, loss }) => ({ x: step, y: loss })),
      },
      {
        name: "validation",
        label: trans.__("validation"),
        points: run.history.map(({ step, validationLoss }) => ({ x: step, y: validationLoss })),
        dots: true,
      },
    ],
  };
  const errorChart: Chart = {
    title: trans.__("Validation cells labelled wrongly"),
    xLabel: trans.__("epoch"),
    xRange: [0, Math.max(run.epochs, 1)],
    percent: true,
    curves: [
      {
        name: "validation",
        label: "",
        points: run.history.map(({ epoch, validationError }) => ({ x: epoch, y: validationError })),
        dots: true,
      },
    ],
    ...(run.bestEpoch !== null && { mark: { x: run.bestEpoch, label: trans.__("kept") } }),
  };
  return [lossChart, errorChart];
}
