const EXPRESSION = "Gene Expression";
/** What else 10x counts. */
export const OTHER_FEATURES = [
  "Antibody Capture",
  "CRISPR Guide Capture",
  "Multiplexing Capture",
  "Custom",
  "Peaks",
];

/**
 * The columns of gene expression among antibodies, guides, hashtags and peaks, whose counts are of another kind and would
 * swamp those of genes. Types that are none of 10x's say nothing.
 *
 * @param types feature type of each column
 * @returns undefined where there is nothing to leave out, or no gene to keep
 */
export function expressionColumns(types: readonly string[]): Int32Array | undefined {
  const columns = Int32Array.from(types.keys()).filter((i) => types[i] === EXPRESSION);
  return columns.length === 0 || columns.length === types.length ? undefined : columns;
}
