import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelArgs } from "../../src/model/args.js";
import { inferenceGraph } from "../../src/model/inference.js";
import { slotView } from "../../src/model/slots.js";
import { type CellOutputs, predictCells } from "../../src/predict/cells.js";
import { Predictor } from "../../src/predict/predictor.js";
import { PredictionSession } from "../../src/predict/session.js";
import { Session, tensor } from "../../src/runtime/session.js";
import { assembleBatch } from "../../src/tokenize/batches.js";
import type { TokenStore } from "../../src/tokenize/tokens.js";
import { smallSpec, smallWeights } from "../support/smallModel.js";
import { simulatedTokens } from "../support/tokens.js";

/** Cells of 0 to 38 genes, the last two without any. */
function cells(count: number): TokenStore {
  const { tokens } = simulatedTokens(count - 2, 38, 3);
  const indptr = new Float64Array(count + 1).fill(tokens.indptr[count - 2]);
  indptr.set(tokens.indptr);
  return { ...tokens, cells: count, indptr };
}

/** What the rows come to, by row of the store. */
async function predict(
  args: Partial<ModelArgs>,
  tokens: TokenStore,
  rows: ArrayLike<number>,
  batchSize: number,
  threads: number,
): Promise<CellOutputs> {
  const spec = smallSpec(args);
  const predictor = await Predictor.create(spec, smallWeights(spec), { device: "cpu", threads });
  // Some cells are longer than 30 tokens: their genes are drawn.
  const options = { batchSize, maxSeqLen: 30, padValue: -2, seed: 3 };
  const outputs = (await predictCells(predictor, tokens, rows, options))!;
  await predictor.release();
  const sorted = Array.from(rows, (row, place) => ({ row, place })).sort((a, b) => a.row - b.row);
  const inOrder = (values: Float32Array) => {
    const width = values.length / rows.length;
    return Float32Array.from(
      sorted.flatMap(({ place }) => [...values.subarray(place * width, (place + 1) * width)]),
    );
  };
  return { logits: inOrder(outputs.logits), embeddings: inOrder(outputs.embeddings) };
}

/** How many cells have other bits. */
function differing(a: Float32Array, b: Float32Array, cells: number): number {
  assert.equal(a.length, b.length);
  const width = a.length / cells;
  const same = (cell: number) => {
    for (let i = cell * width; i < (cell + 1) * width; i++) if (!Object.is(a[i], b[i])) return false;
    return true;
  };
  return Array.from({ length: cells }, (_, cell) => cell).filter((cell) => !same(cell)).length;
}

/** The same store with its cells in another order, or fewer of them. */
function take(tokens: TokenStore, rows: number[]): TokenStore {
  const indptr = new Float64Array(rows.length + 1);
  const gene: number[] = [];
  const bin: number[] = [];
  rows.forEach((row, i) => {
    gene.push(...tokens.gene.subarray(tokens.indptr[row], tokens.indptr[row + 1]));
    bin.push(...tokens.bin.subarray(tokens.indptr[row], tokens.indptr[row + 1]));
    indptr[i + 1] = gene.length;
  });
  return { ...tokens, cells: rows.length, indptr, gene: Uint16Array.from(gene), bin: Uint8Array.from(bin) };
}

const cases: [string, Partial<ModelArgs>][] = [
  ["continuous", {}],
  ["scaling, one layer", { input_emb_style: "scaling", nlayers: 1 }],
  ["one head", { nheads: 1 }],
  ["pre-norm", { pre_norm: true }],
  ["average", { cell_emb_style: "avg-pool" }],
  ["weighted", { cell_emb_style: "w-pool" }],
  ["odd widths", { embsize: 30, nheads: 3, d_hid: 21 }],
  ["wide", { embsize: 256, nheads: 8, d_hid: 256, nlayers: 2 }],
];

for (const [name, args] of cases)
  test(`a cell's numbers are the same to the bit in batches of 1, 7 and 32, alone and in any order (${name})`, async () => {
    const tokens = cells(60);
    const all = Array.from({ length: 60 }, (_, row) => row);
    const reference = await predict(args, tokens, all, 32, 1);
    const same = (outputs: CellOutputs, rows: number[], what: string) => {
      const own = (values: Float32Array) => {
        const width = values.length / 60;
        return Float32Array.from(rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
      };
      const { logits, embeddings } = reference;
      assert.deepEqual(
        [
          differing(outputs.logits, own(logits), rows.length),
          differing(outputs.embeddings, own(embeddings), rows.length),
        ],
        [0, 0],
        `${what}: cells whose logits, whose embeddings have other bits`,
      );
    };
    for (const [batchSize, threads] of [
      [1, 1],
      [7, 1],
      [7, 2],
      [32, 2],
    ])
      same(
        await predict(args, tokens, all, batchSize, threads),
        all,
        `batches of ${batchSize}, ${threads} threads`,
      );
    const shuffled = all.map((row) => (row * 17) % 60);
    same(await predict(args, take(tokens, shuffled), all, 32, 1), shuffled, "another order");
    const some = all.filter((row) => row % 9 === 4);
    same(await predict(args, take(tokens, some), [...some.keys()], 32, 1), some, "some of them");
    for (const row of [0, 13, 58])
      same(await predict(args, take(tokens, [row]), [0], 32, 1), [row], "one alone");
  });

for (const style of ["avg-pool", "w-pool"] as const)
  test(`padding has no part in a predicted cell's ${style}`, async () => {
    const spec = smallSpec({ cell_emb_style: style });
    const weights = smallWeights(spec);
    const graph = inferenceGraph({
      ...{ args: spec.args, size: spec, padRow: 0, wanted: { classes: true }, maskPool: true },
      attentionLoop: "heads",
    });
    const session = await Session.open(graph.onnx, { device: "cpu", threads: 1 });
    const fed = graph.slots.map((s) => [
      s.input,
      tensor("float32", slotView(s, weights.get(s.key)!.data), s.shape),
    ]);
    const tokens = cells(12);
    const embed = async (rows: number[]) => {
      const { genes, values, length } = assembleBatch(tokens, rows, { maxSeqLen: 50, padValue: -2, seed: 0 });
      const dims = [rows.length, length];
      const out = await session.run({
        ...Object.fromEntries(fed),
        genes: tensor("int32", genes, dims),
        values: tensor("float32", values, dims),
      });
      return out.cell_emb.data as Float32Array;
    };
    const rows = Array.from({ length: 10 }, (_, row) => row);
    const padded = await embed(rows);
    for (const row of rows) {
      const alone = await embed([row]);
      alone.forEach((x, i) => {
        assert.ok(Math.abs(x - padded[row * alone.length + i]) < 2e-6, `cell ${row}`);
      });
    }
    await session.release();
  });

test("<cls> has the value that is asked for, as the published embedding gives it that of padding", async () => {
  const spec = smallSpec();
  const [tokens, weights] = [simulatedTokens(1, 38, 1).tokens, smallWeights(spec)];
  const { args, classes } = spec;
  const plan = {
    args,
    classes,
    weights,
    batchSize: 1,
    maxSeqLen: 40,
    seed: 0,
    device: "cpu",
    threads: 1,
  } as const;
  const predictor = await Predictor.create(spec, weights, { device: "cpu", threads: 1 });
  const batch = assembleBatch(tokens, [0], { maxSeqLen: 40, padValue: -2, seed: 0 });
  for (const value of [0, -2]) {
    batch.values[0] = value;
    const { embedding } = await predictor.predict(batch);
    const session = new PredictionSession({ ...plan, clsValue: value });
    const { embeddings } = await session.predict({ tokens, cells: Int32Array.of(0) });
    session.close();
    assert.deepEqual(embeddings, embedding);
  }
  await predictor.release();
});
