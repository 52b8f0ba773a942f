import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { finetune, loadRun } from "../../src/index.js";
import { readReference, writeReference } from "../../src/store/reference.js";
import { readRun, writeRun } from "../../src/store/runFolder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const scratch = mkdtempSync(join(tmpdir(), "run-folder-"));
const training = { epochs: 1, device: "cpu", threads: 1 } as const;

/** A run whose classes and weights say which it is: all weights of the last layer's bias are `mark`. */
async function marked(name: string, mark: number): Promise<string> {
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  const ready = preparedCells(model);
  ready.labels!.classes = [`${name} 0`, `${name} 1`, `${name} 2`];
  const run = await finetune(ready, { ...training, name });
  run.weights.get("cls_decoder.out_layer.bias")!.data.fill(mark);
  const folder = join(scratch, name);
  await run.save(folder);
  return folder;
}

const folders = Promise.all([marked("first", 1), marked("second", 2)]);

test("a process that is killed while it writes a run over another leaves a whole run", {
  timeout: 120_000,
}, async () => {
  const [first, second] = await folders;
  const script = new URL("../support/rewriteRun.js", import.meta.url).pathname;
  const seen = new Set<string>();
  let missing = 0;
  for (let time = 0; time < 12; time++) {
    const target = join(scratch, `killed-${time}`);
    cpSync(first, target, { recursive: true });
    const child = spawn(process.execPath, [script, target, first, second], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await setTimeout(3 + 17 * time);
    child.kill("SIGKILL");
    await once(child, "exit");
    if (!existsSync(target)) {
      missing++;
      continue;
    }
    const { name, classes, weights } = await readRun(target);
    assert.equal(classes[0], `${name} 0`);
    assert.equal(weights.get("cls_decoder.out_layer.bias")!.data[0], name === "first" ? 1 : 2);
    seen.add(name);
  }
  assert.ok(seen.size > 0 && missing < 12, "every time the folder was gone");
});

test("labels of one run with the weights of another are refused", async () => {
  const [first, second] = await folders;
  const mixed = join(scratch, "mixed");
  cpSync(first, mixed, { recursive: true });
  cpSync(join(second, "best_model.pt"), join(mixed, "best_model.pt"));
  await assert.rejects(
    loadRun(mixed),
    /best_model\.pt is not the file that was written with this folder: fine-tune again/,
  );
  cpSync(join(first, "best_model.pt"), join(mixed, "best_model.pt"));
  await loadRun(mixed);
  cpSync(join(second, "id2type.json"), join(mixed, "id2type.json"));
  await assert.rejects(loadRun(mixed), /id2type\.json is not the file/);
  rmSync(join(mixed, "cells.safetensors"));
  cpSync(join(first, "id2type.json"), join(mixed, "id2type.json"));
  await assert.rejects(loadRun(mixed), /mixed is not whole: cells\.safetensors is missing/);
});

test("what a run keeps of its training cells is checked against the run", async () => {
  const [first] = await folders;
  const path = join(scratch, "reference.safetensors");
  const unlike = { whitening: new Float32Array(9), means: new Float32Array(6), threshold: 2, cells: 30 };
  const opinion = {
    ...{ means: new Float32Array(5), axes: new Float32Array(10), weights: new Float32Array(12) },
    ...{ cells: new Float32Array(6), labels: Int32Array.of(0, 3, 1) },
  };
  const counts = Int32Array.of(5, 0, 2, 1);
  writeReference(path, { counts, unlike, opinion });
  const size = { embsize: 3, genes: 5, classes: 4 };
  assert.deepEqual(readReference(path, size, "again"), { counts, unlike, opinion });
  for (const [change, name] of [
    [{ embsize: 4 }, "unlike\\.whitening"],
    [{ genes: 4 }, "opinion\\.axes"],
    [{ classes: 3 }, "counts"],
  ] as const)
    assert.throws(
      () => readReference(path, { ...size, ...change }, "again"),
      new RegExp(`reference\\.safetensors: "${name}" is not as it was written: again`),
    );
  writeReference(path, { opinion });
  assert.throws(() => readReference(path, { ...size, classes: 3 }, "again"), /"opinion\.weights" is not/);
  // A run that keeps none takes the file of one that does away.
  const folder = join(scratch, "without");
  cpSync(first, folder, { recursive: true });
  const { parts } = await loadRun(folder);
  writeRun(
    folder,
    { ...parts, reference: { unlike: { ...unlike, whitening: new Float32Array(256) } } },
    new Uint8Array(0),
  );
  await assert.rejects(loadRun(folder), /"unlike\.means" is not as it was written/);
  writeRun(folder, { ...parts, reference: undefined }, new Uint8Array(0));
  assert.equal((await loadRun(folder)).parts.reference, undefined);
  assert.ok(!existsSync(join(folder, "reference.safetensors")));
});

test("a run takes the place of another, and what else is in the folder stays", async () => {
  const [first, second] = await folders;
  const folder = join(scratch, "replaced");
  cpSync(first, folder, { recursive: true });
  writeFileSync(join(folder, "notes.txt"), "mine");
  await (await loadRun(second)).save(folder);
  assert.equal((await loadRun(folder)).name, "second");
  assert.equal(readFileSync(join(folder, "notes.txt"), "utf8"), "mine");
  assert.deepEqual(
    readdirSync(scratch).filter((name) => name.startsWith(".replaced")),
    [],
  );
});

test("folders of the version before, of a later one and damaged ones are named as such", async () => {
  const [first] = await folders;
  const folder = join(scratch, "other");
  const record = JSON.parse(readFileSync(join(first, "run.json"), "utf8"));
  const refused = async (change: object, message: RegExp) => {
    cpSync(first, folder, { recursive: true });
    writeFileSync(join(folder, "run.json"), JSON.stringify({ ...record, ...change }));
    await assert.rejects(loadRun(folder), message);
  };
  await refused(
    { format: undefined },
    /run\.json is of a version before formats were numbered; this version reads format 1: .*prepare again/,
  );
  await refused({ format: 2 }, /run\.json is of format 2; this version reads format 1/);
  await refused({ settings: "none" }, /run\.json: "settings" is "none"; expected an object/);
  await refused(
    { settings: { ...record.settings, threads: 100_000 } },
    /run\.json: the option threads is 100000; expected a whole number of at least 1, at most 1024/,
  );
  await refused({ recipe: undefined }, /run\.json: "recipe" is missing; expected an object/);
  await refused({ recipe: { ...record.recipe, genes: 5 } }, /"recipe\.genes" is no list of genes/);
  const { trust } = record;
  for (const change of [
    { temperature: 0 },
    { threshold: { ...trust.threshold, probability: null } },
    { sets: { ...trust.sets, least: [0.5, 0.5] } },
    { notes: "none" },
  ])
    await refused(
      { trust: { ...trust, ...change } },
      new RegExp(`run\\.json: "trust\\.${Object.keys(change)[0]}" is not as it was written: fine-tune again`),
    );
  // What was written before runs were calibrated.
  writeFileSync(join(folder, "run.json"), JSON.stringify({ ...record, trust: undefined }));
  assert.equal((await loadRun(folder)).parts.trust, undefined);
  writeFileSync(join(folder, "run.json"), "{");
  await assert.rejects(loadRun(folder), /run\.json is not JSON/);
});
