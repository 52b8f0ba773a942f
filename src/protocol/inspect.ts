import type { AnnData } from "../anndata/anndata.js";
import { chooseMatrix, describeMatrices } from "../anndata/chooseMatrix.js";
import { readSamples, type SamplesOptions } from "../anndata/formats/readSamples.js";

/** What an `.h5ad` file holds, in short. */
export interface Inspection {
  path: string;
  cells: number;
  genes: number;
  /** Each matrix: what its values seem to be, and how it is stored. */
  matrices: { name: string; holds: string }[];
  /** Which one a preparation would take, and why; or why there is none. */
  choice: string;
  obs: { column: string; values: number; examples: string[] }[];
  var: string[];
  obsm: string[];
  uns: string[];
  firstGenes: string[];
}

/** Values of an `obs` column that are shown. */
const EXAMPLES = 5;

/** Looks into a file without changing it, or into several or a folder of them as one (see `readSamples`). */
export async function inspect(
  paths: string | readonly string[],
  options: SamplesOptions = {},
): Promise<Inspection> {
  const cells = await readSamples(paths, options);
  try {
    return {
      path: cells.path,
      cells: cells.nObs,
      genes: cells.nVars,
      matrices: Array.from(describeMatrices(cells), ([name, holds]) => ({ name, holds })),
      choice: choice(cells),
      obs: cells.obs.columnNames().map((column) => {
        const values = cells.obs.column(column)!;
        const distinct = new Set<string>();
        for (let i = 0; i < values.length; i++) distinct.add(String(values.at(i)));
        return { column, values: distinct.size, examples: [...distinct].sort().slice(0, EXAMPLES) };
      }),
      var: cells.var.columnNames(),
      obsm: [...cells.obsm.keys()],
      uns: [...cells.uns.keys()],
      firstGenes: cells.varNames.slice(0, EXAMPLES),
    };
  } finally {
    cells.close();
  }
}

function choice(cells: AnnData): string {
  try {
    return chooseMatrix(cells, undefined, "counts").reason;
  } catch (error) {
    return (error as Error).message;
  }
}
