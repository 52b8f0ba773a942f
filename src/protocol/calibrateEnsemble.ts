import { interruption } from "../host/interruption.js";
import { CellkernelError } from "../support/error.js";
import { Random } from "../support/random.js";
import { batchCodes, predictionOf, withSession } from "./applyRun.js";
import { calibrate, type HeldOut } from "./calibrate.js";
import { NOT_CALIBRATED } from "./ensemble.js";
import { cellsOf, type EvaluateOptions, partsOf, trueCodes, unseenBy } from "./evaluate.js";
import { Run } from "./run.js";

/** Validation cells by which an ensemble is calibrated, at least; with fewer, half of its test cells are. */
const LEAST_VALIDATION = 20;

/**
 * An ensemble whose probabilities say how often its labels are right, with a threshold and prediction sets: by cells that no member
 * which labels them has learnt from. Temperature and threshold come from the validation cells that are no training cells of any
 * member (ensembles of seeds); where these are fewer than 20 (of folds there are none), from half of the test cells, each labelled
 * by the members that did not see it, and the sets from the other half. New cells are labelled by the mean of all members, which is
 * at least as often right as those few.
 *
 * @param options.cells those that the members were trained on; needed after `loadRun`
 * @returns the ensemble, calibrated; to be saved anew
 * @throws where the run is no ensemble, or none of the cells is a test cell of it
 * @example
 * const calibrated = await calibrateEnsemble(ensemble([run, other]), { cells: ready });
 * calibrated.parts.trust!.temperature > 0; // → true
 */
export async function calibrateEnsemble(run: Run, options: EvaluateOptions = {}): Promise<Run> {
  const { members = [] } = run.parts;
  if (members.length === 0)
    throw new CellkernelError(
      "nothing",
      `${run.name} is no ensemble; a run is calibrated when its training ends`,
    );
  const ready = await cellsOf(run, options);
  const [truth, parts] = [trueCodes(run, ready), partsOf(run, ready)];
  const known = (part: string) =>
    Int32Array.from(truth.keys()).filter((cell) => truth[cell] >= 0 && parts[cell] === part);
  const [validation, test] = [known("validation"), known("test")];
  if (test.length === 0)
    throw new CellkernelError(
      "nothing",
      `no cell of ${ready.source.path} is a test cell of the ensemble: give the cells that its members were trained on`,
      { path: ready.source.path },
    );
  const enough = validation.length >= LEAST_VALIDATION;
  const [first, second] = enough
    ? [validation, test]
    : halves(test.map((cell) => truth[cell])).map((half) => half.map((i) => test[i]));
  const cells = Int32Array.from([...first, ...second]);
  const names = run.parts.batches;
  const { logits } = await withSession(predictionOf(run, ready.tokens.genes, options), (session) =>
    session.predict(
      {
        ...{
          tokens: ready.tokens,
          cells,
          asked: unseenBy(run, ready)?.map((own) => Uint8Array.from(cells, (cell) => own[cell])),
        },
        batchLabels: names && batchCodes(names, ready.batches, (cell) => ready.cellNames[cell]),
      },
      { signal: interruption(options.signal) },
    ),
  );
  const width = run.classes.length;
  const held = (of: Int32Array, from: number): HeldOut => ({
    truth: of.map((cell) => truth[cell]),
    logits: logits.subarray(from * width, (from + of.length) * width),
  });
  const trust = calibrate(held(first, 0), held(second, first.length), run.classes, run.settings);
  const by = enough
    ? `${first.length} validation cells, the prediction sets by ${second.length} test cells`
    : `${first.length} of the ${test.length} test cells, the prediction sets by the others`;
  const notes = run.parts.notes.map((note) =>
    note.replace(NOT_CALIBRATED, `probabilities are the mean of theirs, calibrated by ${by}`),
  );
  return new Run({ ...run.parts, trust, notes }, run.ready);
}

/** Cells dealt into two halves, each class evenly. @param truth [cells] class of each */
export function halves(truth: Int32Array): [Int32Array, Int32Array] {
  const cells = new Random(0).shuffle(Int32Array.from(truth.keys())).sort((a, b) => truth[a] - truth[b]);
  return [cells.filter((_, place) => place % 2 === 0), cells.filter((_, place) => place % 2 === 1)];
}
