import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { parseArgs } from "../checkpoint/args.js";
import { GENE_TABLE, restoreGeneTable } from "../checkpoint/geneTable.js";
import { ARCHITECTURE } from "../settings/architecture.js";
import { PRETRAINING, type PretrainingOptions } from "../settings/pretraining.js";
import type { RanksOptions } from "../settings/ranks.js";
import { flagOf, type Resolved, resolve } from "../settings/setting.js";
import { TRAINING } from "../settings/training.js";
import type { Prepared } from "../store/prepared.js";
import { isRun } from "../store/runFolder.js";
import type { Provenance, RunSettings } from "../store/runParts.js";
import { type PlannedTraining, writeTraining } from "../store/trainingFolder.js";
import { CellkernelError } from "../support/error.js";
import {
  objectivesOf,
  weightsWithoutDiscriminator,
  withDecoders,
  withoutDiscriminator,
} from "../train/objectives.js";
import type { CellSplit } from "../train/split.js";
import { type StartModel, startWeights } from "../train/startWeights.js";
import { claimed } from "./claimed.js";
import { memoryPlan, refuseUnfinished, startOf } from "./finetune.js";
import { geneRows } from "./geneRows.js";
import type { Model } from "./model.js";
import { checkObjectives, resolveObjectives } from "./objectives.js";
import { Pretrained } from "./pretrained.js";
import { agreedPlan, isFirst, joinRanks, type Part, partOf, together } from "./ranks.js";
import { requireBatches, requireModel } from "./requirements.js";
import { goOn, type ResumeOptions } from "./resumeTraining.js";
import { type Keeping, runTraining } from "./runTraining.js";
import { splitCells } from "./splitCells.js";
import { planOf } from "./trainPlanned.js";
import { provenance, versions } from "./versions.js";
import type { WatchOptions } from "./visibleTraining.js";

/** Options of the pretraining. */
export interface PretrainOptions extends PretrainingOptions, RanksOptions, WatchOptions {
  /** The folder of the pretrained model: holds from the start on all that `resumePretraining` needs, and the model at its end. */
  saveDir: string;
  /**
   * Model to go on from, or its folder; "new": one that starts at random, of the size that the options say and with the cells'
   * vocabulary. Default: the model that the cells were prepared for.
   */
  model?: Model | string;
  /** The cells to learn from and to validate by. Default: 90 / 10 of all, at random. */
  split?: Pick<CellSplit, "train" | "validation">;
  /** A training in that folder that is not at its end is given up. */
  overwrite?: boolean;
}

/**
 * Pretrains a model on prepared cells without labels, by the published objectives alone: masked values are predicted from their
 * tokens (MLM) and from the cell's embedding (MVC), unless the options say otherwise. In a worker; in a notebook, with live
 * learning curves. The weights of the lowest validation loss are kept, in a folder that `openModel` and the published code open.
 * Several processes take it together as they do `finetune`.
 * Method: Cui et al. 2024 (doi 10.1038/s41592-024-02201-0).
 *
 * @throws when there is no objective, no model, or an option makes no sense
 * @example
 * const { folder } = await pretrain(ready, { model: "new", nlayers: 1, embsize: 32, epochs: 1, saveDir: "pretrained" });
 * const again = await preprocess(cells, { cellType: "bulk_labels", model: await openModel(folder), nHvg: 64 });
 */
export async function pretrain(ready: Prepared, options: PretrainOptions): Promise<Pretrained> {
  const { saveDir } = options;
  if (isRun(saveDir))
    throw new CellkernelError("path", `${saveDir} holds a fine-tuned model: choose another folder`, {
      path: saveDir,
    });
  const ranks = await joinRanks(options.mpi);
  return claimed(isFirst(ranks) ? saveDir : undefined, async (started) => {
    const part = await partOf(ranks);
    const planned = await together(ranks, () => {
      refuseUnfinished(saveDir, options.overwrite);
      return planPretraining(ready, options, part);
    });
    const agreed = await agreedPlan(ranks, planned, ready);
    if (isFirst(ranks)) writeTraining(saveDir, agreed, ready);
    return pretrainPlanned(agreed, ready, options, { folder: saveDir, started, ranks });
  });
}

/**
 * Goes on with a pretraining that was killed, stopped or interrupted, or with a finished one for more `epochs`; as `resume`
 * does with a fine-tuning.
 * @param of its folder, or what `pretrain` returned
 * @throws as `resume`
 * @example
 * const { training } = await resumePretraining("pretrained", { epochs: 2 }); // what the example of pretrain made
 * training.epoch; // → 2
 */
export async function resumePretraining(
  of: Pretrained | string,
  options: ResumeOptions = {},
): Promise<Pretrained> {
  const folder = typeof of === "string" ? of : of.folder;
  return goOn(folder, options, { pretraining: true, train: pretrainPlanned });
}

async function pretrainPlanned(
  planned: PlannedTraining,
  ready: Prepared,
  watching: WatchOptions,
  keeping: Keeping,
): Promise<Pretrained> {
  const { name, args, vocabulary, start, settings, made, notes } = planned;
  const plan = await planOf(planned, ready, keeping);
  const { result, training } = await runTraining(planned, plan, watching, keeping);
  const rows = geneRows(vocabulary, ready.tokens.genes);
  const whole = restoreGeneTable(result.weights, rows, start.get(GENE_TABLE)!);
  const parts = {
    ...{ name, args: withoutDiscriminator(args), vocabulary, made, notes, training },
    weights: weightsWithoutDiscriminator(whole),
    settings: { ...settings, amp: result.amp },
    ...{ preparation: ready.settings, source: ready.source.path },
  };
  const folder = keeping.folder!;
  return isFirst(keeping.ranks) ? Pretrained.write(parts, folder) : new Pretrained(parts, folder);
}

/** Works out all that a pretraining needs, before anything is written. */
export async function planPretraining(
  ready: Prepared,
  options: PretrainOptions,
  part?: Part,
): Promise<PlannedTraining> {
  const asked = resolve(PRETRAINING, options);
  const objectives = objectivesOf(asked);
  if (objectives.every((objective) => objective === "DAB"))
    throw new CellkernelError(
      "option",
      "there is nothing to learn from: of the options mlm, mvc, ecs and cce one at least must be on (--mlm true)",
      { option: "mlm" },
    );
  const { model, made, notes: modelNotes } = await startOfPretraining(ready, options, asked);
  const settings = settingsOf(ready, model, options, asked);
  const all = { codes: new Int32Array(ready.tokens.cells), classes: [], column: "", unseen: new Map() };
  const given = options.split && { ...options.split, test: new Int32Array(0) };
  const { splitBy, trainTestSplitRatio } = settings;
  const { split } = splitCells(ready, all, given ?? "published", splitBy, trainTestSplitRatio);
  const args = { ...withDecoders(model.args, settings), dropout: settings.dropout };
  const size = { classes: 0, batches: requireBatches(ready, args)?.names.length };
  const { weights, notes } = startWeights({ ...model, args }, size, settings.seed);
  const genes = geneRows(model.vocabulary, ready.tokens.genes).length;
  const memory = memoryPlan(args, { ...size, genes }, settings, ready.maxLength, part);
  return {
    ...{ run: randomUUID(), pretraining: true, name: settings.name ?? basename(ready.source.path) },
    ...{ args, settings, split, vocabulary: model.vocabulary, start: weights, made },
    microBatch: settings.microBatch ?? memory?.microBatch ?? settings.batchSize,
    notes: [
      `pretrained by ${objectives.join(", ")} on ${split.train.length} cells, without labels`,
      ...[...modelNotes, ...notes, ...(memory ? [memory.why] : [])],
    ],
  };
}

/** The options as a training's folder keeps them; those of labels stand at their defaults. */
function settingsOf(
  ready: Prepared,
  { args }: Pick<StartModel, "args">,
  options: PretrainOptions,
  asked: Resolved<typeof PRETRAINING>,
): RunSettings {
  const settings: RunSettings = {
    ...resolve(TRAINING, asked),
    dropout: asked.dropout ?? args.dropout,
    maxSeqLen: asked.maxSeqLen ?? Math.max(2, ready.maxLength),
    split: options.split ? "given" : "published",
  };
  const whole = resolveObjectives(settings, args);
  checkObjectives(whole, args, ready);
  return whole;
}

/** The model that a pretraining starts from, and where that came from. */
async function startOfPretraining(
  ready: Prepared,
  { model: given, ...options }: PretrainOptions,
  asked: Resolved<typeof PRETRAINING>,
): Promise<{ model: StartModel & Pick<Prepared, "vocabulary">; made: Provenance; notes: string[] }> {
  if (given !== "new") {
    const idle = (Object.keys(ARCHITECTURE) as (keyof typeof ARCHITECTURE)[]).find(
      (name) => options[name] !== undefined,
    );
    if (idle)
      throw new CellkernelError(
        "option",
        `the option ${idle} is for a new model (model: "new", --model new); the architecture of one that is there is its own (--${flagOf(idle, ARCHITECTURE[idle])})`,
        { option: idle },
      );
    const model = await requireModel(ready, given);
    const { vocabulary, notes } = model;
    return { model: { ...startOf(model, model.args), vocabulary }, made: provenance(model), notes };
  }
  const { nlayers, embsize, nheads, dHid, inputEmbStyle } = asked;
  const args = parseArgs(
    { nlayers, embsize, nheads, d_hid: dHid, input_emb_style: inputEmbStyle, n_bins: ready.settings.nBins },
    "the new model",
  );
  return {
    model: { args, vocabulary: ready.vocabulary, readWeights: () => undefined },
    made: { ...versions(), model: { folder: "new", sha256: null } },
    notes: [],
  };
}
