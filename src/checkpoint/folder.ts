import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { ModelArgs } from "../model/args.js";
import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";
import { whenAsked } from "../support/whenAsked.js";
import { parseArgs } from "./args.js";
import { readJson } from "./json.js";
import { type Plain, plainKeys } from "./keys.js";
import { architectureOf } from "./publishedArchitecture.js";
import { readSafetensorsWeights, safetensorsShapes } from "./safetensors.js";
import { readShards, SHARD_INDEX, shardShapes } from "./shards.js";
import { readTorch, torchShapes } from "./torch.js";
import type { Weight } from "./weights.js";

const yaml = whenAsked<typeof import("yaml")>("yaml");

/** Weights are looked for under these names, in this order. */
const WEIGHT_FILES = ["best_model.pt", "model.safetensors", SHARD_INDEX];
/** Names that weights have which are not looked for: with one of them, a model does not silently start at random. */
const OTHER_WEIGHTS = /\.(pt|pth|ckpt|bin)$|^model.*\.safetensors$/;
/** What the published fine-tuning leaves beside its weights. */
export const PUBLISHED = "dev_train_args.yml";
/** Its bytes: it has 2 kB. */
const MOST_YAML = 2 ** 16;

/** What leaves no trace in the weights' shapes, so that no check of them would find it wrong. */
const UNSEEN = ["nheads", "pre_norm", "cell_emb_style"] as const;

/** Files that stand elsewhere than in the model's folder. */
export interface Elsewhere {
  args?: string;
  vocabulary?: string;
  classes?: string;
  weights?: string;
}

/** What a model's folder holds, the weights not yet read. */
export interface CheckpointFolder {
  /** The folder's path. */
  folder: string;
  /** The architecture. */
  args: ModelArgs;
  /** Path of `vocab.json`, where there is one. */
  vocabularyPath?: string;
  /** Class names by code, from the `id2type.json` of a fine-tuned model. */
  classes?: string[];
  /** Path of the weights; absent for a model that starts at random. */
  weightsPath?: string;
  /** What the reader must know of where things were found. */
  notes: string[];
}

/**
 * Looks into a model folder. A released model has `args.json`, `vocab.json` and `best_model.pt` (or `model.safetensors`,
 * in one or several files); one that was fine-tuned, `id2type.json` too. One that the published code fine-tuned has
 * `dev_train_args.yml` in place of `args.json`, and paths in it for the rest.
 * @param given files that are taken whatever the folder holds
 */
export function openFolder(folder: string, given: Elsewhere = {}): CheckpointFolder {
  if (!existsSync(folder))
    throw new CellkernelError("path", `there is no model folder ${resolve(folder)}`, { path: folder });
  if (!statSync(folder).isDirectory())
    throw new CellkernelError(
      "path",
      `${folder} is a file; give the folder that holds the model (best_model.pt, args.json, vocab.json)`,
      { path: folder },
    );
  const notes: string[] = [];
  const present = (name: string) => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
  const published = readPublished(present(PUBLISHED));
  /** The first that is there of files at paths that the published code wrote, which were relative to where it ran. */
  const hinted = (paths: unknown[], what: string) => {
    const texts = paths.filter((path) => typeof path === "string" && path !== "") as string[];
    const found = texts.map((path) => findNear(folder, path)).find((path) => path !== undefined);
    if (found) notes.push(`${what} from ${found}, which ${PUBLISHED} names`);
    return found;
  };
  const taskInfo = published?.task_info;
  // The model that it was fine-tuned from, and the preprocessing, which copies that one's.
  const sources = [published?.model_parameters?.load_model, taskInfo?.save_dir].flatMap((from) =>
    typeof from === "string" ? [join(from, "vocab.json")] : [],
  );
  const vocabularyPath = given.vocabulary ?? present("vocab.json") ?? hinted(sources, "the vocabulary");
  const classesPath =
    given.classes ?? present("id2type.json") ?? hinted([taskInfo?.id2type_json], "the classes");
  return {
    folder,
    args: readArgs(folder, given.args ?? present("args.json"), published, notes),
    vocabularyPath,
    classes: classesPath ? parseClasses(readJson(classesPath), classesPath) : undefined,
    weightsPath: findWeights(folder, given.weights),
    notes,
  };
}

/** Reads a checkpoint of any format, under the plain model's keys. */
export function readWeights(path: string): Map<string, Plain<Weight>> {
  if (path.endsWith(".index.json")) return plainKeys(readShards(path));
  return plainKeys(path.endsWith(".safetensors") ? readSafetensorsWeights(path) : readTorch(path));
}

/** The shapes of its tensors, under the plain model's keys, without reading the values. */
export function readShapes(path: string): Map<string, Plain<{ shape: number[] }>> {
  if (path.endsWith(".index.json")) return plainKeys(shardShapes(path));
  return plainKeys(path.endsWith(".safetensors") ? safetensorsShapes(path) : torchShapes(path));
}

/**
 * The architecture. Where the folder has both files, that of the fine-tuning holds: it says how the weights were trained
 * (the published command trains with 4 heads, whatever the model had before), and a copied `args.json` does not.
 */
function readArgs(
  folder: string,
  argsPath: string | undefined,
  published: Published | undefined,
  notes: string[],
): ModelArgs {
  const trained = published && architectureOf(published);
  const publishedPath = join(folder, PUBLISHED);
  if (!argsPath) {
    if (trained) return parseArgs(trained, publishedPath);
    throw new CellkernelError(
      "path",
      `${folder} holds no args.json (nor the ${PUBLISHED} of the published fine-tuning), which says the model's architecture; ` +
        `it holds ${readdirSync(folder).slice(0, 8).join(", ") || "nothing"}`,
      { path: folder },
    );
  }
  const args = parseArgs(readJson(argsPath), argsPath);
  const other = UNSEEN.filter(
    (name) => trained?.[name] !== undefined && trained[name] !== (args[name] ?? false),
  );
  if (!trained || other.length === 0) return args;
  const said = other.map((name) => `${name} ${trained[name]}, not ${args[name] ?? false}`);
  notes.push(
    `${said.join("; ")}: ${PUBLISHED} holds where ${argsPath} says otherwise, for it says how the weights were trained`,
  );
  return parseArgs(
    { ...args, ...Object.fromEntries(other.map((name) => [name, trained[name]])) },
    publishedPath,
  );
}

function findWeights(folder: string, given: string | undefined): string | undefined {
  const inFolder = (name: string) => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
  if (given !== undefined) return inFolder(given) ?? given;
  const found = WEIGHT_FILES.map(inFolder).find((path) => path !== undefined);
  const others = readdirSync(folder).filter((name) => OTHER_WEIGHTS.test(name));
  if (found || others.length === 0) return found;
  throw new CellkernelError(
    "path",
    `${folder} holds no ${WEIGHT_FILES.join(", ")}, but ${others.slice(0, 6).join(", ")}: name the file by the option weights (--weights FILE)`,
    { path: folder },
  );
}

type Published = Partial<Record<string, Record<string, unknown> | null>>;

function readPublished(path: string | undefined): Published | undefined {
  if (path === undefined) return undefined;
  try {
    const parsed: unknown = yaml().parse(readText(path, MOST_YAML), { logLevel: "silent" });
    return typeof parsed === "object" && parsed !== null ? (parsed as Published) : undefined;
  } catch (error) {
    throw new CellkernelError("format", `${path} is not YAML: ${(error as Error).message}`, { path });
  }
}

/**
 * A file that a path meant to the published code, which runs in the folder that holds `save/` with its own folders
 * (`save/dev_…/`): beside the model, at the path itself, or at the path from that folder.
 */
export function findNear(folder: string, path: string): string | undefined {
  const places = [join(folder, basename(path)), resolve(path), resolve(folder, "../..", path)];
  return places.find((place) => existsSync(place) && statSync(place).isFile());
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
