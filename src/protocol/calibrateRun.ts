import { classDistances, classPlaces } from "../evaluate/classDistance.js";
import { unlikeThreshold } from "../evaluate/unlike.js";
import type { CellOutputs } from "../predict/cells.js";
import type { Prepared } from "../store/prepared.js";
import type { RunParts } from "../store/runParts.js";
import { Random } from "../support/random.js";
import type { CellSplit } from "../train/split.js";
import { batchCodes, predictionOf, withSession } from "./applyRun.js";
import { calibrate, type HeldOut } from "./calibrate.js";
import { learnOpinion } from "./opinion.js";
import type { Run } from "./run.js";

/** Training cells whose embeddings say where the classes lie, at most. */
const MOST_PLACED = 2000;

/**
 * Predicts a run's validation and test cells and some of its training cells, and works out how far its labels can be
 * believed, and what is kept to compare new cells with the training's.
 * @param split cells of `ready`, as the run was trained by it
 * @param signal ends it with an error
 */
export async function calibrateRun(
  run: Run,
  ready: Prepared,
  split: CellSplit,
  signal?: AbortSignal,
): Promise<Required<Pick<RunParts, "trust" | "reference">>> {
  const codes = ready.labels!.codes;
  const labelled = (cells: Int32Array) => cells.filter((cell) => codes[cell] >= 0);
  const parts = [labelled(split.validation), labelled(split.test), dealt(split.train, codes, MOST_PLACED)];
  const [validation, test, train] = parts;
  const cells = Int32Array.from(parts.flatMap((part) => [...part]));
  const names = run.parts.batches;
  const batchLabels = names && batchCodes(names, ready.batches, (cell) => ready.cellNames[cell]);
  const outputs: CellOutputs =
    cells.length === 0
      ? { logits: new Float32Array(0), embeddings: new Float32Array(0) }
      : await withSession(predictionOf(run, ready.tokens.genes, {}), (session) =>
          session.predict({ tokens: ready.tokens, cells, batchLabels }, { signal }),
        );
  const rows = (values: Float32Array, width: number, from: number, { length }: Int32Array) =>
    values.subarray(from * width, (from + length) * width);
  const held = (of: Int32Array, from: number): HeldOut => ({
    truth: of.map((cell) => codes[cell]),
    logits: rows(outputs.logits, run.classes.length, from, of),
  });
  const trust = calibrate(held(validation, 0), held(test, validation.length), run.classes, run.settings);
  const { embsize } = run.args;
  const unlike = unlikeReference(
    rows(outputs.embeddings, embsize, validation.length + test.length, train),
    train.map((cell) => codes[cell]),
    rows(outputs.embeddings, embsize, 0, validation),
    embsize,
    trust.notes,
  );
  const counts = new Int32Array(run.classes.length);
  for (const part of Object.values(split)) for (const cell of labelled(part)) counts[codes[cell]]++;
  const opinion = await opinionOf(ready, labelled(split.train), run.classes.length, trust.notes, signal);
  return { trust, reference: { counts, ...(unlike && { unlike }), ...(opinion && { opinion }) } };
}

/** Simple methods that learnt from the training cells. Where that fails, nothing else is lost. */
async function opinionOf(
  { tokens, labels }: Prepared,
  train: Int32Array,
  classes: number,
  notes: string[],
  signal: AbortSignal | undefined,
) {
  try {
    const opinion = await learnOpinion(tokens, train, labels!.codes, classes, signal);
    if (!opinion) notes.push(`there is no second opinion: ${train.length} training cells are too few`);
    return opinion;
  } catch (error) {
    signal?.throwIfAborted();
    notes.push(`there is no second opinion: ${(error as Error).message}`);
    return undefined;
  }
}

/** Cells with a label, of each class as many where there are more than `most`. */
function dealt(cells: Int32Array, codes: Int32Array, most: number): Int32Array {
  const ofClass = new Map<number, number[]>();
  for (const cell of new Random(0).shuffle(cells.slice()))
    if (codes[cell] >= 0) {
      if (!ofClass.has(codes[cell])) ofClass.set(codes[cell], []);
      ofClass.get(codes[cell])!.push(cell);
    }
  const chosen: number[] = [];
  for (let round = 0; chosen.length < most && ofClass.size > 0; round++)
    for (const [code, own] of ofClass) {
      if (round < own.length) chosen.push(own[round]);
      else ofClass.delete(code);
    }
  return Int32Array.from(chosen.slice(0, most));
}

/**
 * Where the classes lie in the embedding, by training cells, and from which distance on a cell is unlike them, by validation cells.
 * @param learnt, validation Float32 [cells × columns]
 * @param labels [learnt cells]
 */
function unlikeReference(
  learnt: Float32Array,
  labels: Int32Array,
  validation: Float32Array,
  columns: number,
  notes: string[],
) {
  const places = labels.length === 0 ? undefined : classPlaces(learnt, columns, labels);
  const cells = validation.length / columns;
  const threshold = places && unlikeThreshold(classDistances(validation, columns, places));
  if (places && threshold) return { ...places, threshold, cells };
  notes.push(
    places
      ? `no cell is flagged as unlike the training's: of validation cells 19 are needed, and there are ${cells}`
      : "no cell is flagged as unlike the training's: the training cells' embeddings don't differ, or are no finite numbers",
  );
  return undefined;
}
