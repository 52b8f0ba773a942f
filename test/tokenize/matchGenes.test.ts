import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMatched } from "../../src/tokenize/geneHints.js";
import { matchGenes, uniqueNames } from "../../src/tokenize/matchGenes.js";
import { Vocabulary } from "../../src/tokenize/vocabulary.js";

const symbols = new Vocabulary([
  ["CD3D", 5],
  ["CD19", 7],
  ["NKG7", 9],
  ["LYZ", 11],
]);
const unique = { duplicates: "unique" } as const;
const index = (names: string[]) => ({ column: "var index", names });

test("genes get the vocabulary's ids, case kept", () => {
  const { ids, column } = matchGenes([index(["NKG7", "cd19", "CD3D"])], symbols, unique);
  assert.deepEqual([...ids], [9, -1, 5]);
  assert.equal(column, "var index");
});

test("the column that matches best is taken, the index when equal", () => {
  const ensembl = index(["ENSG00000167286.10", "ENSG00000177455.15"]);
  const named = { column: "feature_name", names: ["CD3D", "CD19"] };
  assert.deepEqual([...matchGenes([ensembl, named], symbols, unique).ids], [5, 7]);
  assert.equal(matchGenes([index(["CD3D", "CD19"]), named], symbols, unique).column, "var index");
});

test("Ensembl ids match with and without their version", () => {
  const vocabulary = new Vocabulary([
    ["ENSG00000167286", 0],
    ["ENSG00000177455", 1],
  ]);
  const { ids } = matchGenes([index(["ENSG00000177455.15", "ENSG00000167286"])], vocabulary, unique);
  assert.deepEqual([...ids], [1, 0]);
});

test("repeated names are made unique as anndata does", () => {
  // anndata.utils.make_index_unique(pd.Index(["a", "a", "a-1", "b", "a"]))
  assert.deepEqual(uniqueNames(["a", "a", "a-1", "b", "a"]), ["a", "a-2", "a-1", "b", "a-3"]);
  const { ids, repeated } = matchGenes([index(["LYZ", "LYZ", "CD19"])], symbols, unique);
  assert.deepEqual([...ids], [11, -1, 7]);
  assert.equal(repeated, 1);
});

test("when nothing matches, examples and a guess are given", () => {
  const failing =
    (names: string[], vocabulary = symbols) =>
    () => {
      const places = [index(names)];
      checkMatched(matchGenes(places, vocabulary, unique), places, vocabulary, undefined, "X");
    };
  assert.throws(
    failing(["ENSG00000900001", "ENSG00000900002"]),
    /None of the 2 genes of X \(var index\) is in vocabulary\. The file has "ENSG00000900001", "ENSG00000900002"; the vocabulary has "CD3D", "CD19", "NKG7", "LYZ"\. These look like Ensembl ids/,
  );
  assert.throws(
    failing(["Cd3d", "Cd19"]),
    /2 of them are found when case is ignored: perhaps .*another species/,
  );
  assert.throws(failing(["0", "1"]), /row numbers.*geneColumn/);
  assert.throws(failing(["foo"]), /another column of var/);
  assert.throws(failing(["FOO1"], new Vocabulary([["ENSG00000167286", 0]])), /vocabulary holds Ensembl ids/);
});
