import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeTorch } from "../checkpoint/torchWrite.js";
import { writeFileAtomically } from "../support/atomic.js";
import { readArrays, writeArrays } from "./arrays.js";
import { openModel } from "./model.js";
import type { RunCells, RunParts } from "./run.js";
import { publishedArgs } from "./trainArgs.js";

/** The record of a run that `loadRun` reads; the rest of the folder is for the published code and for people. */
const RECORD = "run.json";

/** Which cells the run is made of: rows of each part, keys of those learnt from. */
const CELLS = "cells.safetensors";

/** What `run.json` holds: everything but what stands in files of its own. */
type RunRecord = Omit<RunParts, "args" | "vocabulary" | "classes" | "weights" | "cells"> & {
  content: string;
};

/** Writes a run's folder, file by file, the weights last: a folder without them is not taken for a run. */
export function writeRun(folder: string, parts: RunParts): void {
  const { args, vocabulary, classes, weights, cells, ...rest } = parts;
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 1)}\n`;
  const record: RunRecord = {
    ...rest,
    training: { ...rest.training, losses: Array.from(rest.training.losses) },
    content: cells.content,
  };
  const write = (name: string, text: string) => writeFileAtomically(join(folder, name), text);
  write("args.json", json(args));
  write("vocab.json", `${JSON.stringify(vocabulary)}\n`);
  write("id2type.json", json(Object.fromEntries(classes.entries())));
  write("dev_train_args.yml", stringify(publishedArgs(parts)));
  write("run.log", runLog(parts));
  const { split, learnt } = cells;
  writeArrays(join(folder, CELLS), new Map(Object.entries({ ...split, learnt })));
  write(RECORD, `${JSON.stringify(record)}\n`);
  writeTorch(join(folder, "best_model.pt"), weights);
}

/** Whether a folder holds what `writeRun` writes. */
export function isRun(folder: string): boolean {
  return existsSync(join(folder, RECORD));
}

/** Reads what `writeRun` wrote, to the bit. */
export async function readRun(folder: string): Promise<RunParts> {
  const model = await openModel(folder);
  const path = join(folder, RECORD);
  if (!existsSync(path))
    throw new Error(
      `${folder} holds no ${RECORD}: it was not written by run.save(); open it with openModel and fine-tune it`,
    );
  const weights = model.readWeights();
  if (!weights || !model.classes)
    throw new Error(`${folder} is not a whole run: best_model.pt or id2type.json is missing`);
  const { content, ...rest } = JSON.parse(readFileSync(path, "utf8")) as RunRecord;
  const arrays = readArrays(join(folder, CELLS)) as Map<string, Int32Array>;
  const [train, validation, test, learnt] = ["train", "validation", "test", "learnt"].map(
    (name) => arrays.get(name)!,
  );
  const cells: RunCells = { content, split: { train, validation, test }, learnt };
  return {
    ...rest,
    args: model.args,
    vocabulary: model.vocabulary,
    classes: model.classes,
    weights,
    cells,
  };
}

/** The course of training, a line an epoch. */
function runLog({ name, notes, training, source }: RunParts): string {
  const lines = [
    `run ${name}, cells of ${source}`,
    ...notes,
    ...training.history.map(
      ({ epoch, step, trainLoss, validationLoss, validationError }) =>
        `epoch ${epoch} | step ${step} | train/loss ${trainLoss.toFixed(4)} | ` +
        `valid/loss ${validationLoss.toFixed(4)} | valid/err ${validationError.toFixed(4)}`,
    ),
    `${training.state} after ${training.step} steps in ${training.seconds.toFixed(1)} s; ` +
      `weights kept: epoch ${training.bestEpoch ?? "none validated, the last"}`,
  ];
  return `${lines.join("\n")}\n`;
}
