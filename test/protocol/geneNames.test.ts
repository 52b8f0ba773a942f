import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { table } from "arquero";
import { AnnData } from "../../src/anndata/anndata.js";
import { type Prepared, preprocess, readH5ad, Vocabulary, writeH5ad } from "../../src/index.js";
import type { PreparationOptions } from "../../src/settings/preparation.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { memoryCells } from "./cells.js";

const census = Vocabulary.fromFile("notebooks/models/small/vocab.json");
const scratch = mkdtempSync(join(tmpdir(), "gene-names-"));

/** Cells whose genes are called so: gene g has g + 1 counts in the first cell and 1 in the second. */
function called(varNames: string[], columns: Record<string, unknown[]> = {}): AnnData {
  return memoryCells(denseMatrix([varNames.map((_, g) => g + 1), varNames.map(() => 1)]), {
    varNames,
    var: columns,
  });
}

async function prepare(
  cells: AnnData,
  options: PreparationOptions = {},
  vocabulary = census,
): Promise<Prepared> {
  return preprocess(cells, { vocabulary, nHvg: 0, ...options });
}

function says(ready: Prepared, pattern: RegExp): void {
  assert.ok(
    ready.notes.some((note) => pattern.test(note)),
    `${pattern}\n${ready.notes.join("\n")}`,
  );
}

/** What files call genes, and which of the vocabulary's they are; the last columns are unknown. */
const CASES: Record<string, { varNames: string[]; columns?: Record<string, unknown[]>; genes: string[] }> = {
  "Ensembl ids with and without version": {
    varNames: ["ENSG00000167286.10", "ENSG00000177455", "ENSG00000900001"],
    genes: ["CD3D", "CD19"],
  },
  "ids of which the vocabulary has the version, or the symbol and the id": {
    varNames: ["ENSG00000199196", "ENSG00000199231.4", "ENSG00000276861", "ENSG00000201984"],
    genes: ["ENSG00000199196.1", "ENSG00000199231.1", "5S_rRNA_ENSG00000276861", "Y_RNA_ENSG00000201984"],
  },
  "prefixes of a genome": {
    varNames: ["GRCh38_CD3D", "hg19_CD19", "hg38_ENSG00000105374.10", "GRCh38_premrna_LYZ", "mm10___Cd3d"],
    genes: ["CD3D", "CD19", "NKG7", "LYZ"],
  },
  "Seurat's dashes": {
    varNames: ["GRCh38-CD3D", "5S-rRNA-ENSG00000276861"],
    genes: ["CD3D", "5S_rRNA_ENSG00000276861"],
  },
  "symbol and id in one": {
    varNames: [
      "CD3D_ENSG00000167286",
      "ENSG00000177455_CD19",
      "ENSG00000105374.10|NKG7",
      "OLD1|ENSG00000090382",
    ],
    genes: ["CD3D", "CD19", "NKG7", "LYZ"],
  },
  "names that R made syntactic": {
    varNames: ["HLA.DRA", "MT.CO1", "X7SK", "CD3D"],
    genes: ["HLA-DRA", "MT-CO1", "CD3D"],
  },
  "symbol and Entrez number, place on the genome, labels of annotation files": {
    varNames: ["CD3D|915", "CD19__chr16", "gene-NKG7", "gene:ENSG00000090382"],
    genes: ["CD3D", "CD19", "NKG7", "LYZ"],
  },
  "blanks and quotes": { varNames: [" CD3D", '"CD19"', "NKG7\u00a0"], genes: ["CD3D", "CD19", "NKG7"] },
  "dates of Excel": {
    varNames: ["CD3D", "3-Mar", "Mar-05", "2-Sep", "Sep-11", "15-Sep", "1-Dec", "1-Mar"],
    genes: ["CD3D", "MARCHF3", "MARCHF5", "SEPTIN2", "SEPTIN11", "SELENOF", "DELEC1"],
  },
  "old symbols beside ids": {
    varNames: ["HIST1H4C", "ATPIF1", "H2AFZ", "CD3D", "foo"],
    columns: {
      gene_ids: [
        "ENSG00000197061",
        "ENSG00000130770",
        "ENSG00000164032",
        "ENSG00000167286",
        "ENSG00000900001",
      ],
    },
    genes: ["H4C3", "ATP5IF1", "H2AZ1", "CD3D"],
  },
  "symbols newer than the vocabulary beside ids in the index": {
    varNames: ["ENSG00000000460", "ENSG00000167286"],
    columns: { feature_name: ["FIRRM", "CD3D"] },
    genes: ["C1orf112", "CD3D"],
  },
  "a column of symbols whose first is missing": {
    varNames: ["ENSG00000900001", "ENSG00000900002", "ENSG00000900003"],
    columns: { gene_symbols: [null, "CD19", "NKG7"] },
    genes: ["CD19", "NKG7"],
  },
  "a missing symbol whose id is known": {
    varNames: ["ENSG00000167286", "ENSG00000177455"],
    columns: { SYMBOL: ["nan", "CD19"] },
    genes: ["CD3D", "CD19"],
  },
  "a missing symbol whose place in the index has one": {
    varNames: ["CD3D", "CD19-old", "NKG7-old"],
    columns: { symbol: [null, "CD19", "NKG7"] },
    genes: ["CD3D", "CD19", "NKG7"],
  },
  "row numbers in the index": {
    varNames: ["0", "1"],
    columns: { chromosome: ["chr11", "chr16"], features: ["CD3D", "CD19"] },
    genes: ["CD3D", "CD19"],
  },
  "a text that names some genes by chance beside ids": {
    varNames: ["ENSG00000167286", "ENSG00000177455", "ENSG00000105374", "ENSG00000090382", "ENSG00000170458"],
    columns: { marker_of: ["CD4", "CD4", "", "", ""] },
    genes: ["CD3D", "CD19", "NKG7", "LYZ", "CD14"],
  },
};

for (const [what, { varNames, columns, genes }] of Object.entries(CASES))
  test(`genes are found: ${what}`, async () => {
    assert.deepEqual((await prepare(called(varNames, columns))).tokens.genes, genes);
  });

test("a first missing symbol is borne, and the gene called by its id", async () => {
  const cells = await readH5ad("test/fixtures/trials/first_nan_symbol.h5ad");
  const ready = await prepare(cells);
  assert.deepEqual([ready.match.matched, ready.match.of, ready.match.column], [119, 120, "gene_symbol"]);
  assert.equal(ready.match.largestLost[0].gene, "ENSG00000900000");
  says(
    ready,
    /^Gene names were taken from the var column "gene_symbol", which matches the vocabulary best\.$/,
  );
  cells.close();
});

test("symbols of var are joined to the counts of raw by the index", async () => {
  const cells = await readH5ad("test/fixtures/trials/raw_var.h5ad");
  for (const [options, why] of [
    [{}, "which matches the vocabulary best"],
    [{ geneColumn: "feature_name" }, "as asked"],
  ] as const) {
    const ready = await prepare(cells, options);
    assert.equal(ready.source.matrix, "raw");
    assert.deepEqual([ready.match.matched, ready.match.of, ready.match.column], [100, 120, "feature_name"]);
    says(
      ready,
      new RegExp(
        `^Gene names were taken from the column "feature_name" of var, joined by the index, ${why}\\.$`,
      ),
    );
  }
  await assert.rejects(prepare(cells, { geneColumn: "symbol" }), {
    ...{ code: "option", message: /geneColumn is "symbol", .* Its columns are: feature_name, mean, std\./ },
  });
  cells.close();
});

test("symbols of raw.var are joined to the counts of X; a name that repeats in the index is joined to none", async () => {
  const parts = called(["g1", "g2", "g3", "g3"]);
  const symbols = table({ gene_symbols: ["NKG7", "CD3D", "CD19", "LYZ"] });
  const raw = { X: parts.X!, var: symbols, varNames: ["g2", "g1", "g3", "g3"], varm: parts.varm };
  const ready = await prepare(new AnnData({ ...parts, raw, close: () => {} }), { matrix: "X" });
  assert.deepEqual(ready.tokens.genes, ["CD3D", "NKG7"]);
  says(ready, /^Gene names were taken from the column "gene_symbols" of raw\.var, joined by the index/);
});

test("a file as Seurat's converters leave it: the index of raw.var is a column called _index", async () => {
  const parts = called(["CD3D", "CD19", "NKG7"]);
  const raw = {
    X: parts.X!,
    var: table({ _index: ["CD3D", "CD19", "NKG7"] }),
    varNames: ["0", "1", "2"],
    varm: parts.varm,
  };
  const ready = await prepare(new AnnData({ ...parts, raw, close: () => {} }), { matrix: "raw" });
  assert.deepEqual([ready.tokens.genes, ready.match.column], [["CD3D", "CD19", "NKG7"], "_index"]);
});

test("what was found otherwise is said, with an example", async () => {
  const ready = await prepare(
    called(["H2AFZ", "GRCh38_CD19", "3-Mar", "CD3D"], {
      gene_ids: ["ENSG00000164032", "", "", "ENSG00000167286"],
    }),
  );
  says(ready, /^1 genes were found by their Ensembl id, for instance "ENSG00000164032" for H2AZ1\.$/);
  says(
    ready,
    /^1 genes were found by their name in another spelling, for instance "GRCh38_CD19" for CD19\.$/,
  );
  says(
    ready,
    /^1 genes were found as dates that Excel had made of their names, for instance "3-Mar" for MARCHF3\.$/,
  );
  assert.deepEqual([ready.recipe.column, ready.recipe.idColumn], ["var index", "gene_ids"]);
});

test("two columns of one gene: the one that has its name keeps it, or both are added up", async () => {
  // H2AFZ is the old name of H2AZ1: 1 and 3 counts in the first cell.
  const cells = () =>
    called(["H2AFZ", "CD3D", "H2AZ1"], {
      gene_ids: ["ENSG00000164032", "ENSG00000167286", "ENSG00000164032"],
    });
  const unique = await prepare(cells());
  assert.deepEqual(unique.genes.names, ["H2AFZ", "CD3D", "H2AZ1"]);
  assert.deepEqual([...unique.genes.kept], [0, 1, 1]);
  says(unique, /^1 columns name a gene again/);
  const summed = await prepare(cells(), { duplicates: "sum" });
  assert.deepEqual(summed.genes.names, ["H2AZ1", "CD3D"]);
  assert.deepEqual([...summed.genes.totalCounts], [1 + 3 + 2, 3]);
});

test("a gene that was made unique is none of the vocabulary's that is called so", async () => {
  const vocabulary = new Vocabulary([
    ["MIR1", 0],
    ["MIR1-1", 1],
  ]);
  const ready = await prepare(called(["MIR1", "MIR1"]), {}, vocabulary);
  assert.deepEqual(ready.tokens.genes, ["MIR1"]);
});

test("without ids, symbols of other releases are looked for where that is asked for", async () => {
  const cells = () => called(["ATPIF1", "H2AFZ", "CD3D", "5S_rRNA"]);
  assert.deepEqual((await prepare(cells())).tokens.genes, ["CD3D"]);
  const ready = await prepare(cells(), { renamed: true });
  // 5S_rRNA is many genes.
  assert.deepEqual(ready.tokens.genes, ["ATP5IF1", "H2AZ1", "CD3D"]);
  says(
    ready,
    /^2 genes were found by the name that they have in another release, for instance "ATPIF1" for ATP5IF1\.$/,
  );
});

test("a vocabulary of ids finds the genes of a file that has symbols", async () => {
  const vocabulary = new Vocabulary([
    ["ENSG00000167286", 0],
    ["ENSG00000177455", 1],
    ["ENSG00000164032", 2],
  ]);
  const ready = await prepare(called(["CD3D", "H2AFZ", "foo"]), {}, vocabulary);
  assert.deepEqual(ready.tokens.genes, ["ENSG00000167286", "ENSG00000164032"]);
  const ids = { gene_ids: ["ENSG00000167286.1", "ENSG00000164032.2", "ENSG00000177455.3"] };
  const { match, tokens } = await prepare(called(["CD3D", "foo", "bar"], ids), {}, vocabulary);
  assert.deepEqual(tokens.genes, ["ENSG00000167286", "ENSG00000164032", "ENSG00000177455"]);
  assert.equal(match.column, "gene_ids");
});

/** Cd3d, Cd19, Nkg7, Cd14, Ms4a1 as mice have them, and one that people lack. */
const MOUSE = ["Cd3d", "Cd19", "Nkg7", "Cd14", "Ms4a1", "Gm12345"];
const MOUSE_IDS = ["ENSMUSG00000032094", "ENSMUSG00000030724", "ENSMUSG00000004612", "ENSMUSG00000051439"];

test("mouse cells on a human vocabulary: refused with the hint", async () => {
  const one = { ...census.toJSON(), Cd3d: 70_000 };
  for (const [cells, vocabulary] of [
    [called(MOUSE), census],
    [called(MOUSE_IDS), census],
    [called(MOUSE), new Vocabulary(Object.entries(one))],
  ] as const)
    await assert.rejects(prepare(cells, {}, vocabulary), {
      ...{ name: "CellkernelError", code: "few-genes" },
      message:
        /another species than the model.* species: "mouse" \(--species mouse\) matches them by upper-cased/,
    });
  // Who says that they are human is believed.
  const human = await prepare(called(MOUSE), { species: "human" }, new Vocabulary(Object.entries(one)));
  assert.deepEqual(human.tokens.genes, ["Cd3d"]);
});

test("cells of another species than these two are refused with the reason", async () => {
  await assert.rejects(
    prepare(called(["ENSDARG00000000001", "ENSDARG00000000002"])),
    /another species than human and mouse/,
  );
});

test('species: "mouse" matches by upper-cased symbol, said and recorded', async () => {
  const ready = await prepare(called(MOUSE), { species: "mouse" });
  assert.deepEqual(ready.tokens.genes, ["CD3D", "CD19", "NKG7", "CD14", "MS4A1"]);
  says(
    ready,
    /^5 genes were found by their upper-cased symbol \(species: "mouse"\), for instance "Cd3d" for CD3D\.$/,
  );
  assert.equal(ready.settings.species, "mouse");
  const ids = await prepare(called(MOUSE_IDS), { species: "mouse" });
  assert.deepEqual(ids.tokens.genes, ["CD3D", "CD19", "NKG7", "CD14"]);
  // One to one: what two genes of the vocabulary are when case is ignored is neither.
  const twins = new Vocabulary([
    ["AB1", 0],
    ["Ab1", 1],
    ["CD3D", 2],
  ]);
  assert.deepEqual((await prepare(called(["aB1", "Cd3d"]), { species: "mouse" }, twins)).tokens.genes, [
    "CD3D",
  ]);
});

test("cells of both species counted together: the genes of the vocabulary's, or of the one that is said", async () => {
  const names = ["GRCh38_CD3D", "GRCh38_CD19", "mm10___Cd3d", "mm10___C9orf72", "mm10___Nkg7"];
  assert.deepEqual((await prepare(called(names))).tokens.genes, ["CD3D", "CD19"]);
  const mouse = await prepare(called(names), { species: "mouse" });
  assert.deepEqual(mouse.tokens.genes, ["CD3D", "C9orf72", "NKG7"]);
  assert.deepEqual([...mouse.genes.kept], [0, 0, 1, 1, 1]);
});

test("without a model, all names of the file are genes", async () => {
  const names = ["GRCh38_CD3D", "mm10___Cd3d", "1-Mar", "CD3D|915"];
  const ready = await preprocess(called(names), { nHvg: 0 });
  assert.deepEqual(ready.tokens.genes, names);
});

test("a vocabulary of mouse genes needs no option", async () => {
  const vocabulary = new Vocabulary(MOUSE.map((name, id) => [name, id]));
  assert.deepEqual((await prepare(called(MOUSE_IDS), {}, vocabulary)).tokens.genes, MOUSE.slice(0, 4));
});

test("names are found in files as in memory: categories and missing values", async () => {
  const path = join(scratch, "categories.h5ad");
  await writeH5ad(
    called(["a", "b", "c"], { gene_name: [null, "CD19", "CD19"], gene_id: [null, null, "ENSG00000167286"] }),
    path,
  );
  const cells = await readH5ad(path);
  const ready = await prepare(cells);
  assert.deepEqual(ready.tokens.genes, ["CD19"]);
  cells.close();
});
