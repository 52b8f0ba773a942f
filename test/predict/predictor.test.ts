import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseArgs } from "../../src/checkpoint/args.js";
import { readSafetensors } from "../../src/checkpoint/safetensors.js";
import { readTorch } from "../../src/checkpoint/torch.js";
import { Predictor } from "../../src/predict/predictor.js";
import type { Batch } from "../../src/tokenize/batches.js";

const folder = "test/fixtures/model/continuous";
const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const args = parseArgs(json("args.json"), "args.json");
const padRow: number = json("vocab.json")["<pad>"];
const weights = readTorch(join(folder, "best_model.pt"));
const given = readSafetensors(join(folder, "batch.safetensors"));
const reference = readSafetensors(join(folder, "expected.safetensors"));
const genes = Int32Array.from(given.get("genes")!.data as ArrayLike<number | bigint>, Number);
const values = given.get("values")!.data as Float32Array;
const [cells, length] = given.get("genes")!.shape;
const spec = { args, genes: weights.get("encoder.embedding.weight")!.shape[0], classes: 5, padRow };

/** One cell of the reference's batch, without its padding. */
function cellAlone(cell: number): Batch {
  const whole = genes.subarray(cell * length, (cell + 1) * length);
  const own = whole.filter((gene) => gene !== padRow);
  assert.deepEqual(whole.subarray(0, own.length), own);
  const start = cell * length;
  return {
    cells: Int32Array.of(cell),
    length: own.length,
    genes: own,
    values: values.slice(start, start + own.length),
  };
}

/** Largest difference from PyTorch's outputs over all cells, beside the largest output. */
async function distances(int8: boolean): Promise<{ logits: number; embedding: number }> {
  const predictor = await Predictor.create(spec, weights, { device: "cpu", int8 });
  const worst = { logits: 0, embedding: 0 };
  for (let cell = 0; cell < cells; cell++) {
    const outputs = await predictor.predict(cellAlone(cell));
    for (const [ours, name] of [
      ["logits", "eval.cls_output"],
      ["embedding", "eval.cell_emb"],
    ] as const) {
      const theirs = reference.get(name)!.data as Float32Array;
      const size = Math.max(...theirs.map(Math.abs));
      const width = theirs.length / cells;
      assert.equal(outputs[ours].length, width);
      outputs[ours].forEach((x, i) => {
        worst[ours] = Math.max(worst[ours], Math.abs(x - theirs[cell * width + i]) / size);
      });
    }
  }
  await predictor.release();
  return worst;
}

test("cells without padding get PyTorch's outputs of the padded batch", async () => {
  const { logits, embedding } = await distances(false);
  assert.ok(logits < 2e-5 && embedding < 2e-5, `logits ${logits}, embedding ${embedding}`);
});

test("8-bit integers stay near PyTorch's float32 outputs, and are not the same", async () => {
  const { logits, embedding } = await distances(true);
  assert.ok(logits < 0.05 && embedding < 0.05, `logits ${logits}, embedding ${embedding}`);
  assert.ok(embedding > 1e-5, `embedding ${embedding}: was it float32?`);
});

test("padding is refused on the CPU, as are an empty batch and a missing weight", async () => {
  const predictor = await Predictor.create(spec, weights, { device: "cpu" });
  const batch = { cells: Int32Array.from({ length: cells }, (_, i) => i), length, genes, values };
  await assert.rejects(predictor.predict(batch), /unlike lengths/);
  const empty = {
    cells: new Int32Array(0),
    length: 0,
    genes: new Int32Array(0),
    values: new Float32Array(0),
  };
  await assert.rejects(predictor.predict(empty), /empty batch/);
  await predictor.release();
  const key = "transformer_encoder.layers.1.linear2.weight";
  const incomplete = new Map([...weights].filter(([name]) => name !== key));
  for (const int8 of [false, true])
    await assert.rejects(Predictor.create(spec, incomplete, { device: "cpu", int8 }), /linear2\.weight/);
});
