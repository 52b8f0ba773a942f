import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  readSafetensors,
  readSafetensorsWeights,
  writeSafetensors,
} from "../../src/checkpoint/safetensors.js";
import { readTorch } from "../../src/checkpoint/torch.js";

const scratch = mkdtempSync(join(tmpdir(), "safetensors-"));
const batch = "test/fixtures/model/continuous/batch.safetensors";

test("reads every element type of a file that the safetensors package wrote", () => {
  const tensors = readSafetensors(batch);
  assert.deepEqual([...tensors.keys()].sort(), [
    "expression_mask",
    "genes",
    "labels",
    "padding_mask",
    "values",
  ]);
  const genes = tensors.get("genes")!;
  assert.deepEqual([genes.dtype, genes.shape], ["I64", [3, 20]]);
  assert.equal((genes.data as BigInt64Array)[0], 1n); // every cell begins with <cls>
  const values = tensors.get("values")!.data as Float32Array;
  const padding = tensors.get("padding_mask")!.data as Uint8Array;
  padding.forEach((padded, i) => {
    assert.equal(values[i] === -2, padded === 1, `token ${i}`);
  });
});

test("written weights read back to the bit", () => {
  const weights = readTorch("test/fixtures/model/continuous/best_model.pt");
  const path = join(scratch, "model.safetensors");
  writeSafetensors(path, weights, { note: "µ" });
  assert.deepEqual([...readSafetensorsWeights(path)], [...weights]);
  const length = Number(readFileSync(path).readBigUInt64LE());
  assert.equal(length % 8, 0);
});

test("every byte of a boolean but 0 is true, as to PyTorch", () => {
  const header = Buffer.from('{"w":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const path = join(scratch, "bool.safetensors");
  writeFileSync(path, Buffer.concat([length, header, Buffer.of(0, 1, 2, 255)]));
  assert.deepEqual([...readSafetensorsWeights(path).get("w")!.data], [0, 1, 1, 1]);
});

test("a file that is cut short or something else is refused by name", () => {
  const whole = readFileSync(batch);
  for (let length = 0; length < whole.length; length += 61) {
    const path = join(scratch, "cut.safetensors");
    writeFileSync(path, whole.subarray(0, length));
    assert.throws(() => readSafetensors(path), /cut\.safetensors/);
  }
  assert.throws(() => readSafetensors("package.json"), /package\.json is not a whole \.safetensors file/);
});
