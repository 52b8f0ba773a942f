import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readTorch } from "../../src/checkpoint/torch.js";
import { zipParts } from "../../src/checkpoint/zip.js";

const fixtures = "test/fixtures/model";
const reference = readTorch(`${fixtures}/continuous/best_model.pt`);
const scratch = mkdtempSync(join(tmpdir(), "torch-"));

/** Writes bytes under a name of their own and returns the path. */
function scratchFile(name: string, bytes: Uint8Array): string {
  writeFileSync(join(scratch, name), bytes);
  return join(scratch, name);
}

describe("readTorch", () => {
  test("reads names, shapes and values of a state dict", () => {
    assert.equal(reference.size, 49);
    assert.deepEqual(reference.get("encoder.embedding.weight")?.shape, [61, 32]);
    assert.deepEqual(reference.get("transformer_encoder.layers.1.self_attn.in_proj_weight")?.shape, [96, 32]);
    // A fresh LayerNorm's weights are ones, its biases zeros.
    assert.ok(
      reference.get("transformer_encoder.layers.0.norm1.weight")?.data.every((x) => Math.abs(x - 1) < 0.5),
    );
  });

  for (const file of ["nested", "legacy_format", "storage_offset", "strided"])
    test(`reads the same weights from ${file}.pt`, () => {
      const weights = readTorch(`${fixtures}/checkpoints/${file}.pt`);
      for (const [name, weight] of reference) assert.deepEqual(weights.get(name), weight, name);
    });

  for (const [file, bits] of [
    ["half", 11],
    ["bfloat16", 8],
  ] as const)
    test(`reads ${file}.pt: every weight rounded to ${bits} bits`, () => {
      const weights = readTorch(`${fixtures}/checkpoints/${file}.pt`);
      for (const [name, { data }] of reference)
        weights.get(name)!.data.forEach((value, i) => {
          const spacing = Math.max(Math.abs(data[i]), 2 ** -14) * 2 ** -bits;
          assert.ok(Math.abs(value - data[i]) <= spacing, `${name}[${i}]: ${value} for ${data[i]}`);
        });
    });

  test("brings a transposed tensor into row-major order", () => {
    const { shape, data } = readTorch(`${fixtures}/checkpoints/strided.pt`).get("linear_transposed")!;
    const [rows, columns] = shape;
    const source = [...reference.values()].find(
      (weight) => weight.shape[0] === columns && weight.shape[1] === rows && weight.data[1] === data[columns],
    );
    assert.ok(source, "no weight of the model has these values transposed");
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) assert.equal(data[i * columns + j], source.data[j * rows + i]);
  });
});

describe("a file that is not a whole state dict", () => {
  const whole = readFileSync(`${fixtures}/continuous/best_model.pt`);

  test("missing", () =>
    assert.throws(() => readTorch("nowhere.pt"), /^CellkernelError: there is no file nowhere\.pt/));

  test("something else", () => {
    assert.throws(() => readTorch("package.json"), /package\.json is not a PyTorch checkpoint/);
    assert.throws(() => readTorch(scratchFile("empty.pt", Buffer.alloc(0))), /is not a PyTorch checkpoint/);
    const zip = Buffer.concat([...zipParts([["readme.txt", Buffer.from("x")]])]);
    assert.throws(() => readTorch(scratchFile("other.zip", zip)), /holds no data\.pkl \(found readme\.txt\)/);
  });

  test("cut short anywhere", () => {
    for (let length = 0; length < whole.length; length += 997)
      assert.throws(() => readTorch(scratchFile("cut.pt", whole.subarray(0, length))), {
        name: "CellkernelError",
        code: "format",
        message: /cut\.pt.*(damaged or cut short|not a PyTorch checkpoint)/,
      });
    const legacy = readFileSync(`${fixtures}/checkpoints/legacy_format.pt`);
    for (let length = 0; length < legacy.length; length += 997)
      assert.throws(() => readTorch(scratchFile("cut.pt", legacy.subarray(0, length))), /cut\.pt/);
  });

  test("one bit of the weights turned over", () => {
    const damaged = Buffer.from(whole);
    damaged[damaged.indexOf("/data/0") + 500] ^= 1;
    assert.throws(
      () => readTorch(scratchFile("bit.pt", damaged)),
      /bit\.pt is damaged or cut short: the checksum of entry \S+\/data\/0 does not agree/,
    );
  });

  test("a pickle that asks Python to run something", () => {
    // cos.system, ("touch /tmp/x",), REDUCE: what an attack looks like
    const attack = Buffer.from("\x80\x02cos\nsystem\n(X\x0c\x00\x00\x00touch /tmp/xtR.", "latin1");
    const zip = Buffer.concat([...zipParts([["archive/data.pkl", attack]])]);
    assert.throws(
      () => readTorch(scratchFile("attack.pt", zip)),
      /attack\.pt: it asks Python to run os\.system, which is refused/,
    );
  });

  test("a dict without tensors", () => {
    // {"epoch": 3}
    const pickle = Buffer.from("\x80\x02}X\x05\x00\x00\x00epochK\x03s.", "latin1");
    const zip = Buffer.concat([...zipParts([["archive/data.pkl", pickle]])]);
    assert.throws(
      () => readTorch(scratchFile("epoch.pt", zip)),
      /epoch\.pt: holds no tensors; its entries are epoch/,
    );
  });
});
