import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import { takeGenes } from "../edit/subset.js";

const EXPRESSION = "Gene Expression";
/** What else 10x counts. */
const OTHERS = ["Antibody Capture", "CRISPR Guide Capture", "Multiplexing Capture", "Custom", "Peaks"];

/**
 * Leaves out what is not gene expression (antibodies, guides, hashtags, peaks), as scanpy does: its counts are of
 * another kind and would swamp those of the genes. Types that are none of 10x's say nothing.
 *
 * @param types feature type of each column
 */
export function takeExpression(cells: AnnData, types: readonly string[]): AnnData {
  if (types.every((type) => type === EXPRESSION)) return cells;
  const columns = Int32Array.from(types.keys()).filter((i) => types[i] === EXPRESSION);
  if (columns.length > 0) return takeGenes(cells, columns);
  const found = OTHERS.filter((type) => types.includes(type));
  if (found.length === 0) return cells;
  throw new CellkernelError(
    "nothing",
    `${cells.path} has no features of the type ${EXPRESSION}, only ${found.join(", ")}: give a file of gene counts.`,
    { path: cells.path },
  );
}
