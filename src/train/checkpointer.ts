import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type CourseSoFar, writeState } from "../store/stateFile.js";
import { CellkernelError } from "../support/error.js";
import { logLine } from "./logLine.js";
import type { Keeper } from "./loop.js";
import type { LoopState } from "./loopState.js";
import type { TrainingEvent } from "./plan.js";

/** Where and how often the state of a training is kept. */
export interface Checkpointing {
  /** The training's folder. */
  folder: string;
  /** Minutes after which it is kept within an epoch. */
  minutes: number;
  /** What was kept before, where the training goes on. */
  course?: CourseSoFar;
}

/**
 * Keeps a training on the disk, beside the loop in its thread: a line of the log for each event, and where it stands after
 * each epoch, every so many minutes and at its end. A process that is killed at any moment leaves the state before or the
 * new one, whole, and the log to at least that step.
 */
export class Checkpointer implements Keeper {
  private readonly course: CourseSoFar;
  private readonly before: number;
  private readonly started = performance.now();
  private readonly log: number;
  private keptAt = performance.now();
  private kept: { best?: number; step?: number };

  constructor(
    private readonly order: Checkpointing,
    from?: LoopState,
  ) {
    const { losses = [], history = [], seconds = 0 } = order.course ?? {};
    this.course = { losses: [...losses], history: [...history], seconds };
    this.before = seconds;
    this.kept = { best: from?.best?.epoch, step: from?.step };
    this.log = this.orStop(() => openSync(join(order.folder, "log.jsonl"), "a"));
    this.write(logLine({ kind: from ? "resumed" : "started", step: from?.step ?? 0 }));
  }

  hear(event: TrainingEvent): void {
    if (event.kind === "snapshot") return;
    if (event.kind === "step") this.course.losses.push(event.loss);
    if (event.kind === "epoch") {
      const { epoch, step, trainLoss, validationLoss, validationError } = event;
      this.course.history.push({ epoch, step, trainLoss, validationLoss, validationError });
    }
    this.write(logLine(event));
  }

  keep(moment: "step" | "epoch" | "end", stateOf: () => LoopState): void {
    const minutes = (performance.now() - this.keptAt) / 60_000;
    if (moment === "step" && minutes < this.order.minutes) return;
    const state = stateOf();
    this.course.seconds = this.before + (performance.now() - this.started) / 1000;
    this.orStop(() => {
      fsyncSync(this.log);
      const { best } = state;
      writeState(this.order.folder, { state, course: this.course }, best?.epoch !== this.kept.best);
      this.kept = { best: best?.epoch, step: state.step };
    });
    this.keptAt = performance.now();
  }

  close(): void {
    closeSync(this.log);
  }

  private write(line: string): void {
    this.orStop(() => writeSync(this.log, line));
  }

  /** Without a disk to keep it on, a training ends at what was kept last. */
  private orStop<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      const said = code === "ENOSPC" ? "there is no space left on the disk" : message;
      const { folder } = this.order;
      throw new CellkernelError(
        "path",
        `training stopped, since ${folder} can't be written to: ${said}. ` +
          (this.kept?.step === undefined
            ? "Nothing was kept before."
            : `What is kept there is that after step ${this.kept.step}; make room, then go on from it with resume (cellkernel resume RUN).`),
        { path: folder },
      );
    }
  }
}
