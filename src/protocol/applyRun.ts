import { cutGeneTable } from "../checkpoint/geneTable.js";
import { type Agreement, int8Agreement } from "../predict/agreement.js";
import { type CellChunk, PredictionSession, type PredictionSpec } from "../predict/session.js";
import type { CellBatches } from "../preprocess/labels.js";
import { PREDICTION, type PredictionOptions } from "../settings/prediction.js";
import { resolve } from "../settings/setting.js";
import { CellkernelError } from "../support/error.js";
import { geneRows } from "./geneRows.js";
import type { Run } from "./run.js";

/** How a run is applied to cells. */
export interface PredictOptions extends PredictionOptions {
  /** Called with the share of cells done, 0 … 1. */
  onProgress?: (share: number) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/** Cells by which 8-bit integers are compared with float32. */
export const INT8_SAMPLE = 200;

/**
 * How a run is applied to stores of the given genes. Tokens a cell at most: all of them, whatever the training took,
 * so that no cell's numbers depend on how long the others are.
 */
export function predictionOf(run: Run, genes: readonly string[], options: PredictionOptions): PredictionSpec {
  const { parts, settings } = run;
  const { batchSize, maxSeqLen, device, threads, int8 } = resolve(PREDICTION, options);
  const rows = geneRows(run.vocabulary, genes);
  return {
    args: run.args,
    classes: run.classes.length,
    batches: parts.batches?.length,
    weights: cutGeneTable(run.weights, rows),
    members: parts.members?.map((weights) => cutGeneTable(weights, rows)),
    batchSize,
    maxSeqLen: maxSeqLen ?? genes.length + 1,
    seed: settings.seed,
    clsValue: parts.clsValue,
    device: device ?? settings.device,
    orCpu: device === undefined,
    threads: threads ?? settings.threads,
    int8,
  };
}

/**
 * Opens a session and closes it after `work`.
 * @param give hands the weights over rather than copies them
 */
export async function withSession<T>(
  spec: PredictionSpec,
  work: (session: PredictionSession) => Promise<T>,
  give = false,
): Promise<T> {
  const session = new PredictionSession(spec, give);
  try {
    return await work(session);
  } finally {
    session.close();
  }
}

/** Says how many labels of some cells stay those of float32. */
export async function int8Note(
  spec: PredictionSpec,
  sample: CellChunk,
  signal?: AbortSignal,
): Promise<string> {
  const { cells, agreement, largestDifference }: Agreement = await int8Agreement(
    { ...spec, ...sample },
    INT8_SAMPLE,
    signal,
  );
  return (
    `8-bit integers: of ${cells} cells that were predicted in float32 too, ${Math.round(agreement * cells)} have the ` +
    `same label; probabilities differ by at most ${largestDifference.toFixed(3)}`
  );
}

/**
 * The cells' batches as the run's codes.
 * @throws where there are none, or a cell is of a batch that the run does not know
 */
export function batchCodes(
  names: string[],
  batches: CellBatches | undefined,
  cellName: (cell: number) => string,
) {
  if (!batches)
    throw new CellkernelError(
      "nothing",
      "the model uses batch labels; name their obs column by the option batch (--batch COLUMN)",
    );
  const known = batches.names.map((name) => names.indexOf(name));
  return batches.codes.map((code, cell) => {
    const own = code < 0 ? -1 : known[code];
    if (own < 0)
      throw new CellkernelError(
        "column",
        `cell ${cellName(cell)} is of batch ${code < 0 ? "(none)" : batches.names[code]}, which the model was not trained on; it knows ${names.slice(0, 8).join(", ")}`,
        { column: batches.column, cell: cellName(cell) },
      );
    return own;
  });
}
