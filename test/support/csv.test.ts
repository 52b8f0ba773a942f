import assert from "node:assert/strict";
import { test } from "node:test";
import { csvLine } from "../../src/support/csv.js";

test("values are quoted where RFC 4180 wants it", () => {
  assert.equal(csvLine(["a", 'b "c"', "d,e", "f\ng", ""]), 'a,"b ""c""","d,e","f\ng",');
});

test("what a spreadsheet would run as a formula is text; numbers stay numbers", () => {
  const formulas = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", '=HYPERLINK("http://x","y")'];
  for (const formula of formulas) assert.equal(csvLine([formula]), `"'${formula.replaceAll('"', '""')}"`);
  const numbers = ["-1", "+0.5", "-1e-7", "1", "-.5", "CD4+", "a=b"];
  assert.equal(csvLine(numbers), numbers.join(","));
});
