import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type FinetuneOptions, finetune, interruptedRun, loadRun, resume } from "../../src/index.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const settings: FinetuneOptions = {
  ...{ epochs: 2, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu" },
  ...{ lora: 2, loraAlpha: 4, loraTargets: ["in_proj", "linear1"] },
};
const ready = preparedCells(await tinyModel());

test("a stopped training with adapters goes on to the weights of one that was not, which are a model's own", async (context) => {
  const [one, two] = ["whole", "stopped"].map((name) => join(temporaryFolder(context), name));
  const whole = await finetune(ready, { ...settings, saveDir: one });
  const stop = new AbortController();
  const onProgress = ({ step }: { step: number }) => step === 11 && stop.abort(new Error("enough"));
  const stopped = finetune(ready, { ...settings, saveDir: two, signal: stop.signal, onProgress });
  await assert.rejects(stopped, /enough/);
  await interruptedRun();
  await assert.rejects(
    resume(two, { loraTargets: ["in_proj"] }),
    /loraTargets was in_proj,linear1 and is in_proj now/,
  );
  const run = await resume(two, { loraTargets: ["in_proj", "linear1"] });
  assert.deepEqual([...run.weights], [...whole.weights]);
  assert.deepEqual([...(await loadRun(two)).weights], [...whole.weights]);
  const start = await finetune(ready, { doTrain: false, threads: 1, device: "cpu" });
  assert.deepEqual([...whole.weights.keys()], [...start.weights.keys()]);
  const changed = [...start.weights.keys()].filter((name) =>
    whole.weights.get(name)!.data.some((x, i) => x !== start.weights.get(name)!.data[i]),
  );
  const learnt = /^cls_decoder\.|^transformer_encoder\..*(in_proj_weight|linear1\.weight)$/;
  assert.deepEqual(
    changed,
    [...start.weights.keys()].filter((name) => learnt.test(name)),
  );
});

test("options that say nothing together, or of which one has no part, are refused", async () => {
  const refused = (options: FinetuneOptions, message: RegExp) =>
    assert.rejects(finetune(ready, options), message);
  await refused({ loraAlpha: 4 }, /the option loraAlpha is for adapters: give their rank too, lora/);
  await refused({ loraTargets: ["out_proj"] }, /the option loraTargets is for adapters/);
  await refused({ lora: 2, freeze: "head" }, /lora and freeze each say what is learnt/);
  await refused({ lora: 2, freeze: "last-1-layers" }, /lora and freeze each say what is learnt/);
  await refused({ lora: 17 }, /the option lora is 17; the model's matrices have rank 16 at most/);
  await refused({ lora: 0 }, /the option lora is 0; expected a whole number of at least 1/);
  await refused(
    { lora: 2, loraTargets: ["attention" as "in_proj"] },
    /the option loraTargets is attention; expected one or more of in_proj, out_proj, linear1, linear2/,
  );
});
