import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { GeneTable } from "../../src/tokenize/geneTable.js";

/** From the pages of Ensembl and HGNC: a gene, its symbol today and those that it had. */
const GENES: [id: string, today: string, ...before: string[]][] = [
  ["ENSG00000167286", "CD3D"],
  ["ENSG00000177455", "CD19"],
  ["ENSG00000184640", "SEPTIN9", "SEPT9"],
  ["ENSG00000145416", "MARCHF1", "MARCH1"],
  ["ENSG00000186205", "MTARC1", "MARC1"],
  ["ENSG00000164032", "H2AZ1", "H2AFZ"],
  ["ENSG00000204389", "HSPA1A"],
  ["ENSG00000130770", "ATP5IF1", "ATPIF1"],
  ["ENSG00000183291", "SELENOF"],
  ["ENSG00000000460", "FIRRM", "C1orf112"],
  ["ENSMUSG00000032094", "Cd3d"],
  ["ENSMUSG00000030724", "Cd19"],
  ["ENSMUSG00000069516", "Lyz2"],
  ["ENSMUSG00000059248", "Septin9"],
];

test("a gene has its symbol of today first, then those that it had", () => {
  for (const [id, today, ...before] of GENES) {
    const symbols = GeneTable.ofId(id)!.symbols(id);
    assert.equal(symbols[0], today, id);
    for (const symbol of before) assert.ok(symbols.includes(symbol), `${id} was ${symbol}: ${symbols}`);
  }
});

test("a symbol leads to every gene that has had it", () => {
  assert.deepEqual(GeneTable.of("human").ids("H2AFZ"), ["ENSG00000164032"]);
  assert.deepEqual(GeneTable.of("mouse").ids("Cd3d"), ["ENSMUSG00000032094"]);
  assert.ok(GeneTable.of("human").ids("5S_rRNA").length > 10);
  assert.deepEqual(GeneTable.of("human").ids("Cd3d"), []);
});

test("ids of other species, of transcripts and unknown ones have none", () => {
  for (const id of ["ENSDARG00000000001", "ENST00000300692", "ENSG", "CD3D"])
    assert.equal(GeneTable.ofId(id), undefined);
  assert.deepEqual(GeneTable.ofId("ENSG00000900001")!.symbols("ENSG00000900001"), []);
});

test("both files together take less than 1 MB", () => {
  assert.ok(statSync("genes/human.tsv.gz").size + statSync("genes/mouse.tsv.gz").size < 1e6);
});
