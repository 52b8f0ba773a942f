import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readTorch } from "../../src/checkpoint/torch.js";
import { writeTorch } from "../../src/checkpoint/torchWrite.js";

const scratch = mkdtempSync(join(tmpdir(), "torch-write-"));

test("a written state dict reads back to the bit, in order, and equal weights give equal bytes", () => {
  const weights = readTorch("test/fixtures/model/continuous/best_model.pt");
  const [a, b] = [join(scratch, "a.pt"), join(scratch, "b.pt")];
  writeTorch(a, weights);
  writeTorch(b, readTorch(a));
  assert.deepEqual([...readTorch(a)], [...weights]);
  assert.ok(readFileSync(a).equals(readFileSync(b)));
});

test("scalars and empty tensors keep their shapes; a view writes only its own elements", () => {
  const path = join(scratch, "shapes.pt");
  const all = Float32Array.of(1, 2, 3, 4);
  writeTorch(
    path,
    new Map([
      ["scalar", { shape: [], data: Float32Array.of(7) }],
      ["empty", { shape: [0, 3], data: new Float32Array(0) }],
      ["view", { shape: [2], data: all.subarray(1, 3) }],
    ]),
  );
  const back = readTorch(path);
  assert.deepEqual(back.get("scalar"), { shape: [], data: Float32Array.of(7) });
  assert.deepEqual(back.get("empty"), { shape: [0, 3], data: new Float32Array(0) });
  assert.deepEqual(back.get("view"), { shape: [2], data: Float32Array.of(2, 3) });
});

test("every entry's data lie at a multiple of 64 bytes, as PyTorch needs them for memory mapping", () => {
  const path = join(scratch, "aligned.pt");
  const marker = Float32Array.from({ length: 16 }, (_, i) => i + 0.5);
  writeTorch(
    path,
    new Map([
      ["first", { shape: [3], data: Float32Array.of(1, 2, 3) }],
      ["second", { shape: [16], data: marker }],
    ]),
  );
  assert.equal(readFileSync(path).indexOf(Buffer.from(marker.buffer)) % 64, 0);
});
