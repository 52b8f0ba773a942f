import { AnnData } from "../../anndata/anndata.js";
import type { MatrixName } from "../../anndata/chooseMatrix.js";
import { Categorical, type Column } from "../../anndata/columns.js";
import { columnsAmong } from "../../anndata/edit/concatenate.js";
import { joinColumns } from "../../anndata/edit/joinColumns.js";
import type { SamplesOptions } from "../../anndata/formats/readSamples.js";
import { SAMPLE_COLUMN } from "../../anndata/formats/readSamples.js";
import { ConcatenatedRows } from "../../anndata/matrices/concatenated.js";
import type { RowMatrix } from "../../anndata/matrix.js";
import { readRange } from "../../anndata/readRange.js";
import { columnsOf, tableOf } from "../../anndata/table.js";
import type { Plan, PlannedFile } from "../../store/plan.js";

/** What a plan of any step says of how its cells are read. */
export interface CutCells {
  /** How messages name the cells' files. */
  path: string;
  options: SamplesOptions;
  /** Which matrix. */
  reading: { name: MatrixName };
  /** The columns of `obs` that a shard reads. */
  columns: readonly string[];
  /** [columns of the matrix] names, as all files together have them. */
  varNames: string[];
  /** Whether cells of several files have the same names, so that the files' labels are added to them. */
  renamed: boolean;
}

/** The part of a plan that says it. */
export type CutPlan = Pick<Plan<CutCells>, "files" | "decided">;

/** A file of the plan, and its cells that a shard has. */
interface Piece {
  cells: AnnData;
  file: PlannedFile;
  /** Its place among the files. */
  place: number;
}

/** Opens the cells of rows `start` to `end`, as they are among all. Nothing is read of the others. */
export async function openShardCells(plan: CutPlan, [start, end]: [number, number]): Promise<AnnData> {
  const { files, decided } = plan;
  const pieces: Piece[] = [];
  let above = 0;
  try {
    for (const [place, file] of files.entries()) {
      const [from, to] = [Math.max(start, above) - above, Math.min(end - above, file.cells)];
      if (from < to) {
        const range = { start: from, end: to, columns: decided.columns };
        pieces.push({ cells: await readRange(file, range, decided.options), file, place });
      }
      above += file.cells;
    }
    const joined = files.length > 1 || decided.options.sampleColumn !== undefined;
    const [{ cells }] = pieces;
    return new AnnData({ ...(joined ? piecesJoined(plan, pieces) : cells), path: decided.path });
  } catch (error) {
    for (const { cells } of pieces) cells.close();
    throw error;
  }
}

/** The pieces one below the other, as `concatenate` joins all files. */
function piecesJoined({ files, decided }: CutPlan, pieces: readonly Piece[]): AnnData {
  const { reading, renamed, options } = decided;
  const varNames = decided.varNames;
  const { name } = reading;
  const stacked = (of: (cells: AnnData) => [RowMatrix, string[]]) =>
    new ConcatenatedRows(pieces.map(({ cells }) => columnsAmong(...of(cells), varNames)));
  const sizes = pieces.map(({ cells }) => cells.nObs);
  const tables = pieces.map(({ cells }) => columnsOf(cells.obs, "obs"));
  const names = new Set(tables.flatMap((table) => [...table.keys()]));
  const columns = [...names].map((column): [string, Column] => [
    column,
    joinColumns(
      tables.map((table) => table.get(column)),
      sizes,
      `obs column ${column}`,
    ),
  ]);
  const places = pieces.flatMap(({ place }, i) => new Array<number>(sizes[i]).fill(place));
  const labels = files.map(({ label }) => label);
  const [{ cells }] = pieces;
  return new AnnData({
    ...cells,
    obs: tableOf([
      ...columns,
      [options.sampleColumn ?? SAMPLE_COLUMN, new Categorical(Int32Array.from(places), labels, false)],
    ]),
    obsNames: pieces.flatMap(({ cells, file }) =>
      renamed ? cells.obsNames.map((cell) => `${cell}-${file.label}`) : cells.obsNames,
    ),
    varNames,
    X: name === "X" ? stacked(({ X, varNames }) => [X!, varNames]) : undefined,
    raw:
      name === "raw" && cells.raw
        ? { ...cells.raw, varNames, X: stacked(({ raw }) => [raw!.X, raw!.varNames]) }
        : undefined,
    layers: new Map(
      typeof name === "string"
        ? []
        : [[name.layer, stacked(({ layers, varNames }) => [layers.get(name.layer)!, varNames])]],
    ),
    close: () => {
      for (const piece of pieces) piece.cells.close();
    },
  });
}
