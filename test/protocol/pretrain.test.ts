import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  finetune,
  openModel,
  type Prepared,
  type PretrainOptions,
  pretrain,
  resume,
  resumePretraining,
} from "../../src/index.js";
import { planPretraining } from "../../src/protocol/pretrain.js";
import { trainingPlan } from "../../src/protocol/trainPlanned.js";
import { claim } from "../../src/support/lock.js";
import { Control } from "../../src/train/control.js";
import { curvesOf } from "../../src/train/logLine.js";
import { train } from "../../src/train/loop.js";
import { cellkernelHere } from "../support/cli.js";
import { temporaryFolder } from "../support/folder.js";
import { ALL_OBJECTIVES, FIXTURE, objectivesCells } from "../support/objectivesCase.js";

/** A short pretraining on the fixture's cells. */
const { dab, dabWeight, split, ...objectives } = ALL_OBJECTIVES;
const options = (saveDir: string): PretrainOptions => ({
  ...objectives,
  split: split as PretrainOptions["split"],
  saveDir,
});

const expected = JSON.parse(readFileSync(join(FIXTURE, "expected.json"), "utf8"));

function close(ours: number, theirs: number, what: string): void {
  assert.ok(
    Math.abs(ours - theirs) <= 1e-5 * Math.max(1, Math.abs(theirs)),
    `${what}: ${ours}, PyTorch ${theirs}`,
  );
}

/** The cells as they are without labels. */
async function unlabelled(): Promise<Prepared> {
  const { labels, ...ready } = await objectivesCells();
  return ready;
}

/** Waits until a training that was interrupted has written where it stands. */
async function free(folder: string): Promise<void> {
  for (;;)
    try {
      return claim(folder)();
    } catch {
      await setTimeout(5);
    }
}

test("losses of a step and of the validation are those of the published model in PyTorch, by their parts", async () => {
  const ready = await unlabelled();
  const plan = trainingPlan(await planPretraining(ready, { ...options(""), lr: 1e-12 }), ready);
  const curves: Record<string, number> = {};
  await train(plan, new Control(), [
    (event) => {
      if (event.kind === "step" || event.kind === "epoch") Object.assign(curves, curvesOf(event));
    },
  ]);
  for (const [name, value] of Object.entries<number>(expected.pretraining.parts))
    close(curves[`train/${name}`], value, name);
  close(curves["train/loss"], expected.pretraining.loss, "loss");
  close(curves["train/grad_norm"], expected.pretraining.grad_norm, "gradient norm");
  for (const name of ["mse", "nzlp", "mvc", "mvc_nzlp", "ecs"])
    close(curves[`valid/${name}`], expected.evaluation[name], `valid/${name}`);
  assert.ok(!("train/err" in curves) && !("valid/err" in curves));
});

test("a pretraining that is interrupted goes on to the same weights; its folder is a model to fine-tune", async (context) => {
  const scratch = temporaryFolder(context);
  const ready = await unlabelled();
  const longer = (folder: string) => ({
    ...options(join(scratch, folder)),
    ...{ ecs: false, cce: false, dropout: 0.2, batchSize: 4, epochs: 3, lr: 0.01 },
  });
  const whole = await pretrain(ready, longer("whole"));
  assert.equal(whole.training.history.length, 3);
  const [first, , last] = whole.training.history;
  assert.ok(last.validationLoss < first.validationLoss);
  assert.equal(first.validationError, null);

  const again = longer("again");
  const stop = new AbortController();
  const onProgress = ({ step }: { step: number }) => step === 4 && stop.abort(new Error("enough"));
  await assert.rejects(pretrain(ready, { ...again, signal: stop.signal, onProgress }), /enough/);
  await free(again.saveDir);
  await assert.rejects(
    pretrain(ready, again),
    /holds a training that is not at its end.*resumePretraining\(/,
  );
  await assert.rejects(resume(again.saveDir), /holds a pretraining: go on with it by resumePretraining/);
  const { weights, folder } = await resumePretraining(again.saveDir);
  assert.deepEqual([...weights], [...whole.weights]);
  await assert.rejects(resumePretraining(folder), /is at its end after 3 epochs/);

  const model = await openModel(folder);
  assert.deepEqual([...model.readWeights()!], [...whole.weights]);
  assert.ok(![...weights.keys()].some((name) => /^(cls_decoder|grad_reverse)/.test(name)));
  const labelled = await objectivesCells();
  const run = await finetune(labelled, { ...{ epochs: 1, split, threads: 1, device: "cpu" }, model });
  assert.ok(
    run.notes.some((note) => /not in the checkpoint, random: cls_decoder\.[\w.]+, cls_decoder/.test(note)),
  );
  await assert.rejects(finetune(labelled, { saveDir: folder, model }), /holds a pretrained model/);
});

test("what cannot be pretrained is refused, and the option is named", async () => {
  const ready = await unlabelled();
  const refused = (given: Partial<PretrainOptions>, message: RegExp) =>
    assert.rejects(planPretraining(ready, { saveDir: "", ...given }), message);
  await refused(
    { mlm: false, mvc: false },
    /there is nothing to learn from: of the options mlm, mvc, ecs and cce/,
  );
  await refused({ nlayers: 2 }, /the option nlayers is for a new model \(model: "new", --model new\)/);
  await refused(
    { model: "new", embsize: 30 },
    /the new model: "nheads" is 8; expected a divisor of embsize, 30/,
  );
  const { args, vocabulary, made } = await planPretraining(ready, {
    ...{ saveDir: "", model: "new", nlayers: 1, embsize: 24, nheads: 3, dHid: 20, inputEmbStyle: "scaling" },
  });
  assert.deepEqual(
    [args.nlayers, args.embsize, args.nheads, args.d_hid, args.input_emb_style, args.n_bins, args.do_mvc],
    [1, 24, 3, 20, "scaling", 51, true],
  );
  assert.equal(vocabulary, ready.vocabulary);
  assert.equal(made.model.sha256, null);
});

test("cellkernel pretrain: from a file of counts to a model", async (context) => {
  const out = join(temporaryFolder(context), "model");
  const counts = "test/fixtures/preprocess/counts559.h5ad";
  const size = ["--nlayers", "1", "--embsize", "16", "--nheads", "2", "--d-hid", "16"];
  const few = ["--hvg", "40", "--max-seq-len", "12", "--epochs", "1", "--threads", "1", "--device", "cpu"];
  const { status, stdout, stderr } = await cellkernelHere(
    ...["pretrain", counts, "--model", "new", ...size, ...few, "--out", out, "--json"],
  );
  assert.equal(status, 0, stderr);
  const { steps, history, notes } = JSON.parse(stdout);
  assert.equal(steps, Math.ceil(503 / 32));
  assert.equal(history.length, 1);
  assert.match(notes[0], /pretrained by MLM, MVC on 503 cells, without labels/);
  const { args, vocabulary } = await openModel(out);
  assert.deepEqual([args.nlayers, args.embsize, args.do_mvc], [1, 16, true]);
  assert.ok(vocabulary.size > 1000);
  const again = await cellkernelHere("pretrain", counts, "--model", "new", "--out", out);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /holds a pretrained model already; give another folder, or --overwrite/);
  const missing = await cellkernelHere("pretrain", counts, "--out", out);
  assert.match(missing.stderr, /--model is missing: the folder of the model to go on from, or new/);
});
