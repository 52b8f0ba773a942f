import assert from "node:assert/strict";
import { test } from "node:test";
import { crossEntropy } from "../../src/predict/crossEntropy.js";
import { labelCells } from "../../src/predict/labels.js";

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test("label, softmax probability and margin of each cell", () => {
  // torch.softmax([[1., 2., 0.5], [1000., 0., 999.]], 1) = [[.2312239, .6285317, .1402444], [.7310586, 0., .2689414]]
  const { codes, probabilities, margins } = labelCells(Float32Array.of(1, 2, 0.5, 1000, 0, 999), 3);
  assert.deepEqual([...codes], [1, 0]);
  close(probabilities[0], 0.6285317);
  close(margins[0], 0.6285317 - 0.2312239);
  close(probabilities[1], 0.7310586);
  close(margins[1], 0.7310586 - 0.2689414);
});

test("cross-entropy and error, plain and with class weights, as torch.nn.functional.cross_entropy", () => {
  const logits = Float32Array.of(1, 2, 0.5, 1000, 0, 999);
  // -log(.1402444) = 1.9643682; -log(.7310586) = 0.3132617
  const plain = crossEntropy(logits, [2, 0]);
  close(plain.loss, (1.9643688 + 0.3132617) / 2);
  assert.equal(plain.error, 0.5);
  close(crossEntropy(logits, [2, 0], [3, 9, 1]).loss, (1.9643688 + 3 * 0.3132617) / 4);
});
