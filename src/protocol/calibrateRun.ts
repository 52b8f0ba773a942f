import type { Prepared } from "../store/prepared.js";
import type { RunTrust } from "../store/runParts.js";
import type { CellSplit } from "../train/split.js";
import { batchCodes, predictionOf, withSession } from "./applyRun.js";
import { calibrate, type HeldOut } from "./calibrate.js";
import type { Run } from "./run.js";

/**
 * Predicts a run's validation and test cells, and works out how far its probabilities can be believed.
 * @param split cells of `ready`, as the run was trained by it
 * @param signal ends it with an error
 */
export async function calibrateRun(
  run: Run,
  ready: Prepared,
  split: CellSplit,
  signal?: AbortSignal,
): Promise<RunTrust> {
  const codes = ready.labels!.codes;
  const labelled = (cells: Int32Array) => cells.filter((cell) => codes[cell] >= 0);
  const [validation, test] = [labelled(split.validation), labelled(split.test)];
  const cells = Int32Array.from([...validation, ...test]);
  const names = run.parts.batches;
  const batchLabels = names && batchCodes(names, ready.batches, (cell) => ready.cellNames[cell]);
  const width = run.classes.length;
  const logits =
    cells.length === 0
      ? new Float32Array(0)
      : await withSession(
          predictionOf(run, ready.tokens.genes, {}),
          async (session) =>
            (await session.predict({ tokens: ready.tokens, cells, batchLabels }, { signal })).logits,
        );
  const held = (of: Int32Array, from: number): HeldOut => ({
    truth: of.map((cell) => codes[cell]),
    logits: logits.subarray(from * width, (from + of.length) * width),
  });
  return calibrate(held(validation, 0), held(test, validation.length), run.classes, run.settings);
}
