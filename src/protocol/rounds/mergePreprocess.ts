import { join } from "node:path";
import { AnnData } from "../../anndata/anndata.js";
import { joinSamples } from "../../anndata/formats/readSamples.js";
import type { QcMetrics } from "../../preprocess/qc.js";
import { partName } from "../../store/part.js";
import { PartReader } from "../../store/partReader.js";
import { requireParts } from "../../store/partStates.js";
import { requireSameFiles } from "../../store/plan.js";
import {
  isPrepared,
  isVacant,
  loadPrepared,
  recordedInputs,
  writePrepared,
} from "../../store/preparedFolder.js";
import { CellkernelError } from "../../support/error.js";
import { claim } from "../../support/lock.js";
import { emptyStore, type TokenStore } from "../../tokenize/tokens.js";
import { Vocabulary } from "../../tokenize/vocabulary.js";
import { assemblePrepared } from "../assemblePrepared.js";
import { type Decision, decidePreparation } from "../decidePreparation.js";
import { originOf } from "../origin.js";
import { type PreprocessSummary, summarize } from "../preprocessFile.js";
import type { PreprocessOptions } from "../preprocessOptions.js";
import { tokenColumns } from "../tokenizerFor.js";
import { readChosen } from "./chosen.js";
import { countsGenesIn } from "./countShard.js";
import { type PlannedVocabulary, type PreparationPlan, type RoundKind, readPreparationPlan } from "./plan.js";

/** How the parts of a preparation become one. */
export interface MergePreprocessOptions {
  /** Folder of prepared cells to write. */
  out: string;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/**
 * Puts the parts of the last round of a preparation together: writes the folder of prepared cells that `preprocess` would have
 * made of all cells at once, the same to the bit. A folder that holds it already is used as it is.
 *
 * @param planPath what `planPreprocess` wrote
 * @param folder where the shards' parts are, of all rounds
 * @throws where a part is missing, doubled, damaged or of another plan (names each), or the cells' files are others than when
 *   the plan was made
 * @example
 * await planPreprocess("cells.h5ad", { shards: 1, nHvg: 32, cellType: "bulk_labels", out: "one.json" });
 * await preprocessShard("one.json", 1, 0, { out: "one" });
 * await mergePreprocessRound("one.json", 1, "one");
 * await preprocessShard("one.json", 2, 0, { out: "one" });
 * const { classes } = await mergePreprocess("one.json", "one", { out: "prepared_by_one" });
 * classes?.length; // → 10
 */
export async function mergePreprocess(
  planPath: string,
  folder: string,
  options: MergePreprocessOptions,
): Promise<PreprocessSummary> {
  const { out, signal } = options ?? {};
  if (!out)
    throw new CellkernelError(
      "option",
      'mergePreprocess needs a folder to write: mergePreprocess("plan.json", "parts", { out: "prepared" })',
      { option: "out" },
    );
  const plan = readPreparationPlan(planPath);
  const { files, decided } = plan;
  requireSameFiles(files);
  const given = { ...optionsOf(plan), signal };
  const { origin, inputs } = await originOf(files, given, recordedInputs(out));
  if (!isVacant(out) && isPrepared(out, origin)) return summarize(loadPrepared(out), out, true);
  for (const kind of new Set<RoundKind>([countsGenesIn(plan), "statistics", "tokens"]))
    requireParts(folder, plan, kind);
  const giveBack = claim(out);
  const { cells } = await joinSamples(files, decided.options, decided.path);
  try {
    const decision = await decidePreparation(new AnnData({ ...cells, path: decided.path }), given);
    requireSameGenes(plan, decision);
    const found = readChosen(plan, folder);
    const { obs, keptCells } = cellsOfParts(plan, folder);
    const counted = { ...found, qc: { ...found.qc, obs }, keptCells };
    const { tokens, keys } = tokensOfParts(plan, folder, tokenColumns(decision.genes, found));
    const prepared = assemblePrepared(decision, counted, tokens, keys);
    signal?.throwIfAborted();
    writePrepared(prepared, out, origin, inputs);
    return summarize(prepared, out, false);
  } finally {
    cells.close();
    giveBack();
  }
}

/** What `preprocess` was asked for. */
function optionsOf({ decided: { options, model, vocabulary } }: PreparationPlan): PreprocessOptions {
  return {
    ...options,
    model: model && { ...model, vocabulary: vocabularyOf(model.vocabulary) },
    vocabulary: vocabulary && vocabularyOf(vocabulary),
  };
}

function vocabularyOf({ source, names, ids }: PlannedVocabulary): Vocabulary {
  return new Vocabulary(
    names.map((name, i) => [name, ids[i]]),
    source,
  );
}

/** @throws where another file than the cells' that has a part in it is another by now */
function requireSameGenes({ decided }: PreparationPlan, { genes, settings }: Decision): void {
  const { names, ids } = decided.genes;
  if (
    genes.ids.length === ids.length &&
    ids.every((id, i) => id === genes.ids[i] && names[i] === genes.names[i])
  )
    return;
  throw new CellkernelError(
    "other-preparation",
    `the genes are others than when the plan was made${settings.genesOf === undefined ? "" : `: is ${settings.genesOf} another file now?`} Make the plan again (cellkernel plan)`,
    { path: settings.genesOf },
  );
}

/** The quality figures of all cells, and Uint8 [cells]: which are kept. */
function cellsOfParts(
  plan: PreparationPlan,
  folder: string,
): { obs: QcMetrics["obs"]; keptCells: Uint8Array } {
  const cells = plan.shards[plan.shards.length - 1][1];
  const figures = () => new Float64Array(cells);
  const obs = {
    nGenesByCounts: figures(),
    totalCounts: figures(),
    totalCountsMt: figures(),
    pctCountsMt: figures(),
  };
  const keptCells = new Uint8Array(cells);
  plan.shards.forEach(([start], shard) => {
    reading(folder, shard, countsGenesIn(plan), (part) => {
      for (const name of Object.keys(obs) as (keyof typeof obs)[])
        obs[name].set(part.read(`obs.${name}`) as Float64Array, start);
    });
    reading(folder, shard, "statistics", (part) => keptCells.set(part.read("keptCells"), start));
  });
  return { obs, keptCells };
}

/** The tokens of all cells, in shared memory, and Int32 [cells × 2]: their keys. */
function tokensOfParts(
  { shards }: PreparationPlan,
  folder: string,
  columns: Pick<TokenStore, "genes" | "geneIds">,
): { tokens: TokenStore; keys: Int32Array } {
  const sizes = shards.map((_, shard) =>
    reading(folder, shard, "tokens", (part) => [part.shape("keys")[0] / 2, part.shape("gene")[0]]),
  );
  const [cells, count] = [0, 1].map((i) => sizes.reduce((sum, size) => sum + size[i], 0));
  const store = emptyStore(columns, cells, count);
  const keys = new Int32Array(2 * cells);
  let [cell, at] = [0, 0];
  sizes.forEach(([own, tokens], shard) => {
    reading(folder, shard, "tokens", (part) => {
      const indptr = part.read("indptr");
      for (let i = 1; i <= own; i++) store.indptr[cell + i] = at + indptr[i];
      store.gene.set(part.read("gene"), at);
      store.bin.set(part.read("bin"), at);
      keys.set(part.read("keys"), 2 * cell);
    });
    cell += own;
    at += tokens;
  });
  return { tokens: store, keys };
}

function reading<T>(folder: string, shard: number, kind: RoundKind, work: (part: PartReader) => T): T {
  const part = PartReader.open(join(folder, partName(shard, kind)));
  try {
    return work(part);
  } finally {
    part.close();
  }
}
