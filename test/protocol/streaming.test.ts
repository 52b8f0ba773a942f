import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  annotate,
  evaluate,
  finetune,
  loadRun,
  openModel,
  preprocess,
  readH5ad,
  simulate,
} from "../../src/index.js";
import { tinyArgs } from "../support/tokens.js";
import "../support/withoutProjection.js";

const scratch = mkdtempSync(join(tmpdir(), "streaming-"));
after(() => rmSync(scratch, { recursive: true }));
const simulated = { genes: 60, types: 4, markers: 8, librarySize: 60 };

/** A run of 60 genes whose embeddings are `width` wide. */
async function runOf(width: number): Promise<string> {
  const folder = join(scratch, `model-${width}`);
  mkdirSync(folder);
  const args = {
    ...tinyArgs,
    embsize: width,
    nheads: 8,
    nlayers: 1,
    n_layers_cls: 1,
    input_emb_style: "scaling",
  };
  writeFileSync(join(folder, "args.json"), JSON.stringify(args));
  cpSync("notebooks/models/small/vocab.json", join(folder, "vocab.json"));
  const path = join(scratch, `train-${width}.h5ad`);
  await simulate(path, { ...simulated, cells: 1500, seed: 1 });
  const cells = await readH5ad(path);
  const ready = await preprocess(cells, { cellType: "cell_type", nHvg: 0, model: await openModel(folder) });
  cells.close();
  const saved = join(scratch, `run-${width}`);
  await finetune(ready, { epochs: 1, device: "cpu", threads: 1, saveDir: saved });
  return saved;
}

test("20,000 cells, labelled some at a time, get what they get all at once, each row its own", async () => {
  const run = await loadRun(await runOf(16));
  const path = join(scratch, "cells.h5ad");
  await simulate(path, { ...simulated, cells: 20_000, seed: 2 });
  const report = await evaluate(run, { cells: path, cellType: "cell_type" });
  const out = join(scratch, "labelled.h5ad");
  const seen: number[] = [];
  const { codes } = await annotate(run, path, { out, onProgress: (share) => seen.push(share) });
  assert.ok(seen.every((share, i) => share >= (seen[i - 1] ?? 0) && share <= 1) && seen.at(-1) === 1);
  const { labelled, embeddings } = report.parts;
  const { indptr } = report.parts.ready.tokens;
  assert.deepEqual(
    [...codes],
    [...labelled.codes].map((code, cell) => (indptr[cell + 1] > indptr[cell] ? code : -1)),
  );
  const cells = await readH5ad(out);
  const stored = cells.obsm.get("X_scGPT") as { shape: number[]; data: Float32Array };
  assert.deepEqual(stored.shape, [20_000, 16]);
  assert.deepEqual(stored.data, embeddings);
  cells.close();
});

test("an interrupted annotation leaves nothing", async () => {
  const run = await loadRun(join(scratch, "run-16"));
  const stop = new AbortController();
  const reason = new Error("enough");
  const out = join(scratch, "never.h5ad");
  const onProgress = (share: number) => {
    if (share > 0.3) stop.abort(reason);
  };
  await assert.rejects(
    annotate(run, join(scratch, "cells.h5ad"), { out, signal: stop.signal, onProgress }),
    reason,
  );
  assert.deepEqual(
    readdirSync(scratch).filter((name) => name.includes("never")),
    [],
  );
});

const skip = !process.env.SCALE && "slow: SCALE=1 runs it";

test("memory is flat from 40,000 to 160,000 cells, and 1.2 million × 512 take less than 1.5 GB", {
  skip,
}, async () => {
  const run = await runOf(512);
  const script = new URL("../support/annotateFile.js", import.meta.url).pathname;
  const peakOf = async (count: number) => {
    const path = join(scratch, `${count}.h5ad`);
    const out = join(scratch, `${count}-labelled.h5ad`);
    await simulate(path, { ...simulated, cells: count, seed: 3 });
    const { cells, peakMiB } = JSON.parse(
      execFileSync(process.execPath, [script, run, path, out], { encoding: "utf8" }),
    );
    assert.equal(cells, count);
    rmSync(path);
    rmSync(out);
    return peakMiB as number;
  };
  const [few, many] = [await peakOf(40_000), await peakOf(160_000)];
  assert.ok(Math.abs(many / few - 1) < 0.1, `${few} MiB for 40,000 cells, ${many} MiB for 160,000`);
  const most = await peakOf(1_200_000);
  assert.ok(most < 1500, `${most} MiB`);
});
