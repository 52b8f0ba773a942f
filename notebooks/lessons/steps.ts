import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FinetuneOptions,
  finetune,
  loadPrepared,
  loadRun,
  openModel,
  type Prepared,
  preprocess,
  type Run,
  readH5ad,
  savePrepared,
} from "cellkernel";
import { keepMade, otherOptions, type Step, takeOrMake } from "./checkpoint.js";

/** Seen from the folder of the lessons, in which their kernel works. */
const DATA = "../data/pbmc68k_reduced.h5ad";
const CHECKPOINTS = "../../output/lessons";

/** What the lessons on blood cells leave to one another. */
interface Left {
  /** The cells, ready for the model. */
  prepared: Prepared;
  /** The run of "fine-tune", section 2. */
  "fine-tuned": Run;
  /** The run of "fine-tune", section 5, that nobody watched. */
  "over-fitted": Run;
}

/** What a step of a lesson leaves: of this kernel, else from `output/lessons`, else made now. */
export function checkpoint<Name extends keyof Left>(name: Name): Promise<Left[Name]> {
  return takeOrMake(name, STEPS[name], CHECKPOINTS);
}

/** Keeps what a lesson has just made, for its later sections and for the other lesson. */
export function keep<Name extends keyof Left>(name: Name, made: Left[Name]): Promise<void> {
  return keepMade(name, made, STEPS[name], CHECKPOINTS);
}

/** The folder that holds a run, to start another from it: its checkpoint's, or one that goes with the kernel. */
export async function folderOf(run: Run): Promise<string> {
  if (run.folder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "cellkernel-lesson-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    await run.save(folder);
  }
  return run.folder!;
}

/** The options of the lessons' code; a test compares. */
const PREPARATION = { cellType: "bulk_labels", nHvg: 600 };
const OPTIONS: FinetuneOptions = {
  epochs: 16,
  lr: 1e-3,
  batchSize: 16,
  maxSeqLen: 128,
  trainTestSplitRatio: 0.25,
  device: "cpu",
};
const RISKY: FinetuneOptions = { ...OPTIONS, epochs: 40, dropout: 0, scheduleRatio: 1 };
const UNWATCHED: FinetuneOptions = { ...RISKY, saveEvalInterval: 40 };

const STEPS: { [Name in keyof Left]: Step<Left[Name]> } = {
  prepared: {
    make: async () => preprocess(await readH5ad(DATA), { ...PREPARATION, model: await openModel("small") }),
    save: (ready, folder) => savePrepared(ready, folder),
    load: loadPrepared,
    foreign: ({ settings, source }) =>
      source.path === DATA ? otherOptions(PREPARATION, settings) : `its cells are those of ${source.path}`,
  },
  "fine-tuned": runStep(OPTIONS, async (ready) => finetune(ready, OPTIONS)),
  "over-fitted": runStep(UNWATCHED, async (ready) => {
    const { train, validation, test } = (await checkpoint("fine-tuned")).parts.cells.split;
    const few = { train: train.filter((_, i) => i % 3 === 0), validation, test };
    return finetune(ready, { ...UNWATCHED, split: few });
  }),
};

function runStep(options: FinetuneOptions, make: (ready: Prepared) => Promise<Run>): Step<Run> {
  return {
    make: async () => make(await checkpoint("prepared")),
    save: (run, folder) => run.save(folder),
    load: loadRun,
    foreign: async ({ parts, settings }) =>
      parts.cells.content === (await checkpoint("prepared")).source.content
        ? otherOptions(options, settings)
        : "it learnt from other cells",
  };
}
