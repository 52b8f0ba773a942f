import { existsSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { GENE_TABLE } from "../checkpoint/geneTable.js";
import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { resolve as resolved } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import { writeFileAtomically } from "../support/atomic.js";
import { writeFolderAtomically } from "../support/atomicFolder.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import type { CellSplit } from "../train/split.js";
import { type NamedArray, readArrays, writeArrays } from "./arrays.js";
import { FORMAT, type Kinds, readRecord } from "./format.js";
import { hashOfJson } from "./hash.js";
import type { Prepared } from "./prepared.js";
import { folderOf, holdsPrepared, savePrepared } from "./preparedFolder.js";
import type { Provenance, RunSettings } from "./runParts.js";
import { flatWeights, readSealed, seal, shapedWeights, writeSealed } from "./sealed.js";
import { clearLeftovers } from "./stateFile.js";

const TRAINING_FOLDER = "training";
const RECORD = "training.json";
const VOCABULARY = "vocab.json";
const START = "start.safetensors";
const SPLIT = "split.safetensors";
const CELLS = "cells";
const PARTS = ["train", "validation", "test"] as const;

const REMEDY = "start again with overwrite (--overwrite)";

/** A training as it is before its first step. */
export interface PlannedTraining {
  /** Identifies the run. */
  run: string;
  name: string;
  args: ModelArgs;
  vocabulary: Vocabulary;
  /** Initial weights, the gene table whole. */
  start: Weights;
  settings: RunSettings;
  /** Cells that the device takes at once: another number rounds otherwise. */
  microBatch: number;
  split: CellSplit;
  notes: string[];
  made: Provenance;
  /** It learns by its objectives alone, without labels. */
  pretraining?: boolean;
}

/** What a folder says of a training. */
export interface StoredTraining extends Omit<PlannedTraining, "start"> {
  /** Folder of its prepared cells, where that still is. */
  cells: string | undefined;
  /** Where they were. */
  cellsWere: string;
  identity: Identity;
  /**
   * Initial weights, the gene table whole.
   * @param shapesOf shapes of the weights by name, given the rows of the gene table
   */
  readStart(shapesOf: (genes: number) => ReadonlyMap<string, number[]>): Weights;
}

/** Hashes of all that a training reads of its cells, under the words by which a message names it. */
export type Identity = Record<"genes and values" | "labels" | "batches", string>;

/** What `training.json` holds. */
interface TrainingRecord extends Omit<PlannedTraining, "vocabulary" | "start" | "split"> {
  format: number;
  /** Where the prepared cells are: as it was, and from here. */
  cells: { folder: string; relative: string };
  identity: Identity;
}

const FIELDS: Kinds = {
  ...{ run: "text", name: "text", args: "object", settings: "object", microBatch: "number", notes: "texts" },
  ...{ made: "object", cells: "object", identity: "object" },
};

/** Whether a folder's training, which it holds, is a pretraining. */
export function isPretraining(run: string): boolean {
  return readTraining(run).pretraining === true;
}

/** Where a training says that it goes on, see `withSign`. */
export function signOfTraining(run: string): string {
  return join(trainingFolder(run), "running.json");
}

/** Which training a run's folder holds, and how many epochs it is to have: all that is read for a look at many. */
export function trainingOf(run: string): { run: string; epochs: number } {
  const path = join(trainingFolder(run), RECORD);
  const record = readRecord(path, FIELDS, REMEDY) as unknown as TrainingRecord;
  return { run: record.run, epochs: record.settings.epochs };
}

/** The folder, within a run's, of its training. */
export function trainingFolder(run: string): string {
  return join(run, TRAINING_FOLDER);
}

/** Whether a run's folder holds a training. */
export function holdsTraining(run: string): boolean {
  return existsSync(join(trainingFolder(run), RECORD));
}

/**
 * Writes what a training starts from into a run's folder, in place of a training that was there. Cells that have no folder of
 * their own are written as well. The folder appears when it is whole.
 */
export function writeTraining(run: string, planned: PlannedTraining, ready: Prepared): void {
  const at = trainingFolder(run);
  rmSync(at, { recursive: true, force: true });
  writeFolderAtomically(at, (partial) => {
    const own = folderOf(ready);
    if (own === undefined) savePrepared(ready, join(partial, CELLS));
    writeSealed(join(partial, START), new Map(flatWeights("", planned.start)));
    writeArrays(join(partial, SPLIT), new Map(PARTS.map((part) => [part, planned.split[part]])));
    writeFileAtomically(join(partial, VOCABULARY), JSON.stringify(planned.vocabulary));
    writeRecord(partial, planned, own ?? join(resolve(at), CELLS), resolve(at), identityOf(ready));
  });
}

/** Changes what may change of a training that goes on: its settings and notes. */
export function updateTraining(run: string, training: StoredTraining): void {
  const at = resolve(trainingFolder(run));
  writeRecord(at, training, training.cells ?? training.cellsWere, at, training.identity);
}

function writeRecord(
  folder: string,
  training: Omit<PlannedTraining, "start">,
  cells: string,
  at: string,
  identity: Identity,
): void {
  const { run, name, args, settings, microBatch, notes, made, pretraining } = training;
  const record: TrainingRecord = {
    ...{ format: FORMAT, run, name, args, settings, microBatch, notes, made, pretraining },
    cells: { folder: cells, relative: relative(at, cells) },
    identity,
  };
  writeFileAtomically(join(folder, RECORD), `${JSON.stringify(record, undefined, 1)}\n`);
}

/**
 * Reads what `writeTraining` wrote.
 * @throws where the folder is of another version, or damaged
 */
export function readTraining(run: string): StoredTraining {
  const at = trainingFolder(run);
  clearLeftovers(at);
  const { cells, settings, ...record } = readRecord(
    join(at, RECORD),
    FIELDS,
    REMEDY,
  ) as unknown as TrainingRecord;
  const split = readArrays(join(at, SPLIT));
  const part = (name: string) => split.get(name) as Int32Array;
  return {
    ...record,
    settings: resolveSettings(settings),
    vocabulary: Vocabulary.fromFile(join(at, VOCABULARY)),
    split: { train: part("train"), validation: part("validation"), test: part("test") },
    cells: [join(at, cells.relative), cells.folder].find(holdsPrepared),
    cellsWere: cells.folder,
    readStart(shapesOf) {
      const start = readSealed(join(at, START), REMEDY);
      return shapedWeights("", start, shapesOf(start.get(GENE_TABLE)!.length / record.args.embsize));
    },
  };
}

/** What differs between cells and those that a training was started with, in words; empty where they are the same. */
export function cellsDifferences(identity: Identity, ready: Prepared): string[] {
  const found = identityOf(ready);
  return (Object.keys(found) as (keyof Identity)[]).filter((what) => found[what] !== identity[what]);
}

/** JSON has no undefined: options that were not given come back as such. */
function resolveSettings(settings: RunSettings): RunSettings {
  const { split, dropout, maxSeqLen } = settings;
  const own = split === "given" ? undefined : split;
  return { ...resolved(TRAINING, { ...settings, split: own }), split, dropout, maxSeqLen };
}

/** Hashes of all that a training reads of its cells. */
export function identityOf({ tokens, labels, batches }: Prepared): Identity {
  const { genes, indptr, gene, bin } = tokens;
  const hash = (words: unknown, arrays: Record<string, NamedArray>) =>
    hashOfJson([words, seal(new Map(Object.entries(arrays)))]);
  return {
    "genes and values": hash(genes, { indptr, gene, bin }),
    labels: hash(labels?.classes, labels ? { codes: labels.codes } : {}),
    batches: hash(batches?.names, batches ? { codes: batches.codes } : {}),
  };
}
