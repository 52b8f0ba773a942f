import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseArgs } from "../../src/checkpoint/args.js";
import { readTorch } from "../../src/checkpoint/torch.js";
import { type StartModel, startWeights } from "../../src/train/startWeights.js";
import { Victim } from "../support/attack.js";

const folder = mkdtempSync(join(tmpdir(), "hostile-json-"));
const victim = new Victim();
after(async () => {
  await victim.close();
  rmSync(folder, { recursive: true });
});

const args = { embsize: 32, nheads: 4, d_hid: 32, nlayers: 2 };
const genes = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`G${i}`, i]));
const deep = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;

/** A model's folder of which one file is hostile. */
function model(name: string, files: Record<string, unknown>): string {
  const path = join(folder, name);
  mkdirSync(path);
  const all = { "args.json": args, "vocab.json": genes, ...files };
  for (const [file, content] of Object.entries(all))
    writeFileSync(join(path, file), typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const models: [name: string, files: Record<string, unknown>, expected: RegExp][] = [
  ["layers", { "args.json": { ...args, nlayers: 1e6 } }, /"nlayers" is 1000000; expected at most 1000/],
  ["decoder", { "args.json": { ...args, n_layers_cls: 1e7 } }, /"n_layers_cls" is 10000000; expected/],
  ["width", { "args.json": { ...args, embsize: 2e9, nheads: 1 } }, /"embsize" is 2000000000; expected/],
  ["hidden", { "args.json": { ...args, d_hid: 1e9 } }, /"d_hid" is 1000000000; expected/],
  ["bins", { "args.json": { ...args, n_bins: 1e9 } }, /"n_bins" is 1000000000; expected/],
  [
    "text",
    { "args.json": { ...args, pad_value: "x".repeat(1e6) } },
    /"pad_value" is "x{59}; expected a number/,
  ],
  ["nested", { "args.json": deep }, /args\.json should hold one JSON object/],
  ["long", { "args.json": " ".repeat(2 ** 20 + 1) }, /has 1048577 bytes, where at most 1048576 are/],
  ["id", { "vocab.json": { ...genes, X: 5e7 } }, /its ids go up to 50000000, but it has 401 tokens/],
  ["same", { "vocab.json": { A: 0, B: 1, C: 1 } }, /"B" and "C" have the same id 1/],
  ["zeros", { "vocab.json": '{"__proto__":0,"constructor":0}' }, /"__proto__" and "constructor" have the/],
  ["code", { "id2type.json": { 4294967294: "x", 0: "y" } }, /should map the codes 0 … n − 1/],
  ["object", { "id2type.json": { 0: { x: 1 } } }, /should map the codes 0 … n − 1/],
  ["null", { "id2type.json": "null" }, /should map the codes 0 … n − 1/],
];

test("hostile JSON of a model is refused within 3 s and 500 MB", async (t) => {
  assert.match(String((await victim.read("model", model("good", {}), 30)).value), /2 layers, width 32/);
  for (const [name, files, expected] of models)
    await t.test(name, async () => {
      const { error, ended, ms, megabytes } = await victim.read("model", model(name, files));
      assert.equal(ended, undefined);
      assert.equal(error?.name, "CellkernelError");
      assert.match(error!.message, expected);
      assert.ok(error!.message.length < 400 && ms < 3000 && megabytes < 500, `${ms} ms, ${megabytes} MB`);
    });
});

const alias = [
  "a: &a [x, x]",
  ..."bcdefghi".split("").map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[i]}`)}]`),
];
const options: [name: string, content: string][] = [
  ["aliases.yml", alias.join("\n")],
  ["brackets.yml", `a: ${"[".repeat(60_000)}`],
  ["dashes.yml", "- ".repeat(30_000)],
  ["anchors.yml", Array.from({ length: 4000 }, (_, i) => `k${i}: &a${i} 1`).join("\n")],
  ["braces.yml", "{a: ".repeat(16_000)],
  ["long.yml", "a: 1\n".repeat(100_000)],
];

test("hostile options in YAML are refused within 3 s and 500 MB, or none of them is taken", async (t) => {
  writeFileSync(join(folder, "good.yml"), "model_parameters: {epochs: 4}\n");
  const { value } = await victim.read("options", join(folder, "good.yml"), 30);
  assert.deepEqual((value as { training: object }).training, { epochs: 4 });
  for (const [name, content] of options)
    await t.test(name, async () => {
      const path = join(folder, name);
      writeFileSync(path, content);
      const { value, error, ended, ms, megabytes } = await victim.read("options", path);
      assert.equal(ended, undefined);
      if (error) assert.equal(error.name, "CellkernelError", error.message);
      else assert.deepEqual((value as { training: object }).training, {});
      assert.ok(ms < 3000 && megabytes < 500, `${ms} ms, ${megabytes} MB`);
    });
});

test("args.json of a far larger model than the checkpoint's is refused before anything is made for it", () => {
  const path = "test/fixtures/model/continuous/best_model.pt";
  const claim = (changes: object, size: number) => ({
    args: parseArgs({ ...args, ...changes }, "args.json"),
    vocabulary: { size },
    weightsPath: path,
    readWeights: () => readTorch(path),
  });
  const start = (model: StartModel) => startWeights(model, { classes: 3 }, 0);
  assert.throws(() => start(claim({ embsize: 40_000 }, 61)), {
    name: "CellkernelError",
    message: /claim a model of \d+ weights \(embsize 40000, nlayers 2\), but .*best_model\.pt holds \d+/,
  });
  assert.throws(() => start(claim({}, 2 ** 20)), /are they those of the checkpoint/);
  const random = { ...claim({ embsize: 2 ** 16, nlayers: 1000 }, 61), readWeights: () => undefined };
  assert.throws(() => start(random), /whose training takes [\d.]+ GB; this machine has [\d.]+ GB/);
});
