import assert from "node:assert/strict";
import { before, test } from "node:test";
import { finetune, forecast, type Prepared } from "../../src/index.js";
import { mayTakeHours } from "../../src/protocol/forecast.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const options = { epochs: 4, batchSize: 32, device: "cpu", threads: 1 } as const;
let ready: Prepared;
before(async () => {
  ready = preparedCells(await tinyModel({ embsize: 64, d_hid: 64, nlayers: 4 }), 600);
});

test("a forecast is of the size of what the training then takes", async () => {
  const { cells, epochs, seconds, headOnlySeconds, text } = await forecast(ready, options);
  assert.deepEqual([cells, epochs], [478, 4]);
  const { training } = await finetune(ready, options);
  const ratio = seconds / training.seconds;
  assert.ok(ratio > 1 / 8 && ratio < 8, `forecast ${seconds} s, took ${training.seconds} s`);
  assert.ok(headOnlySeconds < seconds, `${headOnlySeconds} of ${seconds} s`);
  assert.match(
    text,
    /^478 cells × 4 epochs: about \d+ s here; with the class decoder alone \(--freeze head\) \d+ s$/,
  );
});

test("where only the head learns, the forecast is of one pass through the model", async () => {
  const { seconds, headOnlySeconds, text } = await forecast(ready, { ...options, freeze: "head" });
  assert.equal(seconds, headOnlySeconds);
  assert.doesNotMatch(text, /--freeze head/);
});

test("only a long training is worth a forecast unasked", () => {
  const { args } = ready.model!;
  assert.equal(mayTakeHours(ready, args, 4), false);
  // The published model on the same cells, as if there were 5,000 times as many: 7e15 operations an epoch.
  const large = { ...args, nlayers: 12, embsize: 512, d_hid: 512 };
  assert.equal(mayTakeHours(ready, large, 5000), true);
});
