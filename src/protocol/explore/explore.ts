import { createHash } from "node:crypto";
import type { AnnData } from "../../anndata/anndata.js";
import { isDense } from "../../anndata/element.js";
import { CellkernelError } from "../../support/error.js";
import { CellsFile } from "./cellsFile.js";
import { CellTable } from "./cellTable.js";
import { CellMap, type Exploration } from "./exploration.js";
import { genesOfCells } from "./geneReader.js";

/** What a map of cells shows. */
export interface ColoringOptions {
  /**
   * By what cells are coloured: `obs` columns, genes and, of a report, "truth", "prediction", "probability", "margin" and
   * "split". The first three stand side by side, the others can be chosen.
   */
  colorBy?: string | readonly string[];
  /** What is told of the cell under the pointer, by the same names. */
  tooltip?: readonly string[];
}

/** How cells of one's own are laid out: by coordinates, or by an embedding that they bring along. */
export interface ExploreOptions extends ColoringOptions {
  /** [cells] each; instead of `embedding`. */
  x?: ArrayLike<number>;
  y?: ArrayLike<number>;
  /** A key of `obsm`, of which the first two columns are taken: by default "X_umap", else the first other that there is. */
  embedding?: string;
  title?: string;
}

/** In this order; then whatever there is. */
const PREFERRED = ["X_umap", "X_scGPT_umap", "X_tsne", "X_draw_graph_fa", "X_pca"];

/**
 * A map of cells with coordinates of their own: shows itself as a cell's last expression, and is explored there and in
 * code.
 *
 * @throws where there are no coordinates, or not of all cells
 * @example
 * const map = explore(cells, { embedding: "X_umap", colorBy: ["bulk_labels", "NKG7"] });
 * map;
 */
export function explore(cells: AnnData, options: ExploreOptions = {}): Exploration {
  const { x, y, name } = coordinates(cells, options);
  const { colorBy = firstColumn(cells), tooltip = [], title = "" } = options;
  const rows = Int32Array.from({ length: cells.nObs }, (_, row) => row);
  const table = new CellTable({
    id: `cells ${createHash("sha256").update(JSON.stringify(cells.obsNames)).digest("hex")}`,
    names: cells.obsNames,
    rows,
    results: new Map(),
    obs: [],
    file: new CellsFile(cells),
    genes: genesOfCells,
    remedy: "Read them again",
  });
  const axes = [`${name} 1`, `${name} 2`] as const;
  return new CellMap({ title, axes, table, drawn: rows, x, y, colorBy: [colorBy].flat(), tooltip });
}

function coordinates(
  cells: AnnData,
  { x, y, embedding }: ExploreOptions,
): { x: ArrayLike<number>; y: ArrayLike<number>; name: string } {
  const { nObs, obsm, path } = cells;
  if (x !== undefined || y !== undefined) {
    if (x?.length !== nObs || y?.length !== nObs)
      throw new CellkernelError(
        "option",
        `x and y are to have a value for each of the ${nObs} cells of ${path}; they have ${x?.length ?? 0} and ${y?.length ?? 0}`,
        { option: "x" },
      );
    return { x, y, name: "axis" };
  }
  const key = embedding ?? PREFERRED.find((known) => obsm.has(known)) ?? obsm.keys()[0];
  const there = `obsm has ${obsm.keys().join(", ") || "nothing"}`;
  if (key === undefined || !obsm.has(key))
    throw new CellkernelError(
      "option",
      `${path} has no ${embedding === undefined ? "embedding" : `obsm[${JSON.stringify(embedding)}]`} to lay its cells out by: ${there}. Give coordinates, for instance of projectUmap: explore(cells, { x, y })`,
      { option: "embedding", embedding },
    );
  const found = obsm.get(key);
  if (typeof found !== "object" || found === null || !isDense(found) || !(found.shape[1] >= 2))
    throw new CellkernelError(
      "option",
      `obsm[${JSON.stringify(key)}] of ${path} is no array of two columns or more; ${there}`,
      { option: "embedding", embedding: key },
    );
  const data = found.data as ArrayLike<number>;
  const column = (of: number) =>
    Float64Array.from({ length: nObs }, (_, i) => Number(data[i * found.shape[1] + of]));
  return { x: column(0), y: column(1), name: key.replace(/^X_/, "").toUpperCase() };
}

/** The first column of `obs` that groups the cells. */
function firstColumn(cells: AnnData): string {
  const names = cells.obs.columnNames();
  const groups = names.find((name) => {
    const of = cells.categories(name)?.length ?? 0;
    return of > 1 && of <= 100;
  });
  if (groups !== undefined) return groups;
  if (names.length > 0) return names[0];
  throw new CellkernelError(
    "option",
    `${cells.path} has no obs column to colour its cells by: give genes, explore(cells, { colorBy: ${JSON.stringify(cells.varNames.slice(0, 2))} })`,
    { option: "colorBy" },
  );
}
