import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { perform } from "../../src/cli/perform.js";
import { annotateShard, finetune, planShards, preprocess, resume, writeH5ad } from "../../src/index.js";
import { planSeries } from "../../src/protocol/crossValidate.js";
import { planPreprocess } from "../../src/protocol/rounds/planPreprocess.js";
import { preprocessShard } from "../../src/protocol/rounds/preprocessShard.js";
import { status } from "../../src/protocol/status.js";
import { signName, writePart } from "../../src/store/part.js";
import { withId, writePlan } from "../../src/store/plan.js";
import { signOfTraining } from "../../src/store/trainingFolder.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { memoryCells } from "./cells.js";
import "../support/withoutProjection.js";

async function printed(...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const say = ({ out, err }: { out?: string; err?: string }) => {
    lines.push(...[out, err].filter((line) => line !== undefined));
  };
  const code = await perform({ name: "status", args }, say, new AbortController().signal);
  return { code, text: lines.join("\n") };
}

test("of a plan: shards done, running, failed, lost and waiting; the speed of those that run; the time that is left", async (context) => {
  const folder = temporaryFolder(context);
  const shards = [0, 1000, 2000, 3000, 4000, 5000, 5500].map((start): [number, number] => [
    start,
    start === 5500 ? 5600 : start === 5000 ? 5500 : start + 1000,
  ]);
  const plan = withId({ step: "annotate", version: "1.2.3", files: [], decided: {}, shards });
  writePlan(join(folder, "plan.json"), plan);
  writePart(folder, plan, 0, { kind: "annotate", meta: {}, arrays: { codes: Int8Array.of(1) } });
  writeFileSync(join(folder, "part.00006.annotate.safetensors"), "no part");
  const now = Date.now();
  const sign = (shard: number, fields: object) =>
    writeFileSync(
      join(folder, signName(shard, "annotate")),
      JSON.stringify({ pid: process.pid, host: "n1", begun: now - 60_000, told: now, of: 1000, ...fields }),
    );
  // 400 cells in 40 s after the first 100, and 100 in 20 s after a pause of which nothing is counted.
  sign(1, { done: 500, first: { done: 100, at: now - 40_000 } });
  sign(2, { done: 100, first: { done: 0, at: now - 20_000 } });
  sign(3, { done: 10, error: "the disk is full" });
  sign(4, { done: 10, host: "n2", pid: 77, told: now - 300_000 });
  const found = status(folder);
  assert.deepEqual(
    found.pieces.map(({ name, state }) => [name, state]),
    [
      ["shard 0", "done"],
      ["shard 1", "running"],
      ["shard 2", "running"],
      ["shard 3", "failed"],
      ["shard 4", "lost"],
      ["shard 5", "waiting"],
      ["shard 6", "wrong"],
    ],
  );
  assert.deepEqual([found.unit, found.done, found.of], ["cells", 1000 + 500 + 100 + 10 + 10, 5600]);
  assert.ok(Math.abs(found.perSecond! - (10 + 5)) < 1e-9);
  assert.ok(Math.abs(found.secondsLeft! - (5600 - 1620) / 15) < 1e-9);

  const { text } = await printed(folder);
  assert.match(text, /^1 of 7 shards done, 2 running, 1 failed, 1 lost, 1 wrong, 1 waiting\n/);
  assert.match(text, /\n1,620 of 5,600 cells · 15 cells a second · about 4 min 25 s left\n/);
  assert.match(text, /\n- shard 3: failed: the disk is full\n/);
  assert.match(text, /\n- shard 4: lost: nothing is heard of process 77 on n2 for 5 min 0 s\n/);
  assert.match(text, /\n- shard 6: wrong: .*part\.00006\.annotate\.safetensors/);
  const json = JSON.parse((await printed(folder, "--json")).text);
  assert.deepEqual(json.states, { done: 1, running: 2, failed: 1, lost: 1, wrong: 1, waiting: 1 });
});

test("a shard says how far it is while it is done, and leaves its part alone", async (context) => {
  const folder = temporaryFolder(context);
  const at = (name: string) => join(folder, name);
  const rows = Array.from({ length: 60 }, (_, cell) =>
    Array.from({ length: 40 }, (_, gene) => (1 + (gene % 3 === cell % 3 ? 9 : 1) * (cell + gene)) % 7),
  );
  const type = rows.map((_, cell) => ["a", "b", "c"][cell % 3]);
  const cells = memoryCells(denseMatrix(rows), { obs: { type } });
  await writeH5ad(cells, at("cells.h5ad"));
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  const ready = await preprocess(cells, { cellType: "type", nHvg: 0, model });
  const run = await finetune(ready, { epochs: 1, freeze: "head", device: "cpu", threads: 1 });
  await run.save(at("run"));
  await planShards(at("run"), at("cells.h5ad"), { shards: 2, out: at("plan.json") });
  const seen: string[] = [];
  await annotateShard(at("plan.json"), 1, {
    ...{ out: folder, batchSize: 10, threads: 1 },
    onProgress: () => {
      const { pieces, of } = status(folder);
      seen.push(`${pieces.map(({ state }) => state).join()} ${of}`);
    },
  });
  assert.equal(seen[0], "waiting,running 60");
  renameSync(at("plan.json"), at("other.json"));
  const { states, done } = status(folder, at("other.json"));
  assert.deepEqual([states.done, states.waiting, done], [1, 1, 30]);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("part")),
    ["part.00001.annotate.safetensors"],
  );
});

test("of a preparation: the shards of each round", async (context) => {
  const folder = temporaryFolder(context);
  const plan = join(folder, "plan.json");
  const cells = "test/fixtures/preprocess/counts559.h5ad";
  const vocabulary = "test/fixtures/preprocess/census_vocab.json";
  await planPreprocess(cells, { vocabulary, nHvg: 50, shards: 2, out: plan });
  const seen = new Set<string>();
  const onProgress = () =>
    seen.add(
      status(folder)
        .pieces.map(({ state }) => state)
        .join(),
    );
  await preprocessShard(plan, 1, 1, { out: folder, onProgress });
  assert.deepEqual([...seen], ["waiting,running,waiting,waiting"]);
  const { pieces, of, done } = status(folder);
  assert.deepEqual(
    pieces.map(({ name, state }) => `${name}: ${state}`),
    [
      "round 1, shard 0: waiting",
      "round 1, shard 1: done",
      "round 2, shard 0: waiting",
      "round 2, shard 1: waiting",
    ],
  );
  assert.deepEqual([of, done], [2 * 559, 280]);
});

test("of a sweep: trainings by themselves, in any order, then one table and one picture", async (context) => {
  const folder = temporaryFolder(context);
  const ready = preparedCells(await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }));
  const each = { epochs: 1, batchSize: 32, threads: 1, device: "cpu", folds: 2 } as const;
  const at = (...names: string[]) => join(folder, ...names);
  for (const [name, lr] of Object.entries({ slow: 1e-5, fast: 1e-2 }))
    await planSeries(ready, { ...each, lr, saveDir: at(name) });
  assert.deepEqual(status(folder).states, { done: 0, running: 0, failed: 0, lost: 0, wrong: 0, waiting: 4 });
  const early = await printed(folder, "--table", at("early.csv"));
  assert.deepEqual([early.code, early.text.includes("there are none")], [2, true], early.text);

  let during: ReturnType<typeof status> | undefined;
  for (const part of ["fold-2", "fold-1"])
    await resume(at("fast", part), {
      onProgress: () => {
        during ??= status(folder);
      },
    });
  const running = during!.pieces.find(({ state }) => state === "running")!;
  assert.equal(running.name, "fast: fold 2");
  // 148 cells have labels; a fold of two learns from about 66 of them.
  assert.deepEqual([running.of, during!.unit, running.host], [3, "steps", hostname()]);
  assert.equal(during!.of, null, "how many steps the other setting's have nobody has said");
  const whole = await resume(at("fast"));
  await resume(at("slow", "fold-2"));
  const failed = { pid: 1, host: "n1", begun: 0, told: Date.now(), done: 1, of: 3, error: "no memory" };
  writeFileSync(signOfTraining(at("slow", "fold-1")), JSON.stringify(failed));
  assert.match(
    (await printed(folder)).text,
    /^3 of 4 trainings done, 1 failed\n(.*\n)*- slow: fold 1: failed: no memory/,
  );
  await resume(at("slow"));

  const { code, text } = await printed(folder, "--table", at("sweep.csv"), "--picture", at("sweep.svg"));
  assert.equal(code, 0, text);
  assert.match(text, /^4 of 4 trainings done\n/);
  const lines = readFileSync(at("sweep.csv"), "utf8").trimEnd().split("\n");
  assert.equal(lines[0], "setting,training,fold,seed,cells,accuracy,weighted_f1,macro_f1,kappa,best_epoch");
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(",").slice(0, 4).join()),
    ["fast,fold 1,1,0", "fast,fold 2,2,0", "slow,fold 1,1,0", "slow,fold 2,2,0"],
  );
  const { figures } = whole.parts.series!.parts[1];
  assert.deepEqual(lines[2].split(",").slice(4, 7).map(Number), [
    figures.cells,
    figures.accuracy,
    figures.weightedF1,
  ]);
  const picture = readFileSync(at("sweep.svg"), "utf8");
  for (const words of ["fast", "slow", "weighted F1", "macro F1"])
    assert.ok(picture.includes(`>${words}<`), words);
  const png = await printed(folder, "--picture", at("sweep.png"));
  assert.equal(png.code, 0);
  assert.equal(readFileSync(at("sweep.png")).subarray(1, 4).toString(), "PNG");
  assert.match((await printed(folder, "--picture", at("sweep.pdf"))).text, /ends in neither \.svg nor \.png/);
  // By itself, a series is the table that its trainings print.
  assert.match((await printed(at("fast"))).text, /2 trainings, on test cells\n(.*\n)*together/);
});

test("a folder without shards and trainings is refused, with what would make them", async (context) => {
  const folder = temporaryFolder(context);
  assert.throws(
    () => status(folder),
    /there is no plan .*plan\.json .*cellkernel plan .*cellkernel finetune .* --folds/,
  );
  assert.throws(() => status(join(folder, "nowhere")), /there is no folder .*nowhere/);
});
