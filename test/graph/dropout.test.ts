import assert from "node:assert/strict";
import { test } from "node:test";
import { dropout, dropoutMask, oddKeys, reluDropout } from "../../src/graph/dropout.js";
import { Graph } from "../../src/graph/graph.js";
import { checkGradient } from "../support/gradientCheck.js";
import { inputsOf, integers, runGraph, uniform } from "../support/runGraph.js";
import { correlationScore, rateScore } from "../support/statistics.js";

/** Scores of this many standard deviations do not come by chance in the few hundred that are looked at here. */
const FAR = 4.5;
const [ROWS, COLUMNS] = [600, 512];

/** The mask of fresh keys: as a step of training has it. */
async function maskOf(p: number, seed: number, rows = ROWS, columns = COLUMNS): Promise<Uint8Array> {
  const keys = [
    integers([rows, 1], oddKeys(rows, seed, 0)),
    integers([1, columns], oddKeys(columns, seed, 1)),
  ];
  const g = new Graph();
  const [r, c] = inputsOf(g, keys);
  g.output("mask", dropoutMask(g, r, c, p, "float32"));
  return Uint8Array.from((await runGraph(g, keys)).mask);
}

/** Beside each element the one `down` rows below and `right` columns to the right. */
function lagged(mask: Uint8Array, down: number, right: number, columns = COLUMNS): [Uint8Array, Uint8Array] {
  const rows = mask.length / columns;
  const n = (rows - down) * (columns - right);
  const [a, b] = [new Uint8Array(n), new Uint8Array(n)];
  let at = 0;
  for (let i = 0; i + down < rows; i++)
    for (let j = 0; j + right < columns; j++) {
      a[at] = mask[i * columns + j];
      b[at++] = mask[(i + down) * columns + j + right];
    }
  return [a, b];
}

for (const p of [0.1, 0.2, 0.5]) {
  test(`rate ${p}: as many are dropped as asked, in every row and column`, async () => {
    for (const seed of [1, 2, 3]) {
      const mask = await maskOf(p, seed);
      assert.ok(Math.abs(rateScore(mask, 1 - p)) < FAR, `all: ${rateScore(mask, 1 - p)}`);
      // The sum of the squared scores of n rows has mean n and variance 2n.
      const rows = Array.from({ length: ROWS }, (_, i) => mask.subarray(i * COLUMNS, (i + 1) * COLUMNS));
      const columns = Array.from({ length: COLUMNS }, (_, j) => Uint8Array.from(rows, (row) => row[j]));
      for (const [name, lines] of Object.entries({ rows, columns })) {
        const squares = lines.reduce((sum, line) => sum + rateScore(line, 1 - p) ** 2, 0);
        const score = (squares - lines.length) / Math.sqrt(2 * lines.length);
        assert.ok(Math.abs(score) < FAR, `${name}: ${score}`);
      }
    }
  });

  test(`rate ${p}: no correlation along rows, columns and diagonals at any of several lags`, async () => {
    for (const seed of [4, 5]) {
      const mask = await maskOf(p, seed);
      for (const lag of [1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 64, 128, 255])
        for (const [down, right] of [
          [0, lag],
          [lag, 0],
          [lag, lag],
        ]) {
          const score = correlationScore(...lagged(mask, down, right));
          assert.ok(Math.abs(score) < FAR, `${down} down, ${right} right: ${score}`);
        }
    }
  });

  test(`rate ${p}: the corners of rectangles are not tied to each other`, async () => {
    const mask = await maskOf(p, 6);
    const centred = (i: number, j: number) => mask[i * COLUMNS + j] - (1 - p);
    let [sum, n] = [0, 0];
    for (let i = 0; i + 1 < ROWS; i += 2)
      for (let j = 0; j + 1 < COLUMNS; j += 2) {
        sum += centred(i, j) * centred(i + 1, j) * centred(i, j + 1) * centred(i + 1, j + 1);
        n++;
      }
    const score = sum / (Math.sqrt(n) * (p * (1 - p)) ** 2);
    assert.ok(Math.abs(score) < FAR, `${score}`);
  });
}

test("a square mask is not symmetric", async () => {
  for (const seed of [7, 8]) {
    const n = 512;
    const mask = await maskOf(0.2, seed, n, n);
    const [above, below]: number[][] = [[], []];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        above.push(mask[j * n + i]);
        below.push(mask[i * n + j]);
      }
    assert.ok(Math.abs(correlationScore(above, below)) < FAR);
  }
});

test("the mask of other keys has nothing to do with it, that of the same keys is the same", async () => {
  const [a, b, again] = [await maskOf(0.2, 9), await maskOf(0.2, 10), await maskOf(0.2, 9)];
  assert.ok(Math.abs(correlationScore(a, b)) < FAR);
  assert.deepEqual(again, a);
});

test("keys are odd, differ by seed and by stream, and repeat", () => {
  const keys = oddKeys(5000, 1, 2);
  assert.ok(keys.every((k) => k & 1));
  assert.ok(new Set(keys).size > 4990);
  assert.deepEqual(oddKeys(5000, 1, 2), keys);
  for (const other of [oddKeys(5000, 1, 3), oddKeys(5000, 2, 2), oddKeys(5000, 2, 1)]) {
    const known = new Set(keys);
    assert.ok(other.filter((k) => known.has(k)).length < 5);
  }
});

const keys = [integers([3, 1], oddKeys(3, 11, 0)), integers([1, 4], oddKeys(4, 11, 1))];
const kept = Array.from({ length: 12 }, (_, e) => {
  const product = Math.imul(keys[0].data[Math.floor(e / 4)], keys[1].data[e % 4]);
  return product >= -(2 ** 31) + 0.5 * 2 ** 32;
});

test("dropout and reluDropout: values, derivative", async () => {
  assert.ok(kept.includes(true) && kept.includes(false));
  const x = uniform([3, 4], 12, -2, 2);
  const values = Array.from(x.data);
  const dropped = await checkGradient([x, ...keys], (g, [t, r, c]) => dropout(g, t, r, c, 0.5), {
    outputDims: [3, 4],
  });
  assert.deepEqual(
    dropped.map((v) => v + 0),
    values.map((v, i) => (kept[i] ? v : 0)),
  );
  const rectified = await checkGradient([x, ...keys], (g, [t, r, c]) => reluDropout(g, t, r, c, 0.5), {
    outputDims: [3, 4],
  });
  assert.deepEqual(
    rectified,
    values.map((v, i) => (kept[i] ? Math.max(v, 0) : 0)),
  );
});
