import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Categorical } from "../../../src/anndata/columns.js";
import {
  type AnnData,
  annotate,
  annotateShard,
  buildIndex,
  type DenseArray,
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
} from "../../../src/index.js";
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
    ...{ cellType: "cell_type", nHvg: 0, minGenes: 22 },
    model: await openModel(at("model")),
  });
  cells.close();
  await finetune(ready, { epochs: 1, device: "cpu", threads: 1, saveDir: at("run") });
  mkdirSync(at("pretrained"));
  for (const name of ["args.json", "vocab.json", "best_model.pt"])
    cpSync(at(`run/${name}`), at(`pretrained/${name}`));
  await simulate(at("new.h5ad"), { ...simulated, cells: CELLS, seed: 2 });
});

/** All that is in obs, obsm and uns, in plain values. */
async function contents(path: string): Promise<Record<string, unknown>> {
  const cells = await readCells(path);
  const found: Record<string, unknown> = { names: cells.obsNames };
  for (const name of cells.obs.columnNames()) {
    const column = cells.obs.column(name) as unknown;
    found[`obs/${name}`] =
      column instanceof Categorical
        ? [column.categories, [...column.codes]]
        : Array.from(column as Iterable<unknown>);
  }
  for (const name of cells.obsm.keys()) {
    const { data, shape } = cells.obsm.get(name) as DenseArray;
    // Bits, so that NaN is itself.
    const { buffer, byteOffset, byteLength } = data as Float32Array;
    found[`obsm/${name}`] = [shape, Buffer.from(buffer, byteOffset, byteLength).toString("hex")];
  }
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
  await simulate(at("few.h5ad"), { ...simulated, cells: 9, seed: 3 });
  await annotate(await loadRun(at("run")), at("few.h5ad"), { threads: 1, out: at("few-whole.h5ad") });
  const options = { threads: 1 };
  assert.deepEqual(
    await byShards("annotate", at("run"), at("few.h5ad"), 9, "few-alone.h5ad", options),
    await contents(at("few-whole.h5ad")),
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
