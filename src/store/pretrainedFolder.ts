import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeTorch } from "../checkpoint/torchWrite.js";
import { writeFileAtomically } from "../support/atomic.js";
import { writeFolderAtomically } from "../support/atomicFolder.js";
import { FORMAT, type Kinds, readRecord } from "./format.js";
import { hashesOf } from "./hash.js";
import { runLog } from "./runFolder.js";
import type { RunParts } from "./runParts.js";

/** Everything that a pretrained model's folder is made of. */
export type PretrainedParts = Pick<
  RunParts,
  | "name"
  | "args"
  | "vocabulary"
  | "weights"
  | "training"
  | "settings"
  | "preparation"
  | "made"
  | "notes"
  | "source"
>;

const RECORD = "pretraining.json";
/** What a model is opened from, here and by the published code. */
const MODEL = ["args.json", "vocab.json", "best_model.pt"];
const OWN = [...MODEL, RECORD, "run.log", "learning_curves.png"];
const REMEDY = "pretrain again";

/**
 * Writes a pretrained model with the record of its training. The folder appears under its name when it is whole, in place of a
 * pretrained model that was there; what else was in it stays.
 * @param curves a picture of the course of its training, PNG
 */
export function writePretrained(folder: string, parts: PretrainedParts, curves: Uint8Array): void {
  const { args, vocabulary, weights, training, ...rest } = parts;
  writeFolderAtomically(
    folder,
    (partial) => {
      const write = (name: string, value: string | Uint8Array[]) =>
        writeFileAtomically(join(partial, name), value);
      write("args.json", `${JSON.stringify(args, undefined, 1)}\n`);
      write("vocab.json", `${JSON.stringify(vocabulary)}\n`);
      writeTorch(join(partial, "best_model.pt"), weights);
      write("run.log", runLog(parts));
      write("learning_curves.png", [curves]);
      const record = {
        ...{ format: FORMAT, ...rest, training: { ...training, losses: Array.from(training.losses) } },
        hashes: hashesOf(partial, MODEL),
      };
      write(RECORD, `${JSON.stringify(record)}\n`);
    },
    OWN,
  );
}

/** Whether a folder holds what `writePretrained` writes. */
export function isPretrained(folder: string): boolean {
  return existsSync(join(folder, RECORD));
}

/** How many epochs a pretraining took, where a folder holds what came of it at its end. */
export function pretrainedEpochs(folder: string, run: string): number | undefined {
  if (!isPretrained(folder)) return undefined;
  const kinds: Kinds = { training: "object", settings: "object" };
  const { training, settings } = readRecord(join(folder, RECORD), kinds, REMEDY) as unknown as Pick<
    RunParts,
    "training" | "settings"
  >;
  return training.run === run && training.state === "finished" ? settings.epochs : undefined;
}
