import type { ChosenMatrix } from "../anndata/chooseMatrix.js";
import { CellkernelError } from "../support/error.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";

/** Share of the rows that bear names of genes in a matrix that lies on its side. */
const TURNED = 0.3;

/**
 * Refuses genes × cells, which the names of the rows give away.
 *
 * @param ids of each column its gene in the vocabulary, −1 for none
 * @param where names the matrix: "X of cells.csv"
 */
export function refuseTurned(
  { obsNames }: ChosenMatrix,
  ids: Int32Array,
  vocabulary: Vocabulary,
  where: string,
): void {
  // Cells are not called like genes: where columns are, rows needn't be looked at.
  if (ids.some((id) => id >= 0)) return;
  const rows = obsNames.filter((name) => vocabulary.has(name)).length;
  if (rows < TURNED * obsNames.length || rows === 0) return;
  throw new CellkernelError(
    "matrix",
    `${where} seems to be genes × cells: of its ${obsNames.length} rows ${rows} have names of genes of ` +
      `${vocabulary.source}, and no column has. A table is read turned with the option transpose (--transpose); ` +
      'an .h5ad file is turned in Python: adata.T.write_h5ad("cells.h5ad").',
    { matrix: where, option: "transpose" },
  );
}
