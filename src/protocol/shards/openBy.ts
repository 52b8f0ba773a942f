import { join } from "node:path";
import type { AnnData } from "../../anndata/anndata.js";
import { fingerprintOf } from "../../store/fingerprint.js";
import { hashOf, hashOfJson } from "../../store/hash.js";
import { isIndex } from "../../store/indexFolder.js";
import { isRun } from "../../store/runFolder.js";
import { CellkernelError } from "../../support/error.js";
import type { CellReference } from "../cellReference.js";
import { untrainedNotes } from "../embed.js";
import { type EmbedderRecipe, openEmbedder, recipeFor, untrainedRun } from "../embedder.js";
import { openIndex } from "../openIndex.js";
import { isPublishedIndex } from "../publishedIndex.js";
import { isPublishedRun } from "../publishedRun.js";
import { loadRun, Run } from "../run.js";
import type { ShardStep } from "../task.js";
import type { Decided, PlannedBy } from "./plan.js";

/** By what cells are labelled, embedded or mapped. */
export interface OpenedBy {
  run: Run;
  /** What they are mapped to. */
  index?: CellReference;
  /** What the reader must know of a model that was never fine-tuned. */
  notes: string[];
  /** By which its content is recognised. */
  identity: string;
  /** How cells are prepared for a model that was never fine-tuned. */
  trained?: EmbedderRecipe;
}

/** What a folder is for. */
export function stepOf(folder: string): ShardStep {
  if (isIndex(folder) || isPublishedIndex(folder)) return "map";
  return isRun(folder) || isPublishedRun(folder) ? "annotate" : "embed";
}

/**
 * Opens it.
 * @param by where it is
 * @param cells all of them, for whom a plan is being made; else what was decided
 */
export async function openBy(
  step: ShardStep,
  by: Pick<PlannedBy, "folder" | "given" | "model" | "trained">,
  cells: AnnData | undefined,
  options: Decided["options"],
): Promise<OpenedBy> {
  const { folder, given, model, trained } = by;
  if (step === "map") {
    const index = await openIndex(folder, model);
    const run = index.runFor(cells as AnnData, options, trained);
    return {
      ...{ run, index, notes: [], identity: identityOf(folder, run) },
      trained: isPublishedIndex(folder) ? recipeOf(run) : undefined,
    };
  }
  const found = step === "annotate" ? await loadRun(folder, given) : await openEmbedder(folder, given);
  if (found instanceof Run) return { run: found, notes: [], identity: identityOf(folder, found) };
  const run = untrainedRun(found, trained ?? recipeFor(found, cells as AnnData, options));
  return {
    ...{ run, notes: untrainedNotes(found, run), identity: identityOf(folder, run) },
    trained: recipeOf(run),
  };
}

function recipeOf({ parts: { recipe, preparation } }: Run): EmbedderRecipe {
  return { recipe, preparation };
}

/** The same for a shard or a merge. @throws where the folder holds another than when the plan was made */
export async function openPlanned(step: ShardStep, { by, options }: Decided): Promise<OpenedBy> {
  const opened = await openBy(step, by, undefined, options);
  if (opened.identity === by.identity) return opened;
  throw new CellkernelError(
    "other-preparation",
    `${by.folder} holds other weights than when the plan was made: make the plan again (cellkernel plan), or put back what was there`,
    { path: by.folder },
  );
}

/** The records of a run and of an index hold the hashes of their files, which are compared when they are opened. */
function identityOf(folder: string, { args, classes, made, parts }: Run): string {
  if (isRun(folder)) return hashOf(join(folder, "run.json"));
  if (isIndex(folder)) return hashOf(join(folder, "index.json"));
  const beside = isPublishedIndex(folder) ? fingerprintOf(folder) : undefined;
  return hashOfJson([args, classes, made.model.sha256, parts.recipe.genes, beside]);
}
