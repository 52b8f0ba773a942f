import { base64, bytesOf, uint16, uint32 } from "./arrays.js";
import { encodeRows, type TableLink } from "./embedding.js";

/** MIME type of {@link EvaluationPayload}. */
export const EVALUATION_MIME = "application/vnd.cellkernel.evaluation.v1+json";

/** What an evaluation found, as it travels in the notebook. */
export interface EvaluationPayload {
  title: string;
  /** Whether all of it is shown, or the confusion matrix alone. */
  shows: "report" | "confusion";
  /** How many cells were evaluated. */
  cells: number;
  /** What the reader must know. */
  notes: string[];
  /** Overall figures by name; null where a figure is not defined. */
  figures: Record<string, number | null>;
  classes: string[];
  /** [classes] each, 0 … 1. */
  precision: number[];
  recall: number[];
  f1: number[];
  /** Base64 of uint32 [3 × filled], little-endian: true class, predicted class and number of cells, where there are some. */
  confusion: string;
  /** How often labels of a probability are right. */
  reliability?: ReliabilityData;
  /** What simple methods come to on the same cells. */
  secondOpinion?: OpinionData;
  /** The evaluated cells one by one; left out where only their numbers are known. */
  assigned?: AssignedData;
}

/** Intervals of the labels' probability that have cells. */
export interface ReliabilityData {
  /** Expected calibration error. */
  error: number;
  bins: { from: number; to: number; cells: number; confidence: number; accuracy: number }[];
}

/** Figures of methods: a method a row, its name first. */
export interface OpinionData {
  /** A sentence on what is compared. */
  about: string;
  columns: string[];
  rows: (string | number)[][];
}

/** Cells with what they are and what they were taken for. */
export interface AssignedData {
  /** The table that they are rows of. */
  table: TableLink & { rows: string };
  /** Base64 of uint16 [cells], little-endian: index into the classes. */
  truth: string;
  predicted: string;
  /** Base64 of uint16 [cells], little-endian: 65,535 · probability of the label, rounded. */
  probabilities: string;
}

/** An evaluation out of its payload. */
export interface DecodedEvaluation {
  title: string;
  shows: EvaluationPayload["shows"];
  cells: number;
  notes: string[];
  figures: Map<string, number | null>;
  classes: string[];
  precision: number[];
  recall: number[];
  f1: number[];
  /** Cells by true and predicted class: [true · classes + predicted] → cells, where there are some. */
  confusion: Map<number, number>;
  /** [classes]: cells that truly are of the class, and cells that were taken for it. */
  support: number[];
  predictedAs: number[];
  reliability?: ReliabilityData;
  secondOpinion?: OpinionData;
  assigned?: DecodedAssigned;
}

/** Evaluated cells out of their payload. */
export interface DecodedAssigned {
  table: string;
  /** [cells] each. */
  rows: Uint32Array;
  truth: Uint16Array;
  predicted: Uint16Array;
  probabilities: Float32Array;
}

/** Counts as they travel. @param confusion [true][predicted] */
export function encodeConfusion(confusion: readonly (readonly number[])[]): string {
  const filled = confusion.flatMap((row, t) => row.flatMap((cells, p) => (cells > 0 ? [t, p, cells] : [])));
  return encodeRows(filled);
}

/** Evaluated cells as they travel; [cells] each. */
export function encodeAssigned(
  table: string,
  rows: ArrayLike<number>,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): AssignedData {
  return {
    table: { id: table, rows: encodeRows(rows) },
    truth: base64(Uint16Array.from(truth)),
    predicted: base64(Uint16Array.from(predicted)),
    probabilities: base64(Uint16Array.from(probabilities, (share) => Math.round(65535 * share))),
  };
}

/**
 * Decodes a payload as it comes from a notebook, which anyone may have written.
 * @throws when it is not one, or its parts disagree
 */
export function decodeEvaluation(data: unknown): DecodedEvaluation {
  const payload = (data ?? {}) as EvaluationPayload;
  const { classes, cells, precision, recall, f1 } = payload;
  const lists = [classes, precision, recall, f1];
  const many = Array.isArray(classes) ? classes.length : -1;
  if (!Number.isFinite(cells) || lists.some((list) => !Array.isArray(list) || list.length !== many))
    throw new Error("The evaluation's data are not whole.");
  const { confusion, support, predictedAs } = decodeConfusion(payload.confusion, many);
  return {
    title: String(payload.title ?? ""),
    shows: payload.shows === "confusion" ? "confusion" : "report",
    cells,
    notes: Array.isArray(payload.notes) ? payload.notes.map(String) : [],
    figures: new Map(
      Object.entries(payload.figures ?? {}).map(([name, value]) => [
        name,
        value === null ? null : Number(value),
      ]),
    ),
    classes: classes.map(String),
    ...{ precision: precision.map(Number), recall: recall.map(Number), f1: f1.map(Number) },
    ...{ confusion, support, predictedAs },
    ...(payload.reliability && { reliability: decodeReliability(payload.reliability) }),
    ...(payload.secondOpinion && { secondOpinion: decodeOpinion(payload.secondOpinion) }),
    ...(payload.assigned && { assigned: decodeAssigned(payload.assigned, many) }),
  };
}

function decodeConfusion(
  text: string,
  classes: number,
): Pick<DecodedEvaluation, "confusion" | "support" | "predictedAs"> {
  const confusion = new Map<number, number>();
  const support = new Array<number>(classes).fill(0);
  const predictedAs = new Array<number>(classes).fill(0);
  const filled = uint32(bytesOf(text));
  for (let at = 0; at + 2 < filled.length; at += 3) {
    const [truth, predicted, cells] = filled.subarray(at, at + 3);
    if (truth >= classes || predicted >= classes)
      throw new Error(`The confusion matrix names class ${Math.max(truth, predicted)} of ${classes}.`);
    confusion.set(truth * classes + predicted, cells);
    support[truth] += cells;
    predictedAs[predicted] += cells;
  }
  return { confusion, support, predictedAs };
}

function decodeReliability({ error, bins }: ReliabilityData): ReliabilityData {
  if (!Array.isArray(bins)) throw new Error("The reliability's data are not whole.");
  const number = (value: unknown) => Number(value);
  return {
    error: number(error),
    bins: bins.map(({ from, to, cells, confidence, accuracy }) => ({
      ...{ from: number(from), to: number(to), cells: number(cells) },
      ...{ confidence: number(confidence), accuracy: number(accuracy) },
    })),
  };
}

function decodeOpinion({ about, columns, rows }: OpinionData): OpinionData {
  if (![columns, rows].every(Array.isArray) || !rows.every(Array.isArray))
    throw new Error("The second opinion's data are not whole.");
  return { about: String(about), columns: columns.map(String), rows };
}

function decodeAssigned({ table, ...data }: AssignedData, classes: number): DecodedAssigned {
  const rows = uint32(bytesOf(table.rows));
  const [truth, predicted, steps] = [data.truth, data.predicted, data.probabilities].map((text) =>
    uint16(bytesOf(text)),
  );
  if ([truth, predicted, steps].some(({ length }) => length !== rows.length))
    throw new Error(`The evaluation's cells are ${rows.length} rows and ${truth.length} labels.`);
  if ([truth, predicted].some((codes) => codes.some((code) => code >= classes)))
    throw new Error("The evaluation's cells are of classes that it has not.");
  const probabilities = Float32Array.from(steps, (step) => step / 65535);
  return { table: String(table.id), rows, truth, predicted, probabilities };
}
