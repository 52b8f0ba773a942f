import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseArgs } from "../../src/checkpoint/args.js";
import { plainKeys } from "../../src/checkpoint/keys.js";
import { readSafetensors } from "../../src/checkpoint/safetensors.js";
import { readTorch } from "../../src/checkpoint/torch.js";
import { attributionGraph } from "../../src/model/attribution.js";
import { Session, tensor } from "../../src/runtime/session.js";
import { slotTensors } from "../../src/train/state.js";

const FOLDER = "test/fixtures/model";
const expected: Record<string, { classes: number[]; resolution: number; attribution: number[] }> = JSON.parse(
  readFileSync(`${FOLDER}/attribution.json`, "utf8"),
);

for (const [name, { classes, resolution, attribution }] of Object.entries(expected))
  for (const attentionLoop of ["scan", "heads"] as const)
    test(`${name}, ${attentionLoop}: gradient × input of every token is that of PyTorch's autograd`, async () => {
      const file = (of: string) => `${FOLDER}/${name}/${of}`;
      const json = (of: string) => JSON.parse(readFileSync(file(of), "utf8"));
      const args = parseArgs(json("args.json"), "args.json");
      const weights = plainKeys(readTorch(file("best_model.pt")));
      const rows = (key: string) => weights.get(key)?.shape[0];
      const domains = [...weights.keys()].filter((key) => /^dsbn.*running_mean$/.test(key)).length;
      const graph = attributionGraph({
        ...{ args, padRow: json("vocab.json")["<pad>"], attentionLoop },
        size: {
          genes: rows("encoder.embedding.weight")!,
          classes: rows("cls_decoder.out_layer.weight")!,
          batches: rows("batch_encoder.embedding.weight") ?? domains,
        },
      });
      const given = readSafetensors(file("batch.safetensors"));
      const { shape } = given.get("genes")!;
      const integers = (of: string) =>
        Int32Array.from(given.get(of)!.data as ArrayLike<number | bigint>, Number);
      const session = await Session.open(graph.onnx, { device: "cpu", threads: 1 });
      const out = await session.run({
        ...slotTensors(graph.slots, weights),
        genes: tensor("int32", integers("genes"), shape),
        values: tensor("float32", Float32Array.from(integers("values")), shape),
        classes: tensor("int32", Int32Array.from(classes), [shape[0]]),
        ...(graph.inputs.includes("batchLabels") && {
          batchLabels: tensor("int32", integers("batch_labels"), [shape[0]]),
        }),
      });
      await session.release();
      const ours = out.attribution.data as Float32Array;
      const largest = Math.max(...attribution.map(Math.abs));
      assert.ok(largest > 0.01, `${largest}`);
      const off = Math.max(...attribution.map((value, i) => Math.abs(value - ours[i])));
      // Where values scale the genes, attention's scores run into the hundreds: single precision leaves more open then.
      assert.ok(off <= Math.max(1e-5, 4 * resolution) * largest, `off by ${off}, of at most ${largest}`);
    });
