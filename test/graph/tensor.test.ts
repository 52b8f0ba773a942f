import assert from "node:assert/strict";
import { test } from "node:test";
import { broadcast, product, sameShape, showShape, Tensor } from "../../src/graph/tensor.js";

test("shapes broadcast by NumPy's rule, by number and by name", () => {
  assert.deepEqual(broadcast("add", [2, 3], [3]), [2, 3]);
  assert.deepEqual(broadcast("add", ["B", 1, 4], ["N", 1]), ["B", "N", 4]);
  assert.deepEqual(broadcast("add", [], ["B"]), ["B"]);
  for (const [a, b, message] of [
    [[2, 3], [2], "add: shapes [2, 3] and [2] do not broadcast"],
    [["B", 3], ["N", 3], "add: shapes [B, 3] and [N, 3] do not broadcast"],
    [["B"], [4], "add: shapes [B] and [4] do not broadcast"],
  ] as const)
    assert.throws(() => broadcast("add", a, b), { name: "GraphError", message });
});

test("products of dimensions", () => {
  assert.equal(product([2, 3, 4]), 24);
  assert.equal(product([]), 1);
  assert.equal(product(["B", "N"]), "B*N");
  assert.equal(product([2, "B", 4]), "8*B");
});

test("a tensor's axes count from the end too, and no further than there are", () => {
  const t = new Tensor("t", "float32", ["B", 3]);
  assert.equal(t.dim(-1), 3);
  assert.equal(t.dim(0), "B");
  assert.throws(() => t.dim(2), { name: "GraphError", message: "axis 2 of a tensor of shape [B, 3]" });
  assert.throws(() => t.dim(-3), { name: "GraphError", message: "axis -3 of a tensor of shape [B, 3]" });
  assert.equal(showShape(t.shape), "[B, 3]");
  assert.ok(sameShape(["B", 3], t.shape) && !sameShape(["B"], t.shape) && !sameShape(["N", 3], t.shape));
});
