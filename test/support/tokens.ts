import { writeSafetensors } from "../../src/checkpoint/safetensors.js";
import type { Weight } from "../../src/checkpoint/weights.js";
import type { ModelArgs } from "../../src/model/args.js";
import { Random } from "../../src/support/random.js";
import { longestCell, type TokenStore } from "../../src/tokenize/tokens.js";

/** A model of two narrow layers, fast enough to train in a test. */
export const tinyArgs: ModelArgs = {
  ...{ embsize: 16, nheads: 2, d_hid: 16, nlayers: 2, n_layers_cls: 2, dropout: 0.1, pad_token: "<pad>" },
  ...{ pad_value: -2, mask_value: -1, n_bins: 51, input_emb_style: "continuous", cell_emb_style: "cls" },
};

/**
 * Cells of `classes` classes (cell i is of class i % classes), each expressing a random half of the genes:
 * the genes g with g % classes equal to the class have high bins, the others low ones.
 */
export function simulatedTokens(cells: number, genes: number, classes: number, seed = 1) {
  const random = new Random(seed);
  const indptr = new Float64Array(cells + 1);
  const gene: number[] = [];
  const bin: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    for (let g = 0; g < genes; g++) {
      if (random.uniform() < 0.5) continue;
      gene.push(g);
      bin.push(g % classes === cell % classes ? 35 + random.below(16) : 1 + random.below(16));
    }
    indptr[cell + 1] = gene.length;
  }
  const tokens: TokenStore = {
    cells,
    genes: Array.from({ length: genes }, (_, g) => `G${g}`),
    geneIds: Int32Array.from({ length: genes }, (_, g) => g + 3),
    indptr,
    gene: Uint16Array.from(gene),
    bin: Uint8Array.from(bin),
  };
  return { tokens, labels: Int32Array.from({ length: cells }, (_, cell) => cell % classes) };
}

/** The cells as the published code's batches have them: `<cls>` first, padded to the longest; float32 [cells × length]. */
export function paddedTokens(store: TokenStore, vocabulary: { padId: number; clsId: number }) {
  const { cells, geneIds, indptr, gene, bin } = store;
  const length = longestCell(store) + 1;
  const genes = new Float32Array(cells * length).fill(vocabulary.padId);
  const values = new Float32Array(cells * length).fill(tinyArgs.pad_value);
  for (let cell = 0; cell < cells; cell++) {
    genes[cell * length] = vocabulary.clsId;
    values[cell * length] = 0;
    for (let token = indptr[cell], at = cell * length + 1; token < indptr[cell + 1]; token++, at++) {
      genes[at] = geneIds[gene[token]];
      values[at] = bin[token];
    }
  }
  return { cells, length, genes, values };
}

/** The same in a file that Python reads: `genes` and `values` [cells, length]. */
export function writeTokens(
  path: string,
  store: TokenStore,
  vocabulary: { padId: number; clsId: number },
): void {
  const { genes, values, cells, length } = paddedTokens(store, vocabulary);
  const tensors = Object.entries({ genes, values }).map(([name, data]) => [
    name,
    { shape: [cells, length], data },
  ]);
  writeSafetensors(path, new Map(tensors as [string, Weight][]));
}
