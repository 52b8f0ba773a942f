import { resolve as absolute } from "node:path";
import type { SamplesOptions } from "../../anndata/formats/readSamples.js";
import { joinSamples, nameOf } from "../../anndata/formats/readSamples.js";
import { samplesOf } from "../../anndata/formats/samples.js";
import { checkOutput } from "../../anndata/write/results.js";
import { limitsBy, limitsSet } from "../../preprocess/cellLimits.js";
import { FIGURE_COLUMNS } from "../../preprocess/quality.js";
import { countsGenesFirst } from "../../preprocess/statistics.js";
import { PREPARATION } from "../../settings/preparation.js";
import { SAMPLES } from "../../settings/samples.js";
import { fingerprintOf } from "../../store/fingerprint.js";
import { shardRows, withId, writePlan } from "../../store/plan.js";
import { CellkernelError } from "../../support/error.js";
import { checkWritable } from "../../support/temporaryFile.js";
import { Vocabulary } from "../../tokenize/vocabulary.js";
import { type Decision, decidePreparation } from "../decidePreparation.js";
import type { PreprocessOptions } from "../preprocessOptions.js";
import { refuseUnknown, statisticsOptions, takenAtSight } from "../valuesTaken.js";
import { versions } from "../versions.js";
import { type DecidedPreparation, type PlannedVocabulary, type RoundKind, STEP } from "./plan.js";

/** How a preparation is cut into shards; all else holds for all of them. */
export interface PlanPreprocessOptions
  extends Omit<PreprocessOptions, "onProgress" | "signal">,
    SamplesOptions {
  /** Number of shards. */
  shards: number;
  /** The plan to write, JSON. */
  out: string;
}

/** What `planPreprocess` decided. */
export interface PlannedPreprocess {
  /** The plan that was written. */
  path: string;
  /** By which its parts are recognised. */
  id: string;
  /** Number of cells. */
  cells: number;
  /** First row of each shard and the one after its last. */
  shards: [start: number, end: number][];
  /**
   * What is done by shards in each round: "statistics", then "tokens". Before them stands "genes" where a filter of genes is set
   * together with a filter of cells, or with `cell_ranger` or `seurat` on counts.
   */
  rounds: RoundKind[];
  /** What the reader must know. */
  notes: string[];
}

/**
 * Plans a preparation that is done by shards, on many machines or one after the other: which rows each has, and all that is
 * decided by looking at the whole (the matrix, whether it holds counts, the genes, the batches). In each round
 * every shard is done by itself (`preprocessShard`) and their parts are put together (`mergePreprocessRound`, after the last round
 * `mergePreprocess`); what comes out is what `preprocess` makes of all cells at once, to the bit.
 *
 * @param paths a file or folder of cells, or several, as `readSamples` takes them
 * @throws as `preprocess` does before it goes over the cells
 * @example
 * const { rounds } = await planPreprocess("cells.h5ad", { shards: 2, nHvg: 64, out: "prepare.json" });
 * rounds; // → ["statistics", "tokens"]
 * for (const shard of [0, 1]) await preprocessShard("prepare.json", 1, shard, { out: "prepare" });
 * await mergePreprocessRound("prepare.json", 1, "prepare");
 * for (const shard of [0, 1]) await preprocessShard("prepare.json", 2, shard, { out: "prepare" });
 * const { kept } = await mergePreprocess("prepare.json", "prepare", { out: "prepared_by_shards" });
 * kept; // → { cells: 700, genes: 64 }
 */
export async function planPreprocess(
  paths: string | readonly string[],
  options: PlanPreprocessOptions,
): Promise<PlannedPreprocess> {
  const { shards, out } = options ?? {};
  if (!out || shards === undefined)
    throw new CellkernelError(
      "option",
      'a plan needs a file to write and a number of shards: planPreprocess("cells.h5ad", { shards: 8, out: "plan.json" })',
      { option: out ? "shards" : "out" },
    );
  checkWritable(out);
  const samples = samplesOf(paths);
  const { cells, sizes, renamed } = await joinSamples(samples, options, nameOf(paths, samples));
  try {
    checkOutput(cells, out);
    const decision = await decidePreparation(cells, options);
    const plan = withId({
      ...{ step: STEP, version: versions().cellkernel, shards: shardRows(cells.nObs, shards) },
      decided: { ...decidedOf(decision, options), path: cells.path, renamed },
      files: samples.map(({ path, label, prefix }, i) => ({
        ...{ path: absolute(path), prefix, label, cells: sizes[i], fingerprint: fingerprintOf(path) },
      })),
    });
    writePlan(out, plan);
    return {
      ...{ path: out, id: plan.id, cells: cells.nObs, shards: plan.shards, rounds: plan.decided.rounds },
      notes: decision.notes,
    };
  } finally {
    cells.close();
  }
}

function decidedOf(
  decision: Decision,
  options: PlanPreprocessOptions,
): Omit<DecidedPreparation, "path" | "renamed"> {
  const { cells, settings, source, genes, batches, name } = decision;
  const { kind, base } = source.contents;
  const taken = takenAtSight(kind, settings.values);
  const limits = limitsBy(cells, taken.counts, settings);
  refuseUnknown(limits.unknown, name);
  const counted = statisticsOptions({ name, cells: cells.nObs, genes }, taken, settings, undefined);
  return {
    options: optionsOf(options),
    ...{ settings, taken, limits, name, looked: kind },
    ...modelOf(options),
    reading: {
      ...{ name: source.name, base, columns: source.columns && Array.from(source.columns) },
      merged: genes.target && Array.from(genes.target),
    },
    genes: { names: [...genes.names], ids: Array.from(genes.ids) },
    batches: batches?.names,
    columns: [
      ...(settings.batch === undefined ? [] : [settings.batch]),
      ...(limitsSet(settings).length > 0 ? FIGURE_COLUMNS : []),
    ],
    varNames: source.name === "raw" ? cells.raw!.varNames : cells.varNames,
    rounds: [...(countsGenesFirst(counted) ? ["genes" as const] : []), "statistics", "tokens"],
  };
}

/** Those that were given of the preparation and of the reading. */
function optionsOf(options: PlanPreprocessOptions): DecidedPreparation["options"] {
  const table = { ...PREPARATION, ...SAMPLES };
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(table, name)));
}

function modelOf({
  model,
  vocabulary,
}: PlanPreprocessOptions): Pick<DecidedPreparation, "model" | "vocabulary"> {
  const given = typeof vocabulary === "string" ? Vocabulary.fromFile(vocabulary) : vocabulary;
  return {
    model: model && {
      ...{ folder: absolute(model.folder), args: model.args, classes: model.classes, given: model.given },
      vocabulary: plannedVocabulary(model.vocabulary),
    },
    vocabulary: given && plannedVocabulary(given),
  };
}

function plannedVocabulary({ source, ids }: Vocabulary): PlannedVocabulary {
  return { source, names: [...ids.keys()], ids: [...ids.values()] };
}
