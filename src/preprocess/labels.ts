import type { AnnData } from "../anndata/anndata.js";
import { CellkernelError } from "../support/error.js";
import { labelDoubts } from "./labelDoubts.js";

/** One label a cell, as codes. */
export interface Labels {
  /** The `obs` column. */
  column: string;
  /** Names by code: sorted, or the fine-tuned model's. */
  classes: string[];
  /** Int32 [cells]: −1 where the cell has no label, or one that the fine-tuned model never saw. */
  codes: Int32Array;
  /** Labels that the fine-tuned model never saw, and in how many cells. */
  unseen: Map<string, number>;
}

/** The batch (donor, sample, …) of each cell, as codes. */
export interface CellBatches {
  /** The `obs` column. */
  column: string;
  /** Sorted. */
  names: string[];
  /** Int32 [cells]: −1 where missing. */
  codes: Int32Array;
}

/** A column of `obs` of few values, as codes. */
export type CellColumn = CellBatches;

/** More distinct numbers than this are a measurement, not a label. */
const MOST_NUMERIC_LABELS = 100;
/** More different values than this no column of labels, batches or clusters has. */
const MOST_DISTINCT = 2 ** 23;
/** What R has for a missing integer. */
const R_NA = -(2 ** 31);
/** Cells whose values say whether a column may hold groups. */
const LOOK = 2000;

/**
 * The labels in a column of `obs`, as codes in sorted order of the label, or in the order of `classes`.
 *
 * @param classes the classes of a fine-tuned model, whose codes are kept
 * @param notes receives what the user must know: missing labels, labels that the model never saw
 */
export function readLabels(
  cells: AnnData,
  column: string,
  keep: Uint8Array,
  notes: string[],
  classes?: string[],
): Labels {
  const { values, names } = readColumn(cells, column, keep, "cellType");
  const missing = values.reduce((sum, value) => sum + (value === undefined ? 1 : 0), 0);
  if (missing > 0)
    notes.push(
      `${missing} of ${values.length} cells have no label in obs column "${column}"; they are left out of training and evaluation.`,
    );
  if (classes === undefined && names.length < 2)
    throw new CellkernelError(
      "column",
      `obs column "${column}" of ${cells.path} holds ${names.length === 1 ? `one class only ("${names[0]}")` : "no label at all"}; training needs at least two. ${otherColumns(cells, column)}`,
      { column, path: cells.path },
    );
  notes.push(...labelDoubts(column, values, "label"));
  const known = classes ?? names;
  const unseen = new Map<string, number>();
  const codes = encode(values, known, unseen);
  if (unseen.size > 0) {
    const list = [...unseen].map(([label, n]) => `"${label}" (${n} cells)`).join(", ");
    notes.push(
      `The model never saw these labels of obs column "${column}": ${list}. Those cells have no label here.`,
    );
    if (unseen.size === names.length)
      throw new CellkernelError(
        "column",
        `The model knows none of the labels of obs column "${column}": ${list}. It knows ${classes
          ?.slice(0, 10)
          .map((name) => `"${name}"`)
          .join(", ")}. ${otherColumns(cells, column)}`,
        { column, path: cells.path },
      );
  }
  return { column, classes: known, codes, unseen };
}

/**
 * The labels of reference cells in a column of `obs`, as codes in sorted order: one may be enough, and cells may lack one.
 * @param notes receives what the user must know
 */
export function readReferenceLabels(cells: AnnData, column: string, notes: string[]): CellColumn {
  const { values, names } = readColumn(cells, column, new Uint8Array(cells.nObs).fill(1), "labelColumn");
  if (names.length === 0)
    throw new CellkernelError(
      "column",
      `obs column "${column}" of ${cells.path} holds no label at all. ${otherColumns(cells, column)}`,
      { column, path: cells.path },
    );
  const codes = encode(values, names, new Map());
  const missing = codes.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0);
  if (missing > 0) notes.push(`${missing} cells have no label in obs column "${column}" and were left out.`);
  notes.push(...labelDoubts(column, values, "label"));
  return { column, names, codes };
}

/** The batches in a column of `obs`, as codes in sorted order. */
export function readBatches(cells: AnnData, column: string, keep: Uint8Array, notes: string[]): CellBatches {
  const { values, names } = readColumn(cells, column, keep, "batch");
  const codes = encode(values, names, new Map());
  const missing = codes.filter((code) => code < 0).length;
  if (names.length === 0)
    throw new CellkernelError(
      "column",
      `obs column "${column}" of ${cells.path} names no batch. ${otherColumns(cells, column)}`,
      { column, path: cells.path },
    );
  if (missing > 0)
    notes.push(
      `${missing} cells have no batch in obs column "${column}"; they have no say in the choice of variable genes.`,
    );
  notes.push(...labelDoubts(column, values, "batch"));
  return { column, names, codes };
}

/**
 * The batches of some cells of a file, as codes among those of the whole.
 * @param names of all batches
 * @returns Int32 [cells]: −1 where missing
 */
export function batchesAmong(cells: AnnData, column: string, names: readonly string[]): Int32Array {
  const { values } = columnValues(cells, column, new Uint8Array(cells.nObs).fill(1));
  return encode(values, names, new Map());
}

/**
 * The clusters in a column of `obs`, as codes.
 * @throws where there is no such column, or nearly each cell has a value of its own
 */
export function readClusters(cells: AnnData, column: string): CellColumn {
  requireColumn(cells, column, "clusterBy");
  const { values, names } = columnValues(cells, column, new Uint8Array(cells.nObs).fill(1));
  const there = values.filter((value) => value !== undefined).length;
  if (names.length === 0 || (names.length > MOST_NUMERIC_LABELS && names.length > there / 2))
    throw new CellkernelError(
      "column",
      `obs column "${column}" of ${cells.path} holds ${names.length} different values in ${there} cells: these are no clusters. ${otherColumns(cells, column)}`,
      { column, path: cells.path },
    );
  return { column, names, codes: encode(values, names, new Map()) };
}

/**
 * Batches of one cell, or without a count: no gene varies in them.
 *
 * @param totals counts of each cell
 */
export function silentBatches({ names, codes }: CellBatches, totals: Float64Array): string[] {
  const cells = new Float64Array(names.length);
  const counts = new Float64Array(names.length);
  codes.forEach((code, cell) => {
    if (code < 0) return;
    cells[code]++;
    counts[code] += totals[cell];
  });
  return names.filter((_, code) => cells[code] < 2 || counts[code] === 0);
}

/** More different values than this are names, not groups. */
const MOST_GROUPS = 1000;

/**
 * The columns of `obs` that have few values, of the kept cells: by these a split can be made.
 * @param always columns that are taken however many values they have
 */
export function readGroups(
  cells: AnnData,
  keep: Uint8Array,
  always: readonly (string | undefined)[],
): CellColumn[] {
  return cells.obs.columnNames().flatMap((column) => {
    const needed = always.includes(column);
    if (!needed && !mayGroup(cells, column)) return [];
    const { values, names, numeric } = columnValues(cells, column, keep);
    const most = numeric ? MOST_NUMERIC_LABELS : MOST_GROUPS;
    if (!needed && (names.length < 2 || names.length > most)) return [];
    return [{ column, names, codes: encode(values, names, new Map()) }];
  });
}

/** A look at some values: measurements and names of cells are not read as a whole. */
function mayGroup(cells: AnnData, column: string): boolean {
  const found = cells.obs.column(column)!;
  const step = Math.max(1, Math.floor(cells.nObs / LOOK));
  const seen = new Set<unknown>();
  let looked = 0;
  for (let i = 0; i < cells.nObs; i += step, looked++) {
    const value: unknown = found.at(i);
    if (typeof value === "number" && !Number.isInteger(value) && !Number.isNaN(value)) return false;
    seen.add(value);
  }
  return looked < 20 || seen.size <= looked / 2;
}

/** The column's values of the kept cells as text, and its sorted values; undefined is missing. */
function readColumn(cells: AnnData, column: string, keep: Uint8Array, option: string) {
  requireColumn(cells, column, option);
  const { values, names, numeric } = columnValues(cells, column, keep);
  if (numeric && names.length > MOST_NUMERIC_LABELS)
    throw new CellkernelError(
      "column",
      `obs column "${column}" of ${cells.path} holds ${names.length} different numbers: that is a measurement, not a ${option === "batch" ? "batch" : "label"}. ${otherColumns(cells, column)}`,
      { column, path: cells.path },
    );
  return { values, names };
}

function requireColumn(cells: AnnData, column: string, option: string): void {
  if (!cells.obs.columnNames().includes(column))
    throw new CellkernelError(
      "column",
      `${cells.path} has no obs column "${column}", which ${option} names. ${otherColumns(cells, column)}`,
      { column, path: cells.path },
    );
}

function columnValues(cells: AnnData, column: string, keep: Uint8Array) {
  const found = cells.obs.column(column)!;
  const values: (string | undefined)[] = [];
  const distinct = new Map<string, unknown>();
  for (let i = 0; i < cells.nObs; i++) {
    if (keep[i] === 0) continue;
    const value: unknown = found.at(i);
    const missing =
      value === null || value === undefined || value === "" || value === R_NA || Number.isNaN(value);
    const text = missing ? undefined : String(value);
    values.push(text);
    if (text !== undefined && !distinct.has(text)) distinct.set(text, value);
    // A map holds 2²⁴ at most.
    if (distinct.size > MOST_DISTINCT)
      throw new CellkernelError(
        "column",
        `obs column "${column}" of ${cells.path} holds more than ${MOST_DISTINCT} different values: these are names or measurements. ${otherColumns(cells, column)}`,
        { column, path: cells.path },
      );
  }
  const numeric = [...distinct.values()].every(
    (value) => typeof value === "number" || typeof value === "bigint",
  );
  const names = [...distinct.keys()].sort(
    numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1),
  );
  return { values, names, numeric };
}

function encode(
  values: (string | undefined)[],
  names: readonly string[],
  unknown: Map<string, number>,
): Int32Array {
  const codeOf = new Map(names.map((name, code) => [name, code]));
  return Int32Array.from(values, (value) => {
    if (value === undefined) return -1;
    const code = codeOf.get(value);
    if (code === undefined) unknown.set(value, (unknown.get(value) ?? 0) + 1);
    return code ?? -1;
  });
}

function otherColumns(cells: AnnData, column: string): string {
  const others = cells.obs.columnNames().filter((name) => name !== column);
  return others.length > 0
    ? `The ${others.length === cells.obs.numCols() ? "" : "other "}columns are: ${others.join(", ")}.`
    : "It has no other columns.";
}
