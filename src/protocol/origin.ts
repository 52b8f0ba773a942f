import { resolve as absolute } from "node:path";
import type { SamplesOptions } from "../anndata/formats/readSamples.js";
import type { Sample } from "../anndata/formats/samples.js";
import { PREPARATION } from "../settings/preparation.js";
import { SAMPLES } from "../settings/samples.js";
import { resolve } from "../settings/setting.js";
import { hashOfJson } from "../store/hash.js";
import { type Input, readInput } from "../store/inputs.js";
import type { Origin } from "../store/preparedFolder.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import type { PreprocessOptions } from "./preprocessOptions.js";

/**
 * What a preparation is recognised by: the content of all that has a part in it, and the options. The model's place
 * belongs to it, since the fine-tuning looks for the weights there.
 *
 * @param known inputs whose hashes were recorded
 */
export async function originOf(
  samples: readonly Sample[],
  options: PreprocessOptions & SamplesOptions,
  known: readonly Input[] = [],
): Promise<{ origin: Origin; inputs: Input[] }> {
  const { model, vocabulary, signal } = options;
  const { genesOf, ...settings } = resolve(PREPARATION, options);
  const cells: Input[] = [];
  for (const path of pathsOf(samples)) cells.push(await readInput(path, known, signal));
  const panel = genesOf === undefined ? undefined : await readInput(genesOf, known, signal);
  const origin = {
    cells: cells.length === 1 ? cells[0].sha256 : hashOfJson(cells.map(({ sha256 }) => sha256)),
    // Of a single file neither its name nor how it would be joined has a part in it.
    samples:
      samples.length === 1 && options.sampleColumn === undefined
        ? undefined
        : { labels: samples.map(({ label }) => label), ...resolve(SAMPLES, options) },
    genesOf: panel?.sha256,
    settings,
    model: model && {
      folder: absolute(model.folder),
      given: model.given,
      sha256: hashOfJson([model.args, model.vocabulary, model.classes]),
    },
    vocabulary:
      vocabulary &&
      hashOfJson(vocabulary instanceof Vocabulary ? vocabulary : Vocabulary.fromFile(vocabulary)),
  };
  return { origin, inputs: panel ? [...cells, panel] : cells };
}

/** The files and folders that samples stand in, each once. */
export function pathsOf(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map(({ path }) => path))];
}
