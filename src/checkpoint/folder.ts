import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ModelArgs } from "../model/args.js";
import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";
import { parseArgs } from "./args.js";
import { plainKeys } from "./keys.js";
import { readSafetensorsWeights } from "./safetensors.js";
import { readTorch } from "./torch.js";
import type { Weights } from "./weights.js";

/** Weights are looked for under these names, in this order. */
const WEIGHT_FILES = ["best_model.pt", "model.safetensors"];

/** Bytes of args.json and id2type.json: 20,000 classes take 1 MB. */
const MOST_JSON = 2 ** 20;

/** What a model's folder holds, the weights not yet read. */
export interface CheckpointFolder {
  folder: string;
  args: ModelArgs;
  /** Path of `vocab.json`, where there is one. */
  vocabularyPath?: string;
  /** Class names by code, from the `id2type.json` of a fine-tuned model. */
  classes?: string[];
  /** Path of the weights; absent for a model that starts at random. */
  weightsPath?: string;
}

/**
 * Looks into a model folder: `args.json` (needed), `vocab.json`, `id2type.json`, and
 * `best_model.pt` or `model.safetensors`.
 */
export function openFolder(folder: string): CheckpointFolder {
  if (!existsSync(folder))
    throw new CellkernelError("path", `there is no model folder ${resolve(folder)}`, { path: folder });
  if (!statSync(folder).isDirectory())
    throw new CellkernelError(
      "path",
      `${folder} is a file; give the folder that holds the model (best_model.pt, args.json, vocab.json)`,
      { path: folder },
    );
  const argsPath = join(folder, "args.json");
  if (!existsSync(argsPath))
    throw new CellkernelError(
      "path",
      `${folder} holds no args.json, which says the model's architecture; it holds ${readdirSync(folder).slice(0, 8).join(", ") || "nothing"}`,
      { path: folder },
    );
  const present = (name: string) => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
  const classesPath = present("id2type.json");
  return {
    folder,
    args: parseArgs(readJson(argsPath), argsPath),
    vocabularyPath: present("vocab.json"),
    classes: classesPath ? parseClasses(readJson(classesPath), classesPath) : undefined,
    weightsPath: WEIGHT_FILES.map(present).find((path) => path !== undefined),
  };
}

/** Reads a checkpoint of either format, under the plain model's keys. */
export function readWeights(path: string): Weights {
  return plainKeys(path.endsWith(".safetensors") ? readSafetensorsWeights(path) : readTorch(path));
}

/** `{"0": "B cell", "1": …}`: class names by code, as text. */
function parseClasses(parsed: unknown, path: string): string[] {
  const entries = Object.entries((parsed ?? {}) as Record<string, unknown>);
  const classes: string[] = [];
  for (const [code, name] of entries) {
    // A code beyond the number of classes would make a list of as many holes.
    if (/^\d+$/.test(code) && Number(code) < entries.length && typeof name === "string")
      classes[Number(code)] = name;
  }
  if (entries.length === 0 || classes.length !== entries.length || classes.includes(undefined as never))
    throw new CellkernelError(
      "format",
      `${path} should map the codes 0 … n − 1 to class names: {"0": "B cell", …}`,
      { path },
    );
  return classes;
}

function readJson(path: string): unknown {
  const text = readText(path, MOST_JSON);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CellkernelError("format", `${path} is not JSON: ${(error as Error).message}`, { path });
  }
}
