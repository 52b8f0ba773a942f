import type { Weights } from "../src/checkpoint/weights.js";
import type { ModelArgs } from "../src/model/args.js";
import { parameterShapes } from "../src/model/parameters.js";
import { Random } from "../src/support/random.js";
import type { TokenStore } from "../src/tokenize/tokens.js";
import { initialWeights } from "../src/train/initialise.js";

/** Entries of the whole-human vocabulary: the peer's gene table. Ours is cut to the genes of the data. */
export const VOCABULARY = 60697;
export const CLASSES = 10;
export const PYTHON = ".venv-peers/bin/python";

/** The whole-human model's architecture. */
export function fullSizeArgs(nlayers: number): ModelArgs {
  return {
    ...{ embsize: 512, nheads: 8, d_hid: 512, nlayers, n_layers_cls: 3, dropout: 0.2 },
    ...{ pad_token: "<pad>", pad_value: -2, mask_value: -1, n_bins: 51 },
    ...{ input_emb_style: "continuous", cell_emb_style: "cls" },
  };
}

/** Random weights for a gene table of `genes` gene columns besides `<pad>` and `<cls>`. */
export function fullSizeWeights(args: ModelArgs, genes: number): Weights {
  const random = new Random(1);
  return initialWeights(parameterShapes(args, { genes: genes + 2, classes: CLASSES }), () =>
    random.uniform(),
  );
}

/** Cells of given lengths (`<cls>` included), each with random genes and bins. */
export function randomTokens(lengths: number[], genes: number): TokenStore {
  const random = new Random(3);
  const indptr = new Float64Array(lengths.length + 1);
  lengths.forEach((length, cell) => {
    indptr[cell + 1] = indptr[cell] + length - 1;
  });
  const columns = Uint16Array.from({ length: genes }, (_, gene) => gene);
  const gene = new Uint16Array(indptr[lengths.length]);
  lengths.forEach((length, cell) => {
    gene.set(
      random
        .shuffle(columns)
        .slice(0, length - 1)
        .sort(),
      indptr[cell],
    );
  });
  return {
    cells: lengths.length,
    genes: Array.from({ length: genes }, (_, i) => `gene ${i}`),
    geneIds: Int32Array.from({ length: genes }, (_, i) => i + 2),
    indptr,
    gene,
    bin: Uint8Array.from(gene, () => 1 + random.below(50)),
  };
}
