import assert from "node:assert/strict";
import { test } from "node:test";

import { scaleOf } from "../../src/anndata/scale.js";
import { Random } from "../../src/support/random.js";

const GENES = 200;
const random = new Random(7);
/** Counts of 40 cells of different depth, by inversion of geometric distributions. */
const counts = Array.from({ length: 40 }, () => {
  const depth = 0.5 + 3 * random.uniform();
  return Array.from({ length: GENES }, (_, gene) =>
    Math.floor(-Math.log(random.uniform()) * depth * (1 + (gene % 7))),
  );
});

const normalised = (rows: number[][], target: number) =>
  rows.map((row) => {
    const total = row.reduce((a, b) => a + b);
    return row.map((value) => (value / total) * target);
  });
const each = (rows: number[][], change: (value: number) => number) =>
  rows.map((row) => row.map((value) => Math.fround(change(value))));
/** The first quarter of the genes, as a choice of variable ones leaves them. */
const cut = (rows: number[][]) => rows.map((row) => row.slice(0, GENES / 4));
const look = (rows: number[][], hint?: { logged: boolean; base?: number }) =>
  scaleOf(
    rows.map((row) => row.filter((value) => value > 0)),
    hint,
  );
const lengths = Array.from({ length: GENES }, () => Math.exp(2 * random.uniform()));
const transcripts = counts.map((row) => row.map((value, gene) => value / lengths[gene]));
const ambient = counts.map((row) => row.map((value) => Math.max(0, value - 0.6 * random.uniform())));

test("logged values are told by the totals of what they stand for, whatever the smallest", () => {
  const natural = { kind: "logged", base: Math.E };
  assert.deepEqual(look(each(normalised(counts, 1e4), Math.log1p)), natural);
  assert.deepEqual(look(each(normalised(counts, 1e6), Math.log1p)), natural);
  assert.deepEqual(look(each(normalised(transcripts, 1e6), Math.log1p)), natural);
  assert.deepEqual(look(each(normalised(ambient, 1e4), Math.log1p)), natural);
  const rounded = each(normalised(counts, 1e4), (value) => Number(Math.log1p(value).toFixed(2)));
  assert.deepEqual(look(rounded), natural);
});

test("with genes dropped, by their being multiples of one count", () => {
  const natural = { kind: "logged", base: Math.E };
  assert.deepEqual(look(cut(each(normalised(counts, 1e4), Math.log1p))), natural);
  // log1p without normalisation
  assert.deepEqual(look(cut(each(counts, Math.log1p))), natural);
  assert.deepEqual(look(cut(normalised(counts, 1e4))), { kind: "normalised" });
});

test("with genes dropped and no single count, by their totals' spread", () => {
  assert.equal(look(cut(each(normalised(transcripts, 1e6), Math.log1p))).kind, "logged");
  assert.equal(look(cut(each(normalised(ambient, 1e4), Math.log1p))).kind, "logged");
  assert.equal(look(cut(ambient)).kind, "corrected");
});

test("logarithms to the bases 2 and 10", () => {
  assert.deepEqual(look(each(normalised(counts, 1e6), (value) => Math.log2(1 + value))), {
    kind: "logged",
    base: 2,
  });
  assert.deepEqual(look(each(normalised(counts, 1e4), (value) => Math.log10(1 + value))), {
    kind: "logged",
    base: 10,
  });
  // Of a shallow cell's counts most are one, of which log2(1 + 1) is whole.
  const shallow = counts.map((row) => row.map((value) => (value > 4 ? value % 5 : value > 0 ? 1 : 0)));
  assert.deepEqual(look(each(shallow, (value) => Math.log2(1 + value))), { kind: "logged", base: 2 });
  // Size factors of scran's kind: totals differ.
  const factors = counts.map((row) => (row.reduce((a, b) => a + b) / 1000) * (0.8 + 0.4 * random.uniform()));
  const scran = counts.map((row, cell) =>
    row.map((value) => Math.fround(Math.log2(1 + value / factors[cell]))),
  );
  assert.deepEqual(look(scran), { kind: "logged", base: 2 });
});

test("values that are not logged", () => {
  assert.deepEqual(look(normalised(counts, 1e4)), { kind: "normalised" });
  assert.deepEqual(look(ambient), { kind: "corrected" });
  // Reads that a few genes share.
  const shared = counts.map((row) => row.map((value, gene) => (gene % 9 === 0 ? value * 0.37 : value)));
  assert.deepEqual(look(shared), { kind: "corrected" });
});

test("what the file says decides where the values do not", () => {
  const few = [[0.4, 1.7, 2.2, 0.9]];
  assert.equal(look(few).kind, "corrected");
  assert.deepEqual(look(few, { logged: true }), { kind: "logged", base: Math.E });
  assert.deepEqual(look(few, { logged: true, base: 2 }), { kind: "logged", base: 2 });
  assert.equal(look([[0.4, 812.5]], { logged: true }).kind, "corrected", "no logarithm is as large");
});
