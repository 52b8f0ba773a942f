import { writeSync } from "node:fs";
import { type FinetuneOptions, finetune, resume } from "../../src/index.js";
import { preparedCells, tinyModel } from "./prepared.js";

/** Dropout, genes drawn anew in each epoch, a falling learning rate, steps in pieces, early stopping: all that has a state. */
const SETTINGS: FinetuneOptions = {
  ...{ epochs: 12, lr: 0.05, batchSize: 16, microBatch: 5, maxSeqLen: 8, dropout: 0.2, scheduleRatio: 0.9 },
  ...{ patience: 3, seed: 5, threads: 1, device: "cpu", checkpointMinutes: 1e-3 },
};

/** Trains in a folder from the start, undisturbed but for what happens to its process. */
export async function trainIn(saveDir: string, onProgress?: (step: number) => void) {
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  return finetune(preparedCells(model), {
    ...SETTINGS,
    saveDir,
    onProgress: onProgress && (({ step }) => onProgress(step)),
  });
}

// As a process of its own, to be killed: `survival.js start FOLDER` or `survival.js resume FOLDER`. Says each step.
const [, script, how, folder] = process.argv;
if (script === new URL(import.meta.url).pathname) {
  const say = (step: number) => void writeSync(1, `${step}\n`);
  if (how === "start") await trainIn(folder, say);
  else await resume(folder, { onProgress: ({ step }) => say(step) });
}
