import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openFolder, readWeights } from "../checkpoint/folder.js";
import { writeTorch } from "../checkpoint/torchWrite.js";
import { PREPARATION } from "../settings/preparation.js";
import { resolve } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import { type Sections, writeSections } from "../settings/yaml.js";
import { writeFileAtomically } from "../support/atomic.js";
import { writeFolderAtomically } from "../support/atomicFolder.js";
import { CellkernelError } from "../support/error.js";
import type { Recipe } from "../tokenize/recipe.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import { type NamedArray, readArrays, writeArrays } from "./arrays.js";
import { FORMAT, type Kinds, readRecord } from "./format.js";
import { checkHashes, hashesOf } from "./hash.js";
import type { PreparedSettings } from "./prepared.js";
import { publishedArgs } from "./publishedArgs.js";
import { readReference, writeReference } from "./reference.js";
import type { RowSplit, RunCells, RunParts, RunSettings, RunTrust, Series } from "./runParts.js";

/** The record of a run that `readRun` reads; the rest of the folder is for the published code and for people. */
const RECORD = "run.json";
/** Which cells the run is made of: rows of each part, keys of those learnt from. */
const CELLS = "cells.safetensors";
/** What is kept of its training cells, where it was calibrated. */
const REFERENCE = "reference.safetensors";
const WEIGHTS = "best_model.pt";
/** Weights of an ensemble's other members. */
const memberName = (index: number) => `member-${index + 2}.pt`;
const MEMBER = /^member-\d+\.pt$/;
/** Files whose hashes the record holds: those that a run is loaded from. */
const HASHED = ["args.json", "vocab.json", "id2type.json", CELLS, WEIGHTS];
/** All that belongs to a run's folder: a run that takes the place of another takes these away. */
const OWN = [...HASHED, REFERENCE, RECORD, "dev_train_args.yml", "run.log", "learning_curves.png"];

const REMEDY = "fine-tune again (cells of that version: prepare again, too)";

/** What `run.json` holds: everything but what stands in files of its own. */
type RunRecord = Omit<
  RunParts,
  "args" | "vocabulary" | "classes" | "weights" | "members" | "cells" | "reference"
> & {
  format: number;
  members?: number;
  content: string;
  hashes: Record<string, string>;
};

/**
 * Writes a run's folder. It appears under its name when it is whole, in place of a run that was there; what else was
 * in the folder stays. The record holds the hashes of the files that a run is loaded from.
 * @param curves a picture of the course of its training, PNG
 */
export function writeRun(folder: string, parts: RunParts, curves: Uint8Array): void {
  const before = existsSync(folder) ? readdirSync(folder).filter((name) => MEMBER.test(name)) : [];
  writeFolderAtomically(
    folder,
    (partial) => {
      fill(partial, parts, publishedArgs(parts, folder));
      writeFileAtomically(join(partial, "learning_curves.png"), [curves]);
    },
    [...OWN, ...before],
  );
}

function fill(folder: string, parts: RunParts, published: Sections): void {
  const { args, vocabulary, classes, weights, members, cells, reference, ...rest } = parts;
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 1)}\n`;
  const write = (name: string, text: string) => writeFileAtomically(join(folder, name), text);
  write("args.json", json(args));
  write("vocab.json", `${JSON.stringify(vocabulary)}\n`);
  write("id2type.json", json(Object.fromEntries(classes.entries())));
  write("dev_train_args.yml", writeSections(published));
  write("run.log", runLog(parts));
  writeArrays(join(folder, CELLS), cellArrays(cells));
  writeTorch(join(folder, WEIGHTS), weights);
  const others = (members ?? []).map((_, i) => memberName(i));
  if (reference) {
    writeReference(join(folder, REFERENCE), reference);
    others.push(REFERENCE);
  }
  members?.forEach((member, i) => {
    writeTorch(join(folder, memberName(i)), member);
  });
  const record: RunRecord = {
    format: FORMAT,
    ...rest,
    training: { ...rest.training, losses: Array.from(rest.training.losses) },
    content: cells.content,
    ...(members && { members: members.length }),
    hashes: hashesOf(folder, [...HASHED, ...others]),
  };
  write(RECORD, `${JSON.stringify(record)}\n`);
}

/** How many epochs a run took, where a folder holds the run of that id and its training came to its end. */
export function finishedEpochs(folder: string, run: string): number | undefined {
  if (!isRun(folder)) return undefined;
  const kinds: Kinds = { training: "object", settings: "object" };
  const { training, settings } = readRecord(join(folder, RECORD), kinds, REMEDY) as unknown as RunRecord;
  return training.run === run && training.state === "finished" ? settings.epochs : undefined;
}

/** SHA-256 of the files of a run, where a folder holds the run of that id: as its record has them. */
export function recordedHashes(folder: string, run: string): Record<string, string> {
  if (!isRun(folder)) return {};
  const kinds: Kinds = { training: "object", hashes: "object" };
  const { training, hashes } = readRecord(join(folder, RECORD), kinds, REMEDY) as unknown as RunRecord;
  return training.run === run ? hashes : {};
}

/** How the trainings of a series did, where a folder holds the ensemble of that id: as its record has them. */
export function recordedSeries(folder: string, id: string): Series | undefined {
  if (!isRun(folder)) return undefined;
  const { training, series } = readRecord(
    join(folder, RECORD),
    { training: "object" },
    REMEDY,
  ) as unknown as RunRecord;
  return training.run === id ? series : undefined;
}

/** Whether a folder holds what `writeRun` writes. */
export function isRun(folder: string): boolean {
  return existsSync(join(folder, RECORD));
}

/**
 * Reads what `writeRun` wrote, to the bit.
 * @throws where the folder is no run, of another version, not whole, or not as it was written
 */
export async function readRun(folder: string): Promise<RunParts> {
  const { args, vocabularyPath, weightsPath, classes } = openFolder(folder);
  const path = join(folder, RECORD);
  if (!existsSync(path))
    throw new CellkernelError(
      "path",
      `${folder} holds no ${RECORD}: it was not written by run.save(); open it with openModel and fine-tune it`,
      { path: folder },
    );
  const record = readRecord(
    path,
    {
      ...{ name: "text", source: "text", content: "text", notes: "texts", hashes: "object" },
      ...{ settings: "object", preparation: "object", recipe: "object", training: "object", made: "object" },
    },
    REMEDY,
  ) as unknown as RunRecord;
  checkHashes(folder, record.hashes, REMEDY);
  if (!weightsPath || !vocabularyPath || !classes)
    throw new CellkernelError(
      "not-whole",
      `${folder} is not a whole run: ${WEIGHTS}, vocab.json or id2type.json is missing`,
      { path: folder },
    );
  const { content, hashes, format, members, ...rest } = record;
  checkSettings(rest.settings, path);
  if (rest.trust !== undefined) checkTrust(rest.trust, classes.length, path);
  const recipe = checkRecipe(rest.recipe, path);
  const size = { embsize: args.embsize, genes: recipe.genes.length, classes: classes.length };
  return {
    ...rest,
    ...(members && {
      members: Array.from({ length: members }, (_, i) => readWeights(join(folder, memberName(i)))),
    }),
    ...(REFERENCE in hashes && { reference: readReference(join(folder, REFERENCE), size, REMEDY) }),
    ...{ args, classes, vocabulary: Vocabulary.fromFile(vocabularyPath), weights: readWeights(weightsPath) },
    preparation: readPreparation(rest.preparation),
    recipe,
    cells: readCells(join(folder, CELLS), content, members),
  };
}

/** @throws where an option of the training is none that it takes: threads, device and seed serve the predictions, too */
function checkSettings({ split, ...settings }: RunSettings, path: string): void {
  try {
    resolve(TRAINING, settings);
  } catch (error) {
    throw new CellkernelError("format", `${path}: ${(error as Error).message}: ${REMEDY}`, { path });
  }
}

/** @throws where the temperature, a threshold or the notes are no such things */
function checkTrust(trust: RunTrust, classes: number, path: string): void {
  const share = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;
  const shares = (of: object | null, names: string[]) =>
    of === null ||
    (typeof of === "object" && names.every((name) => share((of as Record<string, unknown>)[name])));
  const { temperature, threshold, sets, notes } = trust ?? {};
  const faults = {
    temperature: typeof temperature === "number" && temperature > 0,
    threshold: shares(threshold, ["probability", "wanted", "precision", "assigned"]),
    sets:
      shares(sets, ["coverage"]) &&
      (sets === null ||
        (Array.isArray(sets.least) && sets.least.length === classes && sets.least.every(share))),
    notes: Array.isArray(notes) && notes.every((note) => typeof note === "string"),
  };
  for (const [name, right] of Object.entries(faults))
    if (!right)
      throw new CellkernelError("format", `${path}: "trust.${name}" is not as it was written: ${REMEDY}`, {
        path,
        field: name,
      });
}

/** JSON has no undefined: options that were not given come back as such. */
export function readPreparation(settings: PreparedSettings): PreparedSettings {
  return { ...resolve(PREPARATION, settings), nBins: settings.nBins };
}

/** @throws where a part of the recipe is missing or of another type */
export function checkRecipe(recipe: Recipe, path: string): Recipe {
  const texts = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === "string");
  for (const name of ["genes", "totalGenes"] as const)
    if (!texts(recipe[name]))
      throw new CellkernelError("format", `${path}: "recipe.${name}" is no list of genes: ${REMEDY}`, {
        path,
        field: name,
      });
  for (const name of ["column", "matrix", "looked"] as const)
    if (typeof recipe[name] !== "string")
      throw new CellkernelError("format", `${path}: "recipe.${name}" is no text: ${REMEDY}`, {
        path,
        field: name,
      });
  if (recipe.idColumn !== undefined && typeof recipe.idColumn !== "string")
    throw new CellkernelError("format", `${path}: "recipe.idColumn" is no text: ${REMEDY}`, {
      path,
      field: "idColumn",
    });
  return recipe;
}

const SPLIT = ["train", "validation", "test"] as const;
/** Names of the arrays of a split: of the run, or of an ensemble's member. */
const splitNames = (member?: number) =>
  SPLIT.map((part) => (member === undefined ? part : `${member + 1}.${part}`));

function cellArrays({ split, members = [], learnt }: RunCells): Map<string, NamedArray> {
  const arrays = (of: RowSplit, member?: number) =>
    splitNames(member).map((name, i): [string, Int32Array] => [name, of[SPLIT[i]]]);
  return new Map([...arrays(split), ...members.flatMap(arrays), ["learnt", learnt]]);
}

function readCells(path: string, content: string, members: number | undefined): RunCells {
  const arrays = readArrays(path);
  const rows = (name: string) => {
    const array = arrays.get(name);
    if (!(array instanceof Int32Array))
      throw new CellkernelError("format", `${path} holds no rows called "${name}": ${REMEDY}`, {
        path,
        field: name,
      });
    return array;
  };
  const split = (member?: number): RowSplit => {
    const [train, validation, test] = splitNames(member).map(rows);
    return { train, validation, test };
  };
  return {
    ...{ content, split: split(), learnt: rows("learnt") },
    ...(members && { members: Array.from({ length: members + 1 }, (_, member) => split(member)) }),
  };
}

/** The course of training: a line every so many steps, and one an epoch. */
export function runLog({
  name,
  notes,
  training,
  source,
  settings,
  trust,
}: Pick<RunParts, "name" | "notes" | "training" | "source" | "settings" | "trust">): string {
  const { losses, history } = training;
  const course: [step: number, line: string][] = [];
  const every = settings.logInterval;
  for (let step = every; step <= losses.length; step += every) {
    let sum = 0;
    for (let i = step - every; i < step; i++) sum += losses[i];
    course.push([step, `step ${step} | train/loss of ${every} steps ${(sum / every).toFixed(4)}`]);
  }
  for (const { epoch, step, trainLoss, validationLoss, validationError } of history)
    course.push([
      step,
      `epoch ${epoch} | step ${step} | train/loss ${trainLoss.toFixed(4)} | ` +
        `valid/loss ${validationLoss.toFixed(4)}` +
        (validationError === null ? "" : ` | valid/err ${validationError.toFixed(4)}`),
    ]);
  const lines = [
    `run ${name}, cells of ${source}`,
    ...notes,
    ...(trust?.notes ?? []),
    ...course.sort(([a], [b]) => a - b).map(([, line]) => line),
    `${training.state} after ${training.step} steps in ${training.seconds.toFixed(1)} s; ` +
      `weights kept: epoch ${training.bestEpoch ?? "none validated, the last"}`,
  ];
  return `${lines.join("\n")}\n`;
}
