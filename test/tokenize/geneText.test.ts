import assert from "node:assert/strict";
import { test } from "node:test";
import { isId, isMissing, readGeneText } from "../../src/tokenize/geneText.js";

/** What is written, the symbols and the id that it names, and the genome. */
const CASES: [text: string, symbols: string[], id?: string, genome?: string][] = [
  ["CD3D", ["CD3D"]],
  [" CD3D\u00a0", ["CD3D"]],
  ['"CD3D"', ["CD3D"]],
  ["HLA-DRB1", ["HLA-DRB1"]],
  ["RP11-34P13.7", ["RP11-34P13.7"]],
  ["5S_rRNA", ["5S_rRNA"]],
  ["ENSG00000167286", [], "ENSG00000167286"],
  ["ENSG00000167286.10", [], "ENSG00000167286"],
  ["ensg00000167286", [], "ENSG00000167286"],
  ["ENSG00000182378.15_PAR_Y", [], "ENSG00000182378"],
  ["ENSGR0000182378", [], "ENSG00000182378"],
  ["ENSMUSG00000032094", [], "ENSMUSG00000032094"],
  ["ENSDARG00000000001", [], "ENSDARG00000000001"],
  ["gene:ENSG00000167286", [], "ENSG00000167286"],
  ["gene-CD3D", ["CD3D"]],
  ["GRCh38_CD3D", ["CD3D"], undefined, "human"],
  ["GRCh38_premrna_CD3D", ["CD3D"], undefined, "human"],
  ["GRCh38-CD3D", ["CD3D"], undefined, "human"],
  ["hg19_CD3D", ["CD3D"], undefined, "human"],
  ["hg38_ENSG00000167286", [], "ENSG00000167286", "human"],
  ["mm10___Cd3d", ["Cd3d"], undefined, "mouse"],
  ["GRCm39_Cd3d", ["Cd3d"], undefined, "mouse"],
  ["CD3D_ENSG00000167286", ["CD3D"], "ENSG00000167286"],
  ["ENSG00000167286_CD3D", ["CD3D"], "ENSG00000167286"],
  ["ENSG00000167286.10|CD3D", ["CD3D"], "ENSG00000167286"],
  ["CD3D|ENSG00000167286.10", ["CD3D"], "ENSG00000167286"],
  ["ENSG00000167286:CD3D", ["CD3D"], "ENSG00000167286"],
  ["CD3D (ENSG00000167286)", ["CD3D"], "ENSG00000167286"],
  ["ENSG00000167286-HLA-A", ["HLA-A"], "ENSG00000167286"],
  ["A1BG|1", ["A1BG", "1"]],
  ["?|100130426", ["100130426"]],
  ["CD3D__chr11", ["CD3D"]],
  ["b'CD3D'", ["CD3D"]],
  ["\ufeffCD3D\u200b", ["CD3D"]],
];

test("what is written is taken apart into symbol, id and genome", () => {
  for (const [text, symbols, id, genome] of CASES)
    assert.deepEqual(readGeneText(text), { symbols, id, genome }, text);
});

test("missing names, and names that are nothing but ids", () => {
  for (const text of ["", " ", "nan", "NaN", "NA", "<NA>", "None", "-"]) assert.ok(isMissing(text), text);
  for (const text of ["NAT1", "NANOG", "NONO"]) assert.ok(!isMissing(text), text);
  assert.ok(isId("GRCh38_ENSG00000167286.10"));
  assert.ok(!isId("CD3D_ENSG00000167286") && !isId("CD3D") && !isId(""));
});
