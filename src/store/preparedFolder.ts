import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "../support/atomic.js";
import { writeFolderAtomically } from "../support/atomicFolder.js";
import { CellkernelError } from "../support/error.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import { type NamedArray, readArrays, writeArrays } from "./arrays.js";
import { FORMAT, type Kinds, readRecord } from "./format.js";
import { checkHashes, hashesOf } from "./hash.js";
import type { Input } from "./inputs.js";
import type { Prepared } from "./prepared.js";
import { checkRecipe, readPreparation } from "./runFolder.js";

const SUMMARY = "prepared.json";
const ARRAYS = "tokens.safetensors";
const VOCABULARY = "vocab.json";
const CLASSES = "id2type.json";

const REMEDY = "prepare the cells again";

/** What `prepared.json` must hold. */
const FIELDS: Kinds = {
  ...{ settings: "object", recipe: "object", tokens: "object", source: "object", quality: "object" },
  hashes: "object",
  ...{
    genes: "object",
    match: "object",
    obs: "list",
    cellNames: "texts",
    notes: "texts",
    maxLength: "number",
  },
};

/** What a preparation was made from: two of the same origin are equal. */
export type Origin = Record<string, unknown>;

/**
 * Writes a preparation to a new folder: `tokens.safetensors`, `vocab.json`, `id2type.json`, `prepared.json`.
 * The folder appears under its name when it is whole; one that holds something is left alone, with an error.
 *
 * @param origin what the preparation is to be recognised by later
 * @throws where the folder holds something, or can't be written
 * @example
 * savePrepared(ready, "prepared");
 */
export function savePrepared(prepared: Prepared, folder: string, origin: Origin = {}): void {
  writePrepared(prepared, folder, origin, []);
}

/**
 * The same, of known files.
 * @param inputs the files that it was made from
 */
export function writePrepared(
  prepared: Prepared,
  folder: string,
  origin: Origin,
  inputs: readonly Input[],
): void {
  if (isPrepared(folder, origin))
    throw new CellkernelError(
      "path",
      `${folder} holds a preparation already. Choose another folder, or remove it.`,
      { path: folder },
    );
  writeFolderAtomically(folder, (partial) => {
    const { arrays, rest } = separate(prepared);
    writeArrays(join(partial, ARRAYS), arrays);
    writeFileAtomically(join(partial, VOCABULARY), JSON.stringify(prepared.vocabulary));
    if (prepared.labels)
      writeFileAtomically(join(partial, CLASSES), JSON.stringify({ ...prepared.labels.classes }));
    const hashes = hashesOf(partial, readdirSync(partial));
    const record = { format: FORMAT, origin, inputs, hashes, ...rest };
    writeFileAtomically(join(partial, SUMMARY), JSON.stringify(record));
  });
}

/** A preparation as JSON holds it: its arrays stand in a file of their own. */
type Stored = Omit<Prepared, "labels" | "model"> & {
  format: number;
  origin: Origin;
  inputs: Input[];
  hashes: Record<string, string>;
  labels?: Omit<NonNullable<Prepared["labels"]>, "unseen"> & { unseen: [string, number][] };
  model?: Omit<NonNullable<Prepared["model"]>, "vocabulary">;
};

/**
 * Reads a preparation back.
 * @throws where the folder holds none, is of another version, not whole, or not as it was written
 * @example
 * savePrepared(ready, "prepared_cells");
 * loadPrepared("prepared_cells").cellNames.length; // → 700
 */
export function loadPrepared(folder: string): Prepared {
  if (existsSync(folder) && statSync(folder).isFile())
    throw new CellkernelError(
      "path",
      `${folder} is a file; expected a folder of prepared cells. Make one by: cellkernel preprocess ${folder} --out DIR`,
      { path: folder },
    );
  if (!existsSync(join(folder, SUMMARY)))
    throw new CellkernelError(
      "path",
      `${folder} holds no preparation: it has no ${SUMMARY}. Make one by: cellkernel preprocess FILE --out ${folder}`,
      { path: folder },
    );
  const path = join(folder, SUMMARY);
  const record = readRecord(path, FIELDS, REMEDY) as unknown as Stored;
  const { format, origin, inputs, hashes, ...stored } = record;
  checkHashes(folder, hashes, REMEDY);
  const { settings, recipe, model, tokens, labels, batches, obs, quality, genes, ...rest } = stored;
  const arrays = readArrays(join(folder, ARRAYS));
  const get = <T extends NamedArray>(name: string): T => {
    const array = arrays.get(name);
    if (array) return array as T;
    throw new CellkernelError("format", `${join(folder, ARRAYS)} holds no array "${name}": ${REMEDY}`, {
      path: folder,
      field: name,
    });
  };
  const under = (prefix: string) =>
    Object.fromEntries(
      [...arrays].flatMap(([name, array]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
      ),
    );
  const vocabulary = Vocabulary.fromFile(join(folder, VOCABULARY));
  const prepared: Prepared = {
    ...rest,
    settings: readPreparation(settings),
    recipe: checkRecipe(recipe, path),
    tokens: { ...tokens, ...under("tokens.") },
    rows: get<Int32Array>("rows"),
    keys: get<Int32Array>("keys"),
    vocabulary,
    model: model && { ...model, vocabulary },
    labels: labels && { ...labels, unseen: new Map(labels.unseen), codes: get("labels.codes") },
    batches: batches && { ...batches, codes: get("batches.codes") },
    obs: obs.map((column, i) => ({ ...column, codes: get<Int32Array>(`obs.${i}.codes`) })),
    quality: { ...quality, ...under("quality.") },
    genes: {
      ...genes,
      ...under("genes."),
      variability: genes.variability && { ...genes.variability, ...under("variability.") },
    },
  };
  folders.set(prepared, resolve(folder));
  return prepared;
}

/** Folders that preparations were read from or written to. Copies with changes are others, which have none. */
const folders = new WeakMap<Prepared, string>();

/** The folder that holds a preparation as it is, where there is one. */
export function folderOf(prepared: Prepared): string | undefined {
  return folders.get(prepared);
}

/** Whether a path is a folder that holds a preparation. */
export function holdsPrepared(path: string): boolean {
  return existsSync(join(path, SUMMARY));
}

/** The inputs of the preparation that a folder holds, as they were recorded; none where it holds none. */
export function recordedInputs(folder: string): Input[] {
  return holdsPrepared(folder) ? (readOrigin(folder).inputs ?? []) : [];
}

/** Whether the folder holds a preparation of this origin; fails if it holds something else. */
export function isPrepared(folder: string, origin: Origin): boolean {
  if (isVacant(folder)) return false;
  if (!holdsPrepared(folder))
    throw new CellkernelError("path", `${folder} exists and is no preparation. Choose another folder.`, {
      path: folder,
    });
  if (JSON.stringify(readOrigin(folder).origin) === JSON.stringify(origin)) return true;
  throw new CellkernelError(
    "path",
    `${folder} holds the preparation of another file or with other options (or for another model). Choose another folder, or remove it.`,
    { path: folder },
  );
}

/** Whether nothing is in the way of a new folder of this name. */
export function isVacant(folder: string): boolean {
  return !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0);
}

function readOrigin(folder: string): Pick<Stored, "origin" | "inputs"> {
  const remedy = "choose another folder, or remove it, to prepare the cells again";
  return readRecord(join(folder, SUMMARY), { origin: "object" }, remedy) as unknown as Stored;
}

/** Splits the typed arrays from what JSON can hold. */
function separate(prepared: Prepared) {
  const { tokens, rows, keys, vocabulary, model, labels, batches, obs, quality, genes, ...rest } = prepared;
  const arrays = new Map<string, NamedArray>([
    ["rows", rows],
    ["keys", keys],
  ]);
  const plain = <T extends object>(prefix: string, object: T): Partial<T> =>
    Object.fromEntries(
      Object.entries(object).filter(([name, value]) => {
        if (ArrayBuffer.isView(value)) arrays.set(prefix + name, value as NamedArray);
        return !ArrayBuffer.isView(value);
      }),
    ) as Partial<T>;
  const { variability, ...genesOnly } = genes;
  return {
    arrays,
    rest: {
      ...rest,
      // Absolute: it is looked for from whatever folder the fine-tuning is started in.
      model: model && {
        folder: resolve(model.folder),
        args: model.args,
        classes: model.classes,
        given: model.given,
      },
      tokens: plain("tokens.", tokens),
      labels: labels && { ...plain("labels.", labels), unseen: [...labels.unseen] },
      batches: batches && plain("batches.", batches),
      obs: obs.map((column, i) => plain(`obs.${i}.`, column)),
      quality: plain("quality.", quality),
      genes: {
        ...plain("genes.", genesOnly),
        variability: variability && plain("variability.", variability),
      },
    },
  };
}
