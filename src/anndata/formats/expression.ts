import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import { takeGenes } from "../edit/subset.js";
import { expressionColumns, OTHER_FEATURES } from "../expression.js";

/**
 * Leaves out what is not gene expression, as scanpy does.
 *
 * @param types feature type of each column
 * @throws where nothing else is there
 */
export function takeExpression(cells: AnnData, types: readonly string[]): AnnData {
  const columns = expressionColumns(types);
  if (columns) return takeGenes(cells, columns);
  const others = OTHER_FEATURES.filter((type) => types.includes(type));
  if (others.length === 0) return cells;
  throw new CellkernelError(
    "nothing",
    `${cells.path} has no features of the type Gene Expression, only ${others.join(", ")}: give a file of gene counts.`,
    { path: cells.path },
  );
}
