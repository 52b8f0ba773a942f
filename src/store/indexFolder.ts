import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../support/atomic.js";
import { writeFolderAtomically } from "../support/atomicFolder.js";
import { CellkernelError } from "../support/error.js";
import type { Recipe } from "../tokenize/recipe.js";
import { readArrays, writeArrays } from "./arrays.js";
import { FORMAT, readRecord } from "./format.js";
import { checkHashes, hashesOf } from "./hash.js";
import type { PreparedSettings } from "./prepared.js";
import { checkRecipe, readPreparation } from "./runFolder.js";
import type { Provenance } from "./runParts.js";

/** The record of an index that `readIndex` reads. */
const RECORD = "index.json";
/** Embeddings and labels of its cells. */
const CELLS = "cells.safetensors";

const REMEDY = "make the index again";

/** What made the embeddings of an index. */
export interface Embedder {
  /** A fine-tuned run, or a model as it was pretrained. */
  kind: "run" | "model";
  /** Where it was, as an absolute path. */
  folder: string;
  /** Identifies the weights that embed and the genes that they are given, wherever they are. */
  sha256: string;
  /** Of a pretrained model: how it was opened, and how cells are prepared for it. */
  model?: {
    given: Record<string, unknown>;
    recipe: Recipe;
    preparation: PreparedSettings;
  };
}

/** Labelled cells to map others to. */
export interface IndexParts {
  /** By what the cells were embedded. */
  embedder: Embedder;
  /** Names of the labels by code. */
  classes: string[];
  /** Int32 [cells]: label of each. */
  labels: Int32Array;
  /** Float32 [cells × width]: embeddings of length 1. */
  embeddings: Float32Array;
  /** Numbers of an embedding. */
  width: number;
  /** Tokens a cell at most. */
  maxSeqLen: number;
  /** The files that the cells are of. */
  sources: { path: string; content: string; labelColumn: string; cells: number }[];
  /** By which versions. */
  made: Omit<Provenance, "model">;
  /** When it was made, or cells were added last. */
  date: string;
  /** What the reader must know. */
  notes: string[];
}

/** Whether a folder holds what `writeIndex` writes. */
export function isIndex(folder: string): boolean {
  return existsSync(join(folder, RECORD));
}

/** Writes an index's folder, which appears under its name when it is whole, in place of one that was there. */
export function writeIndex(folder: string, { labels, embeddings, ...rest }: IndexParts): void {
  writeFolderAtomically(
    folder,
    (partial) => {
      writeArrays(
        join(partial, CELLS),
        new Map<string, Int32Array | Float32Array>([
          ["embeddings", embeddings],
          ["labels", labels],
        ]),
      );
      const record = { format: FORMAT, ...rest, hashes: hashesOf(partial, [CELLS]) };
      writeFileAtomically(join(partial, RECORD), `${JSON.stringify(record, undefined, 1)}\n`);
    },
    [RECORD, CELLS],
  );
}

/**
 * Reads what `writeIndex` wrote.
 * @throws where the folder is no index, of another version, not whole, or not as it was written
 */
export function readIndex(folder: string): IndexParts {
  const path = join(folder, RECORD);
  if (!isIndex(folder))
    throw new CellkernelError(
      "path",
      `${folder} is no index of labelled cells: it holds no ${RECORD}. One is made by cellkernel index MODEL FILE --label-column COLUMN --out ${folder}`,
      { path: folder },
    );
  const record = readRecord(
    path,
    {
      ...{ embedder: "object", classes: "texts", width: "number", maxSeqLen: "number", sources: "list" },
      ...{ made: "object", date: "text", notes: "texts", hashes: "object" },
    },
    REMEDY,
  ) as unknown as Omit<IndexParts, "labels" | "embeddings"> & { format: number; hashes: object };
  const { format, hashes, ...parts } = record;
  checkHashes(folder, hashes as Record<string, unknown>, REMEDY);
  const arrays = readArrays(join(folder, CELLS));
  const [embeddings, labels] = [arrays.get("embeddings"), arrays.get("labels")];
  const { classes, width, embedder } = parts;
  const whole =
    embeddings instanceof Float32Array &&
    labels instanceof Int32Array &&
    embeddings.length === labels.length * width &&
    labels.every((label) => label >= 0 && label < classes.length) &&
    /^(run|model)$/.test(embedder.kind) &&
    [embedder.folder, embedder.sha256].every((text) => typeof text === "string");
  if (!whole)
    throw new CellkernelError("format", `${path} and ${CELLS} don't agree: ${REMEDY}`, { path: folder });
  // What is read lies in shared memory, which onnxruntime doesn't take.
  return {
    ...parts,
    embedder: checkedEmbedder(embedder, path),
    embeddings: embeddings.slice(),
    labels: labels.slice(),
  };
}

function checkedEmbedder({ model, ...rest }: Embedder, path: string): Embedder {
  if (rest.kind === "run" || model === undefined) return rest;
  const { given, recipe, preparation } = model;
  return {
    ...rest,
    model: { given, recipe: checkRecipe(recipe, path), preparation: readPreparation(preparation) },
  };
}
