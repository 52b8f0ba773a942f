import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";

/** Bytes of a model's JSON beside its vocabulary: 20,000 classes take 1 MB. */
const MOST_JSON = 2 ** 20;

/** @throws where the file is no JSON, or far too long */
export function readJson(path: string): unknown {
  const text = readText(path, MOST_JSON);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CellkernelError("format", `${path} is not JSON: ${(error as Error).message}`, { path });
  }
}
