import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import {
  type CellkernelError,
  type FinetuneOptions,
  finetune,
  interruptedRun,
  loadPrepared,
  loadRun,
  type ResumeOptions,
  resume,
  savePrepared,
} from "../../src/index.js";
import { Run } from "../../src/protocol/run.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { trainIn } from "../support/survival.js";

const script = new URL("../support/survival.js", import.meta.url).pathname;

/** Trains, or goes on, in a process that is killed as soon as it has said a step. */
async function killedAt(how: "start" | "resume", folder: string, step: number): Promise<void> {
  const child = spawn(process.execPath, [script, how, folder], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) if (Number(line) >= step) child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  assert.equal(child.signalCode, "SIGKILL", `it ended before step ${step}`);
}

/** The course of a training but for its id and what it took in time and memory. */
const course = ({ training }: Run) => ({
  ...training,
  run: "",
  seconds: 0,
  pace: undefined,
  losses: Array.from(training.losses),
});

test("a training that is killed again and again comes to the weights of one that was not, to the bit", async (context: TestContext) => {
  const scratch = temporaryFolder(context);
  const [whole, folder] = [join(scratch, "whole"), join(scratch, "killed")];
  const reference = await trainIn(whole);
  assert.ok(reference.training.bestEpoch! < reference.training.history.length, "it did not end early");
  await killedAt("start", folder, 3);
  await killedAt("resume", folder, 20);
  const run = await resume(folder);
  assert.deepEqual([...run.weights], [...reference.weights]);
  assert.deepEqual(course(run), course(reference));
  assert.deepEqual([...(await loadRun(folder)).weights], [...reference.weights]);
});

/** Cells and options of the short trainings below. */
const settings: FinetuneOptions = { epochs: 2, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu" };
const model = tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });

test("a stopped training goes on, a finished one goes on to more epochs: the same weights as at once", async (context) => {
  const scratch = temporaryFolder(context);
  const ready = preparedCells(await model);
  const whole = await finetune(ready, { ...settings, epochs: 4 });
  const folder = join(scratch, "run");
  const stop = new AbortController();
  const onProgress = ({ step }: { step: number }) => step === 5 && stop.abort(new Error("enough"));
  await assert.rejects(
    finetune(ready, { ...settings, saveDir: folder, signal: stop.signal, onProgress }),
    /enough/,
  );
  await interruptedRun();
  await assert.rejects(
    finetune(ready, { ...settings, saveDir: folder }),
    /holds a training that is not at its end\. Go on with it: resume\(".*run"\)/,
  );
  const first = await resume(folder);
  assert.equal(first.training.state, "finished");
  assert.equal(first.training.history.length, 2);
  await assert.rejects(resume(first), /is at its end after 2 epochs\. For more: .* epochs: 3/);
  // The folder is moved, and the model's is not needed any more.
  const moved = join(scratch, "moved");
  renameSync(folder, moved);
  const more = await resume(moved, { epochs: 4 });
  assert.deepEqual([...more.weights], [...whole.weights]);
  assert.deepEqual(course(more), course(whole));
  assert.ok(more.notes.some((note) => note === "it went on to 4 epochs (2 before)"));
  assert.ok(more.made.model.folder === (await model).folder && more.made.model.sha256 === null);
  const log = readFileSync(join(moved, "training", "log.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const lines = log.map((line) => JSON.parse(line));
  const losses: number[] = [];
  for (const { kind, step, "train/loss": loss } of lines) {
    if (kind === "step") losses[step - 1] = loss;
    if (kind === "resumed") losses.length = step;
  }
  assert.deepEqual(losses, Array.from(whole.training.losses));
  const epochs = lines.filter(({ kind }) => kind === "epoch");
  assert.deepEqual(
    epochs.map((line) => [line["valid/loss"], line["valid/err"]]),
    whole.training.history.map((point) => [point.validationLoss, point.validationError]),
  );
});

test("other cells, options and folders are refused, and say what differs", async (context) => {
  const scratch = temporaryFolder(context);
  const cells = preparedCells(await model);
  savePrepared(cells, join(scratch, "cells"));
  const ready = loadPrepared(join(scratch, "cells"));
  const folder = join(scratch, "run");
  await finetune(ready, { ...settings, epochs: 1, saveDir: folder });
  assert.ok(!existsSync(join(folder, "training", "cells")), "cells that have a folder are not written twice");
  const refused = (options: ResumeOptions, message: RegExp) =>
    assert.rejects(resume(folder, { epochs: 2, ...options }), message);
  await refused(
    { lr: 1e-3, batchSize: 16, dropout: 0.5 },
    /started with other options: lr was 0\.005 and is 0\.001 now; dropout was 0\.1 and is 0\.5 now/,
  );
  const codes = ready.labels!.codes.slice().fill(1, 0, 3);
  await refused(
    { cells: { ...ready, labels: { ...ready.labels!, codes } } },
    /other cells than those of .*: other labels\. It can only go on with its own/,
  );
  const bin = ready.tokens.bin.map((value) => 51 - value);
  await refused({ cells: { ...ready, tokens: { ...ready.tokens, bin } } }, /other genes and values/);
  renameSync(join(scratch, "cells"), join(scratch, "elsewhere"));
  await refused(
    {},
    /the prepared cells are no longer in .*cells; say where they are: the option cells \(--cells DIR\)/,
  );
  const run = await resume(folder, { epochs: 2, cells: loadPrepared(join(scratch, "elsewhere")) });
  assert.equal(run.training.history.length, 2);
  await assert.rejects(resume(scratch), /holds no training to go on with/);
  await assert.rejects(resume(new Run(run.parts)), /the run was not saved/);
  const last = join(folder, "training", "last.safetensors");
  const bytes = readFileSync(last);
  bytes[bytes.length - 9] ^= 1;
  writeFileSync(last, bytes);
  await assert.rejects(
    resume(folder, { epochs: 3 }),
    /last\.safetensors is not as it was written: start again/,
  );
});

test("a full disk ends a training with what was kept last; with room, it goes on to the same weights", {
  skip: process.getuid?.() !== 0 || process.platform !== "linux" ? "needs root to mount a small disk" : false,
}, async (context) => {
  const disk = mkdtempSync(join(tmpdir(), "small-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", disk]);
  context.after(() => {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });
  const ready = preparedCells(await model);
  const folder = join(disk, "run");
  const whole = await finetune(ready, { ...settings, epochs: 3 });
  let filled = false;
  const full = finetune(ready, {
    ...settings,
    epochs: 3,
    saveDir: folder,
    onProgress({ step }) {
      // The first epoch has eight steps, behind which the state was kept.
      if (step < 9 || filled) return;
      filled = true;
      assert.throws(() => writeFileSync(join(disk, "others"), Buffer.alloc(2 ** 21)), /ENOSPC/);
    },
  });
  await assert.rejects(full, (error: CellkernelError) => {
    assert.equal(error.code, "path");
    assert.match(
      error.message,
      /training stopped, since .*training can't be written to: there is no space left on the disk\. What is kept there is that after step \d+; make room/,
    );
    return true;
  });
  rmSync(join(disk, "others"));
  assert.deepEqual([...(await resume(folder)).weights], [...whole.weights]);
});
