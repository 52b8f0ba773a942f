import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { twoSided } from "../../src/evaluate/normalTail.js";
import { wilcoxon } from "../../src/evaluate/wilcoxon.js";

type Figures = Record<
  "scores" | "pvals" | "pvals_adj" | "logfoldchanges" | "pct_nz_group",
  (number | null)[][]
>;
const fixture = JSON.parse(readFileSync("test/fixtures/evaluate/wilcoxon.json", "utf8"));
const expression = {
  genes: Array.from({ length: fixture.genes }, (_, g) => `G${g}`),
  indptr: Float64Array.from(fixture.indptr),
  gene: Int32Array.from(fixture.gene),
  value: Float32Array.from(fixture.value),
};

function near(ours: ArrayLike<number>, theirs: (number | null)[], relative: number, what: string): void {
  for (const [i, value] of theirs.entries()) {
    const near =
      value === null ? Number.isNaN(ours[i]) : Math.abs(ours[i] - value) <= relative * Math.abs(value);
    assert.ok(near, `${what} ${i}: ${ours[i]}, not ${value}`);
  }
}

for (const [name, tieCorrect] of [
  ["plain", false],
  ["tie_corrected", true],
] as const)
  test(`scores, p-values and fold changes are scanpy's, ${name}`, () => {
    const theirs: Figures = fixture[name];
    const markers = wilcoxon(expression, fixture.codes, 4, { tieCorrect });
    for (const [group, own] of markers.entries()) {
      assert.ok(own);
      // scanpy keeps scores and fold changes in single precision.
      near(own.scores, theirs.scores[group], 1e-6, `scores of ${group}`);
      near(own.pvals, theirs.pvals[group], 1e-11, `pvals of ${group}`);
      near(own.pvalsAdj, theirs.pvals_adj[group], 1e-11, `pvals_adj of ${group}`);
      near(own.logfoldchanges, theirs.logfoldchanges[group], 2e-6, `logfoldchanges of ${group}`);
      near(own.shares, theirs.pct_nz_group[group], 1e-12, `shares of ${group}`);
    }
  });

test("the normal's tails are scipy's", () => {
  const { z, p } = fixture.tail;
  near(z.map(twoSided), p, 1e-12, "tail");
});

test("a group of one cell, and one of all cells, have no markers; cells of no group are among the others", () => {
  const codes = fixture.codes.map((code: number) => (code === 3 ? -1 : code));
  const without = wilcoxon(expression, codes, 3);
  near(without[0]!.scores, fixture.plain.scores[0], 1e-6, "scores");
  codes[0] = 3;
  assert.equal(wilcoxon(expression, codes, 4)[3], undefined);
  assert.deepEqual(wilcoxon(expression, new Int32Array(fixture.codes.length), 1), [undefined]);
});
