import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { table } from "arquero";
import { perform, type Said } from "../../../src/cli/perform.js";
import {
  type AnnData,
  annotate,
  annotateShard,
  buildIndex,
  embed,
  embedShard,
  finetune,
  loadIndex,
  loadRun,
  mapCells,
  mapShard,
  mergeShards,
  openModel,
  planShards,
  preprocess,
  readCells,
  readH5ad,
  simulate,
  writeResults,
  writeZarr,
} from "../../../src/index.js";
import { partStates } from "../../../src/store/partStates.js";
import { readPlan, withId, writePlan } from "../../../src/store/plan.js";
import { contentsOf } from "../../support/contents.js";
import { writeCounts } from "../../support/countsFile.js";
import { python } from "../../support/python.js";
import { tinyArgs } from "../../support/tokens.js";
import "../../support/withoutProjection.js";

const scratch = mkdtempSync(join(tmpdir(), "shards-"));
after(() => rmSync(scratch, { recursive: true }));
const at = (name: string) => join(scratch, name);
const simulated = { genes: 60, types: 4, markers: 8, librarySize: 60 };
const CELLS = 203;

before(async () => {
  mkdirSync(at("model"));
  const args = {
    ...tinyArgs,
    embsize: 16,
    nheads: 4,
    nlayers: 1,
    n_layers_cls: 1,
    input_emb_style: "scaling",
  };
  writeFileSync(at("model/args.json"), JSON.stringify(args));
  cpSync("notebooks/models/small/vocab.json", at("model/vocab.json"));
  await simulate(at("train.h5ad"), { ...simulated, cells: 900, seed: 1 });
  const cells = await readH5ad(at("train.h5ad"));
  const ready = await preprocess(cells, {
    ...{ cellType: "cell_type", nHvg: 0, minGenes: 20 },
    model: await openModel(at("model")),
  });
  cells.close();
  await finetune(ready, { epochs: 2, lr: 1e-3, device: "cpu", threads: 1, saveDir: at("run") });
  mkdirSync(at("pretrained"));
  for (const name of ["args.json", "vocab.json", "best_model.pt"])
    cpSync(at(`run/${name}`), at(`pretrained/${name}`));
  await simulate(at("new.h5ad"), { ...simulated, cells: CELLS, seed: 2 });
  await simulate(at("few.h5ad"), { ...simulated, cells: 9, seed: 3 });
});

/** All that is in obs, obsm and uns, in plain values. */
async function contents(path: string): Promise<Record<string, unknown>> {
  const cells = await readCells(path);
  const found = contentsOf(cells);
  found.uns = unsOf(cells);
  cells.close();
  return found;
}

function unsOf(cells: AnnData): unknown {
  const { date, ...record } = cells.uns.get("cellkernel") as Record<string, unknown>;
  assert.ok(date);
  return JSON.parse(JSON.stringify(record));
}

/** The same by shards. */
async function byShards(
  step: "annotate" | "embed" | "map",
  folder: string,
  cells: string | string[],
  shards: number,
  out: string,
  options: object = {},
  own: object = {},
): Promise<Record<string, unknown>> {
  const name = `${out.replace(/\W/g, "_")}_${shards}`;
  await planShards(folder, cells, { ...options, shards, step, out: at(`${name}.json`) });
  const run = { annotate: annotateShard, embed: embedShard, map: mapShard }[step];
  for (let shard = shards - 1; shard >= 0; shard--)
    await run(at(`${name}.json`), shard, { out: at(name), threads: 1, ...own });
  await mergeShards(at(`${name}.json`), at(name), { out: at(out) });
  return contents(at(out));
}

test("labels by shards are those of the whole to the bit, whatever their number and the batches", async () => {
  const options = { clusterBy: "batch", threads: 1 };
  await annotate(await loadRun(at("run")), at("new.h5ad"), { ...options, out: at("whole.h5ad") });
  const whole = await contents(at("whole.h5ad"));
  assert.ok("obs/cluster_label" in whole && "obs/prediction_set" in whole && "obs/agreement" in whole);
  assert.ok(JSON.stringify(whole.uns).includes("outside the limits"), JSON.stringify(whole.uns));
  for (const [shards, batchSize] of [
    [1, 1],
    [3, 32],
    [8, 1],
  ])
    assert.deepEqual(
      await byShards("annotate", at("run"), at("new.h5ad"), shards, `by-${batchSize}.h5ad`, options, {
        batchSize,
      }),
      whole,
      `${shards} shards, batches of ${batchSize}`,
    );
});

test("a shard of one cell gives it what it gets among others", async () => {
  await annotate(await loadRun(at("run")), at("few.h5ad"), { threads: 1, out: at("few-whole.h5ad") });
  const options = { threads: 1 };
  assert.deepEqual(
    await byShards("annotate", at("run"), at("few.h5ad"), 9, "few-alone.h5ad", options),
    await contents(at("few-whole.h5ad")),
  );
});

test("of a matrix that lies by columns it is said what that costs, and the shards are the same", async () => {
  python("test/protocol/support/columnwise.py", at("few.h5ad"), at("csc.h5ad"));
  const { notes } = await planShards(at("run"), at("csc.h5ad"), { shards: 2, out: at("csc.json") });
  assert.match(notes.at(-1)!, /stored by columns \(CSC\): each shard reads all of it/);
  const options = { threads: 1 };
  await annotate(await loadRun(at("run")), at("csc.h5ad"), { ...options, out: at("csc-whole.h5ad") });
  assert.deepEqual(
    await byShards("annotate", at("run"), at("csc.h5ad"), 2, "csc-by-shards.h5ad", options),
    await contents(at("csc-whole.h5ad")),
  );
});

test("a pretrained model's embeddings by shards, of several files into a Zarr store, are those of the whole", async () => {
  await simulate(at("second.h5ad"), { ...simulated, cells: 51, seed: 4 });
  const files = [at("new.h5ad"), at("second.h5ad")];
  const options = { threads: 1, sampleColumn: "donor" };
  await embed(at("pretrained"), files, { ...options, out: at("embedded.zarr") });
  assert.deepEqual(
    await byShards("embed", at("pretrained"), files, 3, "embedded-by-shards.zarr", options),
    await contents(at("embedded.zarr")),
  );
});

test("parts are streamed into a copy of a Zarr store, whatever it was written by", async () => {
  const cells = await readH5ad(at("new.h5ad"));
  await writeZarr(cells, at("new.zarr"));
  cells.close();
  const options = { threads: 1 };
  await annotate(await loadRun(at("run")), at("new.zarr"), { ...options, out: at("whole.zarr") });
  const whole = await contents(at("whole.zarr"));
  for (const name of ["cell_type", "agreement", "prediction_set", "is_unlike"])
    assert.ok(`obs/${name}` in whole, `${Object.keys(whole)}`);
  const name = at("streamed.zarr");
  const streamed = await byShards("annotate", at("run"), at("new.zarr"), 3, "streamed.zarr", options);
  assert.deepEqual(streamed, whole);
  assert.deepEqual(Object.keys(streamed), Object.keys(whole));
  const { compressor } = JSON.parse(readFileSync(join(name, "obsm/X_scGPT/.zarray"), "utf8"));
  assert.equal(compressor, null);
  // anndata reads both alike, by the consolidated metadata.
  assert.deepEqual(JSON.parse(python("test/protocol/support/same.py", at("whole.zarr"), name)), []);
});

test("cells mapped by shards are those that are mapped at once", async () => {
  const index = await buildIndex(at("run"), at("train.h5ad"), { labelColumn: "cell_type", threads: 1 });
  await index.save(at("index"));
  const options = { k: 7, vote: "distance", threads: 1 } as const;
  await mapCells(await loadIndex(at("index")), at("new.h5ad"), { ...options, out: at("mapped.h5ad") });
  assert.deepEqual(
    await byShards("map", at("index"), at("new.h5ad"), 3, "mapped-by-shards.h5ad", options),
    await contents(at("mapped.h5ad")),
  );
});

/** Counts of which the last cells are normalised and logged: by themselves they look so. */
async function mixedFile(path: string, rows?: [number, number]): Promise<void> {
  const cells = await readH5ad(at("new.h5ad"));
  const counts = [...denseRows(cells)];
  cells.close();
  const mixed = counts.map((row, cell) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return cell < 160 ? row : row.map((count) => Math.log1p((count / total) * 1e4));
  });
  await writeCounts(path, cells.varNames, rows ? mixed.slice(...rows) : mixed);
}

function* denseRows({ X }: AnnData): Iterable<number[]> {
  for (const { rows, columns, indptr, indices, data } of X!.blocks())
    for (let row = 0; row < rows; row++) {
      const values = new Array<number>(columns).fill(0);
      for (let k = indptr[row]; k < indptr[row + 1]; k++) values[indices[k]] = data[k];
      yield values;
    }
}

test("a shard that looks logged by itself is read as the whole is", async () => {
  await mixedFile(at("mixed.h5ad"));
  await mixedFile(at("last.h5ad"), [162, 203]);
  const run = await loadRun(at("run"));
  const skipped = "Normalisation and log1p were skipped: the values look logged already.";
  const alone = await annotate(run, at("last.h5ad"), { threads: 1, out: at("last-labelled.h5ad") });
  const whole = await annotate(run, at("mixed.h5ad"), { threads: 1, out: at("mixed-labelled.h5ad") });
  assert.deepEqual(
    [alone.notes.includes(skipped), whole.notes.includes(skipped)],
    [true, false],
    `${alone.notes} | ${whole.notes}`,
  );
  assert.deepEqual(
    await byShards("annotate", at("run"), at("mixed.h5ad"), 5, "mixed-by-shards.h5ad", { threads: 1 }),
    await contents(at("mixed-labelled.h5ad")),
  );
});

/** A plan of three shards, of a copy of the cells and of the run, and the parts of the first two. */
async function begun(name: string): Promise<{ plan: string; parts: string; cells: string; run: string }> {
  const [plan, parts, cells, run] = [".json", "", ".h5ad", "-run"].map((end) => at(name + end));
  cpSync(at("few.h5ad"), cells);
  cpSync(at("run"), run, { recursive: true });
  await planShards(run, cells, { shards: 3, out: plan, threads: 1 });
  for (const shard of [0, 1]) await annotateShard(plan, shard, { out: parts });
  return { plan, parts, cells, run };
}

const PART = (shard: number) => `part.0000${shard}.annotate.safetensors`;

test("a part that is there, whole, is kept with its times; one that is damaged is made again", async () => {
  const { plan, parts } = await begun("kept");
  const path = join(parts, PART(1));
  utimesSync(path, 1000, 1000);
  const bytes = readFileSync(path);
  assert.deepEqual(await annotateShard(plan, 1, { out: parts }), { path, cells: 3, skipped: true });
  assert.equal(statSync(path).mtimeMs, 1_000_000);
  truncateSync(path, bytes.length - 3);
  assert.equal((await annotateShard(plan, 1, { out: parts })).skipped, false);
  assert.equal(readFileSync(path).length, bytes.length);
  // Two at once: both finish, one whole part stands.
  const both = await Promise.all([2, 2].map((shard) => annotateShard(plan, shard, { out: parts })));
  assert.deepEqual(both[0], { path: join(parts, PART(2)), cells: 3, skipped: false });
  assert.deepEqual(readdirSync(parts).sort(), [0, 1, 2].map(PART));
  await mergeShards(plan, parts, { out: at("kept-merged.h5ad") });
  // Another process that is at it is named, and what it does is left to it.
  const sign = join(parts, "part.00002.annotate.running.json");
  const other = { pid: process.ppid, host: hostname(), begun: 0, told: Date.now(), done: 1, of: 3 };
  writeFileSync(sign, JSON.stringify(other));
  rmSync(join(parts, PART(2)));
  await assert.rejects(
    annotateShard(plan, 2, { out: parts }),
    new RegExp(`Shard 2 is being done by process ${process.ppid}`),
  );
  assert.deepEqual(JSON.parse(readFileSync(sign, "utf8")), other);
});

test("parts that are missing, damaged, doubled or another plan's are named, and nothing is written or lost", async () => {
  const { plan, parts, cells, run } = await begun("wrong");
  const out = at("wrong-merged.h5ad");
  writeFileSync(out, "before");
  const merged = () => mergeShards(plan, parts, { out });
  await assert.rejects(
    merged,
    /does not hold all 3 parts of the plan: .*part\.00002\.annotate\.safetensors is missing$/,
  );
  await annotateShard(plan, 2, { out: parts });
  const last = join(parts, PART(2));
  cpSync(last, join(parts, "part.again.safetensors"));
  await assert.rejects(
    merged,
    /part\.00002\.annotate\.safetensors and part\.again\.safetensors are both part 2: remove one/,
  );
  rmSync(join(parts, "part.again.safetensors"));
  const bytes = readFileSync(last);
  bytes[bytes.length - 400] ^= 4;
  writeFileSync(last, bytes);
  await assert.rejects(
    merged,
    /part\.00002\.annotate\.safetensors is damaged: it is not as it was written: remove it and run that shard again/,
  );
  await planShards(run, cells, { shards: 2, out: at("other.json") });
  const foreign = /part\.00000\.annotate\.safetensors is a part of another plan/;
  await assert.rejects(annotateShard(at("other.json"), 0, { out: parts }), foreign);
  await assert.rejects(mergeShards(at("other.json"), parts, { out }), foreign);
  await assert.rejects(
    embedShard(plan, 0, { out: parts }),
    /wrong\.json is a plan for annotate, not for embed/,
  );
  await assert.rejects(
    annotateShard(plan, 3, { out: parts }),
    /there is no shard 3: the plan has shards 0 to 2 \(--shard\)/,
  );
  assert.equal(readFileSync(out, "utf8"), "before");
  assert.deepEqual(
    readdirSync(parts)
      .filter((name) => name.endsWith("tensors"))
      .sort(),
    [0, 1, 2].map(PART),
  );
});

test("other cells, another run or another version than the plan's are refused, and the parts stay", async () => {
  const { plan, parts, cells, run } = await begun("other");
  const attempts = (message: RegExp) =>
    Promise.all([
      assert.rejects(annotateShard(plan, 2, { out: parts }), message),
      assert.rejects(mergeShards(plan, parts, { out: at("never.h5ad") }), message),
    ]);
  const older = withId({ ...readPlan(plan), version: "0.0.1" });
  writePlan(at("older.json"), older);
  await assert.rejects(
    annotateShard(at("older.json"), 0, { out: at("older") }),
    /the plan was made by Cellkernel 0\.0\.1, and this is \d+\.\d+\.\d+: use that one for all shards, or make the plan again/,
  );
  await simulate(cells, { ...simulated, cells: 9, seed: 31 });
  await attempts(
    /other\.h5ad is another file than when the plan was made .*: make the plan again \(cellkernel plan\)/,
  );
  cpSync(at("few.h5ad"), cells);
  await annotateShard(plan, 2, { out: parts });
  rmSync(join(parts, PART(2)));
  const changed = await loadRun(run);
  changed.weights.get("cls_decoder.out_layer.bias")!.data[0] += 1;
  await changed.save(run);
  await assert.rejects(
    annotateShard(plan, 2, { out: parts }),
    /other-run holds other weights than when the plan was made: make the plan again/,
  );
  assert.deepEqual(
    readdirSync(parts)
      .filter((name) => name.endsWith("tensors"))
      .sort(),
    [0, 1].map(PART),
  );
});

test("on a full disk a shard says so, and what was there stays", {
  skip: process.getuid?.() !== 0 || process.platform !== "linux" ? "needs root to mount a small disk" : false,
}, async (context) => {
  const disk = mkdtempSync(join(tmpdir(), "small-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", disk]);
  context.after(() => {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });
  await planShards(at("run"), at("new.h5ad"), { shards: 6, out: at("full.json"), threads: 1 });
  await annotateShard(at("full.json"), 0, { out: disk });
  writeFileSync(join(disk, "others"), Buffer.alloc(50_000));
  await assert.rejects(
    annotateShard(at("full.json"), 1, { out: disk }),
    /part\.00001\.annotate\.safetensors could not be written: there is no space left on the disk\. No file was left behind\./,
  );
  assert.deepEqual(
    partStates(disk, readPlan(at("full.json")), "annotate")
      .map(({ state }) => state)
      .slice(0, 2),
    ["done", "missing"],
  );
  rmSync(join(disk, "others"));
  assert.equal((await annotateShard(at("full.json"), 1, { out: disk })).skipped, false);
});

test("what can't be planned or merged is said at once", async () => {
  const plan = (options: object) =>
    planShards(at("run"), at("few.h5ad"), { shards: 2, out: at("no.json"), ...options });
  await assert.rejects(
    plan({ shards: 10 }),
    /the option shards is 10; expected a whole number from 1 to 9, for 9 cells/,
  );
  await assert.rejects(plan({ k: 5 }), /the option k is none of annotate's \(--k\); leave it out/);
  await assert.rejects(plan({ clusterBy: "nowhere" }), /no obs column "nowhere"/);
  await assert.rejects(plan({ batchSize: 0 }), /the option batchSize is 0/);
  await assert.rejects(
    plan({ out: at("few.h5ad") }),
    /few\.h5ad is the input itself, which is never written to/,
  );
  assert.deepEqual(
    (await plan({})).notes.filter((note) => note.includes("CSC")),
    [],
  );
  const kinds = { int: Int32Array.from({ length: 9 }, (_, i) => i % 3), text: Array(9).fill("a") };
  for (const [kind, nb] of Object.entries(kinds))
    await writeResults(at("few.h5ad"), at(`${kind}.h5ad`), { obs: table({ nb }) }, { byRow: true });
  await assert.rejects(
    planShards(at("run"), [at("int.h5ad"), at("text.h5ad")], {
      shards: 2,
      out: at("no.json"),
      sampleColumn: "sample",
    }),
    /obs column "nb" of the joined files mixes .* values; make them all of one kind/,
  );
  const many = withId({ ...readPlan(at("no.json")), shards: [[0, 1_000_001]] });
  writePlan(at("many.json"), many);
  await assert.rejects(
    mergeShards(at("many.json"), at("kept"), { out: at("many.h5ad") }),
    /many\.h5ad would hold 1000001 cells, and an \.h5ad is written up to 1000000: name a \.zarr \(--out\)/,
  );
});

/** A command, without a process or a thread of its own. */
async function command(name: string, ...args: string[]) {
  const ended = { status: 0, stdout: "", stderr: "" };
  const say = ({ out = "", err = "" }: Said) => {
    ended.stdout += out;
    ended.stderr += err;
  };
  ended.status = await perform({ name, args }, say, new AbortController().signal);
  return ended;
}

test("the commands plan, label and merge, and say what is missing", async () => {
  const [plan, parts, out] = [at("cli.json"), at("cli"), at("cli.h5ad")];
  const planned = await command("plan", at("run"), at("few.h5ad"), "--shards", "2", "--out", plan);
  assert.match(
    planned.stdout,
    /9 cells in 2 shards: cellkernel annotate --plan .*cli\.json --shard I --out DIR, I from 0 to 1/,
  );
  for (const shard of ["0", "1"]) {
    const done = await command(
      "annotate",
      "--plan",
      plan,
      "--shard",
      shard,
      "--out",
      parts,
      "--threads",
      "1",
    );
    assert.match(done.stdout, /^[45] cells labelled\. Written to .*part\.0000[01]\.annotate/, done.stderr);
  }
  const again = await command("annotate", "--plan", plan, "--shard", "1", "--out", parts, "--json");
  assert.equal(JSON.parse(again.stdout).skipped, true);
  for (const own of [plan, join(parts, "part.00001.annotate.safetensors")]) {
    const { stderr } = await command("merge", plan, parts, "--out", own);
    assert.match(stderr, /is the input itself, which is never written to/);
  }
  const merged = await command("merge", plan, parts, "--out", out, "--json");
  assert.equal(JSON.parse(merged.stdout).cells, 9);
  const stray = ["annotate", "--plan", plan, "--shard", "1", "--out", parts];
  for (const [args, message] of [
    [[...stray, "--matrix", "X"], /--matrix stands in the plan: leave it out here/],
    [[...stray, at("run")], /run stands in the plan: leave it out here/],
    [["annotate", "--plan", plan, "--out", parts], /--shard is missing: the number of the shard, from 0/],
    [["annotate", "--plan", plan, "--shard", "-1", "--out", parts], /--shard/],
    [["plan", at("run"), at("few.h5ad"), "--out", plan], /--shards is missing/],
    [["annotate", at("run")], /expected RUN FILE…, got /],
  ] as const) {
    const [name, ...rest] = args;
    const { status, stderr } = await command(name, ...rest);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});
