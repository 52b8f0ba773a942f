import assert from "node:assert/strict";
import { test } from "node:test";
import { Simulation } from "../../src/simulate/counts.js";

const genes = Array.from({ length: 200 }, (_, i) => `G${i}`);
const options = { cells: 6000, genes, types: 3, batches: 2, markers: 10, librarySize: 1000, seed: 3 };

test("a cell depends on the seed and its number alone", () => {
  const simulation = new Simulation({ ...options, cells: 300 });
  const whole = simulation.block(0, 300);
  const part = simulation.block(100, 200);
  assert.deepEqual(part.data, whole.data.slice(whole.indptr[100], whole.indptr[200]));
  assert.deepEqual(part.indices, whole.indices.slice(whole.indptr[100], whole.indptr[200]));
  assert.deepEqual(part.types, whole.types.slice(100, 200));
  assert.notDeepEqual(new Simulation({ ...options, cells: 300, seed: 4 }).block(0, 300).data, whole.data);
  const blocks = [...simulation.blocks(70)];
  assert.deepEqual(
    blocks.map(({ rows }) => rows),
    [70, 70, 70, 70, 20],
  );
  assert.deepEqual([...blocks[1].data], [...whole.data.slice(whole.indptr[70], whole.indptr[140])]);
});

test("counts have the shares, the overdispersion and the markers that they should", () => {
  const simulation = new Simulation(options);
  const block = simulation.block(0, 6000);
  const sum = new Float64Array(200);
  const squares = new Float64Array(200);
  let total = 0;
  let cells = 0;
  const libraries: number[] = [];
  for (let row = 0; row < block.rows; row++) {
    let library = 0;
    for (let p = block.indptr[row]; p < block.indptr[row + 1]; p++) library += block.data[p];
    libraries.push(library);
    if (block.types[row] !== 0 || block.batches[row] !== 0) continue;
    cells++;
    total += library;
    for (let p = block.indptr[row]; p < block.indptr[row + 1]; p++) {
      sum[block.indices[p]] += block.data[p];
      squares[block.indices[p]] += block.data[p] ** 2;
    }
  }
  const [share] = simulation.shares;
  const [gene] = [...share.keys()].sort((a, b) => share[b] - share[a]).slice(5);
  const mean = sum[gene] / cells;
  const variance = squares[gene] / cells - mean ** 2;
  assert.ok(Math.abs(sum[gene] / total / share[gene] - 1) < 0.1);
  // Dispersion 0.5, and the spread of library sizes on top: well above Poisson's variance.
  assert.ok(variance > mean + 0.4 * mean ** 2, `variance ${variance} at mean ${mean}`);
  libraries.sort((a, b) => a - b);
  assert.ok(Math.abs(libraries[3000] / 1000 - 1) < 0.1, `median library ${libraries[3000]}`);
  for (const marker of simulation.markers[0]) assert.ok(share[marker] > 3 * simulation.shares[2][marker]);
});

test("types are rarer one after the other; batches are even", () => {
  const { types, batches } = new Simulation(options).block(0, 6000);
  const times = [0, 1, 2].map((type) => types.filter((each) => each === type).length);
  const expected = [1, 0.8, 0.64].map((weight) => (weight / 2.44) * 6000);
  times.forEach((n, i) => {
    assert.ok(Math.abs(n - expected[i]) < 5 * Math.sqrt(expected[i]), `${n}, not ${expected[i]}`);
  });
  assert.ok(Math.abs(batches.filter((each) => each === 0).length - 3000) < 5 * Math.sqrt(1500));
});

test("senseless options are named", () => {
  for (const [wrong, option, message] of [
    [{ cells: 0 }, "cells", "cells is 0; it must be a positive integer."],
    [{ markers: 100 }, "markers", "3 types with 100 markers each need 300 genes; there are 200."],
  ] as const)
    assert.throws(() => new Simulation({ ...options, ...wrong }), {
      code: "option",
      message,
      at: { option },
    });
});
