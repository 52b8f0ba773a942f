import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import {
  type CellkernelError,
  type FinetuneOptions,
  finetune,
  interruptedRun,
  loadRun,
  readTrainArgs,
  resume,
} from "../../src/index.js";
import type { TrainingSpec } from "../../src/model/training.js";
import { planRun } from "../../src/protocol/finetune.js";
import { trainingPlan } from "../../src/protocol/trainPlanned.js";
import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import { Control } from "../../src/train/control.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import { curvesOf } from "../../src/train/logLine.js";
import { train } from "../../src/train/loop.js";
import { ECS_WEIGHT } from "../../src/train/objectives.js";
import type { StepEvent, TrainingPlan } from "../../src/train/plan.js";
import { TokenSource } from "../../src/train/source.js";
import { copyWeights } from "../../src/train/state.js";
import { temporaryFolder } from "../support/folder.js";
import { ALL_OBJECTIVES, FIXTURE, objectivesBatches, objectivesCells } from "../support/objectivesCase.js";
import { tinyModel } from "../support/prepared.js";

const json = (name: string) => JSON.parse(readFileSync(join(FIXTURE, name), "utf8"));
const expected: Record<
  "training" | "pretraining",
  { parts: Record<string, number>; loss: number; grad_norm: number }
> & { evaluation: Record<string, number> } = json("expected.json");

function close(ours: number, theirs: number, what: string): void {
  assert.ok(
    Math.abs(ours - theirs) <= 1e-5 * Math.max(1, Math.abs(theirs)),
    `${what}: ${ours}, PyTorch ${theirs}`,
  );
}

/** The first step's event of a plan. */
async function firstStep(plan: TrainingPlan): Promise<StepEvent> {
  const steps: StepEvent[] = [];
  await train(plan, new Control(), [(event) => event.kind === "step" && steps.push(event)]);
  return steps[0];
}

async function planned(options: FinetuneOptions = {}): Promise<TrainingPlan> {
  const ready = await objectivesCells();
  return trainingPlan(await planRun(ready, { ...ALL_OBJECTIVES, ...options }), ready);
}

test("values are masked by seed, epoch and the cell's own tokens, never those of <cls> and padding", async () => {
  const batches = await objectivesBatches();
  assert.deepEqual(batches, json("batches.json"));
  const { genes, values, target, mask } = batches.train;
  let [masked, maskable] = [0, 0];
  for (const [cell, own] of genes.entries())
    for (const [n, gene] of own.entries()) {
      const hidden = mask[cell][n] === 1;
      if (gene <= 1) assert.ok(!hidden);
      else maskable++;
      assert.equal(values[cell][n], hidden ? -1 : target[cell][n]);
      if (hidden) masked++;
    }
  // Within four standard deviations of a binomial of 0.4.
  assert.ok(Math.abs(masked - 0.4 * maskable) < 4 * Math.sqrt(0.24 * maskable), `${masked} of ${maskable}`);
});

test("a step's losses by their parts, and its gradient's norm, are those of the published model in PyTorch", async () => {
  const step = await firstStep(await planned());
  const curves = curvesOf(step);
  const { parts, loss, grad_norm } = expected.training;
  for (const [name, value] of Object.entries(parts)) close(curves[`train/${name}`], value, name);
  close(step.loss, loss, "loss");
  close(step.gradNorm, grad_norm, "gradient norm");
  // In pieces: what is a mean over cells or masked values is the same, though each piece has another number of these.
  const pieces = curvesOf(await firstStep(await planned({ microBatch: 5 })));
  for (const name of ["cls", "mse", "nzlp", "mvc", "mvc_nzlp", "dab"])
    close(pieces[`train/${name}`], parts[name], `${name} in pieces`);
});

test("the engine of GPUs takes the same step", async () => {
  const plan = await planned();
  const { args, weights, batches, classes, tokens, objectives } = plan;
  const size = { genes: tokens.genes.length + 2, classes, batches };
  const spec: TrainingSpec = {
    ...{ args, size, padRow: 0, objectives: objectives!, ecsWeight: ECS_WEIGHT, dabWeight: plan.dabWeight },
    ...{ dropout: 0, attentionLoop: "batch" },
  };
  const state = { weights: copyWeights(weights), m: new Map(), v: new Map(), step: 0, attempts: 0 };
  const engine = DeviceEngine.create(
    ...([spec, state, DeviceRuntime.open({ device: "cpu" }), { ...spec, seed: 0 }] as const),
    { epsilon: 1e-8, weightDecay: 0, clipNorm: 1 },
  );
  const micro = new TokenSource(plan, { args, ...size }, "cpu").micro(plan.train, 1);
  const [step] = await engine.run([{ micro, learningRate: 1e-3 }]);
  await engine.release();
  close(step.loss, expected.training.loss, "loss");
  close(step.gradNorm, expected.training.grad_norm, "gradient norm");
});

test("a run that was trained with objectives holds their decoders, says so in its file, and is opened again", async (context) => {
  const folder = join(temporaryFolder(context), "run");
  const run = await finetune(await objectivesCells(), { ...ALL_OBJECTIVES, saveDir: folder });
  const has = (part: string) => [...run.weights.keys()].some((name) => name.startsWith(`${part}.`));
  assert.deepEqual(["mvc_decoder", "cls_decoder", "grad_reverse_discriminator"].map(has), [
    true,
    true,
    false,
  ]);
  const { do_mvc, do_dab, explicit_zero_prob, ecs_threshold } = run.args;
  assert.deepEqual([do_mvc, do_dab, explicit_zero_prob, ecs_threshold], [true, undefined, true, 0.3]);
  const path = join(folder, "dev_train_args.yml");
  const {
    MLM,
    MVC,
    ECS,
    CCE,
    DAB,
    mask_ratio,
    ecs_threshold: threshold,
  } = parse(readFileSync(path, "utf8")).task_configs;
  assert.deepEqual(
    [MLM, MVC, ECS, CCE, DAB, mask_ratio, threshold],
    [true, true, true, true, null, 0.4, 0.3],
  );
  assert.ok(readTrainArgs(path).notes.some((note) => /trained with DAB, which it leaves open/.test(note)));
  assert.deepEqual([...(await loadRun(folder)).weights], [...run.weights]);
  const log = readFileSync(join(folder, "training", "log.jsonl"), "utf8").split("\n");
  const [line] = log.filter((line) => line.includes('"step","epoch"')).map((line) => JSON.parse(line));
  close(line["train/mvc"], expected.training.parts.mvc, "train/mvc of the log");
  // Without the objectives, a model keeps no decoder for them.
  const plain = await planRun(await objectivesCells(), { ...ALL_OBJECTIVES, mvc: false, dab: false });
  assert.ok(![...plain.start.keys()].some((name) => /^(mvc_decoder|grad_reverse)/.test(name)));
});

test("a training with masks that is interrupted goes on to the same weights, to the bit", async (context) => {
  const ready = await objectivesCells();
  const options = {
    ...{ ...ALL_OBJECTIVES, ecs: false, cce: false, dab: false },
    ...{ dropout: 0.2, batchSize: 4, epochs: 2, lr: 0.01 },
  };
  const whole = await finetune(ready, options);
  const folder = join(temporaryFolder(context), "run");
  const stop = new AbortController();
  const onProgress = ({ step }: { step: number }) => step === 4 && stop.abort(new Error("enough"));
  await assert.rejects(
    finetune(ready, { ...options, saveDir: folder, signal: stop.signal, onProgress }),
    /enough/,
  );
  await interruptedRun();
  assert.deepEqual([...(await resume(folder)).weights], [...whole.weights]);
});

test("objectives that have nothing to learn from are refused, and the option is named", async () => {
  const ready = await objectivesCells();
  const refused = (options: FinetuneOptions, message: RegExp, cells = ready) =>
    assert.rejects(planRun(cells, options), (error: CellkernelError) => {
      assert.match(error.message, message);
      return true;
    });
  await refused({ mlm: true, maskRatio: 0 }, /option maskRatio is 0, but mlm learns from masked values/);
  await refused({ ecs: true, ecsThreshold: 0 }, /option ecsThreshold is 0, by which the published code/);
  await refused({ dab: true, dabWeight: 0 }, /option dabWeight is 0, with which dab changes nothing/);
  await refused({ mvc: true, freeze: "head" }, /option mvc trains what freeze "head" keeps as it is/);
  const { batches, ...without } = ready;
  await refused({ dab: true }, /the option dab uses batch labels; name their obs column/, without);
  const one = { column: "donor", names: ["a"], codes: new Int32Array(24) };
  await refused({ dab: true }, /column donor holds one only, a/, { ...ready, batches: one });
  const byBins = await tinyModel({ input_emb_style: "category" });
  await refused({ maskRatio: 0.1, model: byBins }, /needs a mask value among the model's 51 bins/);
});
