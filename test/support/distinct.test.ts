import assert from "node:assert/strict";
import { test } from "node:test";
import { firstRepeated } from "../../src/support/distinct.js";

test("what is there twice is found, in however many sets", () => {
  const names = Array.from({ length: 100 }, (_, i) => `cell-${i}`);
  for (const most of [1000, 100, 7, 1]) {
    assert.equal(firstRepeated(names, most), undefined);
    assert.equal(firstRepeated([...names, "cell-31", "cell-2"], most), "cell-31");
    assert.equal(firstRepeated([1, 2, "1", null, 2], most), 2);
  }
  assert.equal(firstRepeated([]), undefined);
});

test("17 million names are told apart, more than one set holds", {
  skip: !process.env.SCALE && "slow: SCALE=1 runs it",
}, () => {
  const names = Array.from({ length: 17_000_000 }, (_, i) => `AAACCC-${i}`);
  assert.throws(() => new Set(names), RangeError);
  assert.equal(firstRepeated(names), undefined);
  names.push("AAACCC-16999999");
  assert.equal(firstRepeated(names), "AAACCC-16999999");
});
