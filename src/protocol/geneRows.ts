import { CellkernelError } from "../support/error.js";
import type { Vocabulary } from "../tokenize/vocabulary.js";

/**
 * Rows of a model's whole gene table in the order of the table cut to a store: `<pad>`, `<cls>`, the store's genes.
 * Genes are looked up by name.
 * @throws when the model's vocabulary lacks a gene: the cells were prepared for another model
 */
export function geneRows(vocabulary: Vocabulary, genes: readonly string[]): Int32Array {
  const unknown = genes.filter((gene) => !vocabulary.has(gene));
  if (unknown.length > 0)
    throw new CellkernelError(
      "other-preparation",
      `${unknown.length} genes of the prepared cells (${unknown.slice(0, 5).join(", ")}) are not in the vocabulary ` +
        `${vocabulary.source}: prepare the cells for this model`,
      { genes: unknown },
    );
  const ids = genes.map((gene) => vocabulary.id(gene)!);
  return Int32Array.from([vocabulary.padId, vocabulary.clsId, ...ids]);
}
