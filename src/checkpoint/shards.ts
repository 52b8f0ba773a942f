import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CellkernelError } from "../support/error.js";
import { readJson } from "./json.js";
import { readSafetensorsWeights, safetensorsShapes } from "./safetensors.js";
import type { Weights } from "./weights.js";

/** What Hugging Face's libraries call the list of contents of weights in several files. */
export const SHARD_INDEX = "model.safetensors.index.json";

/** Reads the tensors of all files that an index names, each from the file that the index says. */
export function readShards(path: string): Weights {
  return gather(path, readSafetensorsWeights);
}

/** Their shapes, without their values. */
export function shardShapes(path: string): Map<string, { shape: number[] }> {
  return gather(path, safetensorsShapes);
}

function gather<T>(path: string, read: (path: string) => Map<string, T>): Map<string, T> {
  const places = weightMap(path);
  const gathered = new Map<string, T>();
  for (const name of new Set(places.values())) {
    const shard = join(dirname(path), name);
    if (basename(name) !== name || !existsSync(shard))
      throw new CellkernelError(
        "not-whole",
        `${path} names ${name}, which is not beside it: the weights are in several files, and all are needed`,
        { path: shard },
      );
    for (const [key, tensor] of read(shard)) if (places.get(key) === name) gathered.set(key, tensor);
  }
  const lost = [...places].find(([key]) => !gathered.has(key));
  if (lost)
    throw new CellkernelError(
      "not-whole",
      `${path} says that ${lost[1]} holds ${lost[0]}, which it does not`,
      {
        path,
        key: lost[0],
      },
    );
  return gathered;
}

/** `{"weight_map": {key: file}}`, as Hugging Face's libraries write it. */
function weightMap(path: string): Map<string, string> {
  const map = (readJson(path) as { weight_map?: unknown } | null)?.weight_map;
  const entries = typeof map === "object" && map !== null ? Object.entries(map) : [];
  if (entries.length === 0 || entries.some(([, file]) => typeof file !== "string"))
    throw new CellkernelError("format", `${path} should hold {"weight_map": {key: file, …}}`, { path });
  return new Map(entries as [string, string][]);
}
