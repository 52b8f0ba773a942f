import assert from "node:assert/strict";
import { test } from "node:test";
import { contentOf } from "../../src/protocol/content.js";
import { simulatedTokens } from "../support/tokens.js";

test("content is that of rows, genes and values: another row, value, gene or number of cells is another content", () => {
  const { tokens } = simulatedTokens(3, 10, 2);
  const rows = Int32Array.of(0, 1, 2);
  const keys = Int32Array.of(1, 2, 3, 4, 5, 6);
  const same = contentOf(5, tokens, rows, keys);
  assert.equal(contentOf(5, tokens, rows.slice(), keys.slice()), same);
  assert.match(same, /^[0-9a-f]{64}$/);
  const genes = tokens.genes.map((gene, i) => (i === 9 ? "other" : gene));
  const others = [
    contentOf(6, tokens, rows, keys),
    contentOf(5, tokens, Int32Array.of(0, 1, 3), keys),
    contentOf(5, tokens, rows, Int32Array.of(1, 2, 5, 6, 3, 4)),
    contentOf(5, { ...tokens, genes }, rows, keys),
  ];
  assert.equal(new Set([same, ...others]).size, 5);
});
