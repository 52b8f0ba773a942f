import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Origin } from "../store/preparedFolder.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import type { PreprocessOptions } from "./preprocessOptions.js";

/** The file as it is now, and the options that decide what becomes of it. */
export function originOf(path: string, options: PreprocessOptions): Origin {
  const { size, mtimeMs } = statSync(path);
  const { model, vocabulary, onProgress, signal, ...plain } = options;
  return {
    file: { path: resolve(path), size, mtimeMs },
    options: plain,
    model: model && {
      folder: resolve(model.folder),
      given: model.given,
      vocabulary: model.vocabulary.source,
    },
    vocabulary: vocabulary instanceof Vocabulary ? vocabulary.source : vocabulary && resolve(vocabulary),
  };
}
