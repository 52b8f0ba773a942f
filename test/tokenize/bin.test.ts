import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { log1p } from "../../src/preprocess/log1p.js";
import { normalizeTotal, sizeFactor } from "../../src/preprocess/normalizeTotal.js";
import { Random } from "../../src/support/random.js";
import { Binner, binValues, digit, digitize, indexOf } from "../../src/tokenize/bin.js";
import { CellBinner } from "../../src/tokenize/cellBinner.js";
import { expected } from "../preprocess/expected.js";
import { counts559 } from "../preprocess/matrix.js";

interface Numpy {
  row: number;
  edges: number[];
  left: number[];
  right: number[];
  digit_at_u: Record<string, number[]>;
}
const numpy = JSON.parse(readFileSync("test/fixtures/preprocess/binning.json", "utf8")) as Numpy[];
const { matrix } = await counts559();

function loggedRow(row: number): Float32Array {
  // numpy's own logged values, where the fixture has them; ours differ in the last bit of some.
  if (row === 0) return Float32Array.from(expected.log_row0.values);
  const [block] = log1p(normalizeTotal(matrix, { targetSum: 1e4 })).blocks({ start: row, end: row + 1 });
  return block.data as Float32Array;
}

for (const cell of numpy)
  test(`edges and digits of cell ${cell.row} are numpy's`, () => {
    const values = loggedRow(cell.row);
    const { distinct, edges, left, right } = digitize(values);
    if (cell.row === 0) assert.deepEqual([...edges], cell.edges);
    else assert.ok(edges.every((edge, i) => Math.abs(edge / cell.edges[i] - 1) < 1e-6));
    const places = Array.from(values, (value) => indexOf(distinct, distinct.length, value));
    assert.deepEqual(
      places.map((k) => left[k]),
      cell.left,
    );
    assert.deepEqual(
      places.map((k) => right[k]),
      cell.right,
    );
    for (const [u, digits] of Object.entries(cell.digit_at_u)) {
      const fixed = { uniform: () => Number(u) };
      assert.deepEqual(
        places.map((k) => digit(left[k], right[k], fixed)),
        digits,
      );
    }
  });

test("cells binned from counts get the bins of their logged values", () => {
  const binner = new CellBinner(51);
  for (const block of matrix.blocks({ end: 200 }))
    for (let row = 0; row < block.rows; row++) {
      const counts = block.data.subarray(block.indptr[row], block.indptr[row + 1]) as Float32Array;
      const fast = new Uint8Array(counts.length + 3);
      binner.bin(counts, counts.length, sizeFactor(block, row, 1e4), new Random(7, row), fast, 3);
      const [plain] = log1p(normalizeTotal(matrix, { targetSum: 1e4 })).blocks({
        start: block.start + row,
        end: block.start + row + 1,
      });
      assert.deepEqual(fast.subarray(3), binValues(plain.data, new Random(7, row)));
    }
});

test("values that are no small integers are binned alike", () => {
  const values = Float64Array.from({ length: 300 }, (_, i) => ((i * 7919) % 997) * 13.5 + 0.25);
  for (const factor of [0, 3.7]) {
    const fast = new Uint8Array(300);
    new CellBinner(51).bin(values, 300, factor, new Random(1), fast, 0);
    const logged = factor === 0 ? values : values.map((value) => Math.log1p(value / factor));
    assert.deepEqual(fast, binValues(logged, new Random(1)));
  }
});

test("ties are spread evenly over the bins that they cover", () => {
  // 4,000 equal values among 5,000: 40 of the 50 edges fall on them.
  const values = new Float64Array(5000).fill(1);
  for (let i = 4000; i < 5000; i++) values[i] = i;
  const bins = binValues(values, new Random(3)).subarray(0, 4000);
  const times = new Map<number, number>();
  for (const bin of bins) times.set(bin, (times.get(bin) ?? 0) + 1);
  assert.deepEqual([Math.min(...times.keys()), Math.max(...times.keys()), times.size], [1, 40, 40]);
  for (const n of times.values()) assert.ok(n > 55 && n < 150, `${n} of 100`);
});

test("zeros stay zeros, and a cell of zeros too", () => {
  assert.deepEqual([...binValues(Float32Array.of(0, 0, 0), new Random(0))], [0, 0, 0]);
  const bins = binValues(Float32Array.of(0, 2, 0, 5), new Random(0));
  assert.deepEqual([bins[0], bins[2], bins[3]], [0, 0, 50]);
});

test("a senseless number of bins is named", () => {
  assert.throws(() => new Binner(2), {
    ...{ code: "option", message: /nBins is 2; it must be an integer from 3 to 256/ },
  });
});
