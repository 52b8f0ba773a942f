import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { TRAINING_MIME } from "../../src/views/contract.js";
import { trainingUpdate } from "../../src/views/training.js";
import type { TrainingProgress } from "../../src/views/types.js";
import { until } from "../support/processes.js";
import { code, command, Laboratory, scrollTo, skip, WITH_WEBGL } from "./page.js";

/** The training view in JupyterLab, with the real kernel and the library's own end of the line. */

const progress: TrainingProgress = {
  run: "gone",
  state: "running",
  step: 315,
  steps: 500,
  epoch: 4,
  epochs: 5,
  seconds: 45,
  secondsLeft: 26,
  losses: Array.from({ length: 315 }, (_, i) => 1 + (i % 2) + 100 / (i + 50)),
  history: [
    { epoch: 1, step: 100, trainLoss: 2, validationLoss: 0.9, validationError: 0.2 },
    { epoch: 2, step: 200, trainLoss: 1.8, validationLoss: 0.5, validationError: 0.1 },
    { epoch: 3, step: 300, trainLoss: 1.7, validationLoss: 0.7, validationError: 0.15 },
  ],
  bestEpoch: 2,
  pace: { learningRate: 1e-4, gradNorm: 0.53, tokensPerSecond: 12345, memory: 1.3e9 },
};

const LIBRARY = new URL("../../src/protocol/liveTraining.js", import.meta.url).href;

/** A cell with a run that goes one step on when resumed, and ends when stopped, or when a file is there. */
const TRAIN = `
import { host } from "cellkernel";
import { existsSync, renameSync } from "node:fs";
const { LiveTraining } = await import(${JSON.stringify(LIBRARY)} as string);
const run: any = ${JSON.stringify({ ...progress, run: "alive" })};
await new Promise<void>((ended) => {
  const looking = setInterval(async () => {
    if (!existsSync("end")) return;
    clearInterval(looking);
    run.state = "finished";
    await live.close(run);
    renameSync("end", "ended");
    ended();
  }, 50);
  const live = new LiveTraining(host(), run, {
    pause: () => { run.state = "paused"; live.update(run, true); },
    resume: () => { run.state = "running"; run.step++; live.update(run, true); },
    stop: async () => {
      run.state = "stopped";
      run.message = "told to stop";
      clearInterval(looking);
      await live.close(run);
      ended();
    },
  });
});`;

const damaged = { [TRAINING_MIME]: { run: "x", state: "running", losses: "?" }, "text/plain": "a run" };
const lab = new Laboratory();
let page: Page;
let view: Locator;

before(async () => {
  if (skip) return;
  await lab.start({
    "training.ipynb": [
      code("lost", "// long ago", trainingUpdate(progress)),
      code("train", TRAIN),
      code("damaged", "// damaged", damaged),
      ...Array.from({ length: 30 }, (_, i) => code(`later-${i}`, "\n".repeat(10))),
    ],
  });
  page = await lab.open("training.ipynb", WITH_WEBGL);
  page.setDefaultTimeout(30_000);
  view = page.locator(".jp-CodeCell").nth(1).locator(".cellkernel-training");
});

after(() => lab.end());

const detail = (text: string) => view.locator(".cellkernel-detail", { hasText: text }).waitFor();
const heightOf = async (shown: Locator) => (await shown.boundingBox())?.height;
/** How far from the view's left edge. */
const leftOf = async (shown: Locator) => (await shown.boundingBox())!.x - (await view.boundingBox())!.x;
const button = (name: string) => view.getByRole("button", { name, exact: true });

async function run(): Promise<void> {
  await scrollTo(page, 1);
  await page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  await page.locator('.cellkernel-training[data-state="running"]').waitFor();
}

test("a run that the kernel does not know is said to be lost, without buttons and time left", {
  skip,
  timeout: 180_000,
}, async () => {
  const lost = page.locator(".cellkernel-training").first();
  await lost.getByText("Ended or lost at step 315").waitFor({ timeout: 60_000 });
  assert.equal(await lost.getByRole("button").count(), 0);
  assert.doesNotMatch((await lost.textContent()) ?? "", /left/);
});

test("damaged learning curves are told in a sentence, beside their text", { skip }, async () => {
  await scrollTo(page, 2);
  const shown = page.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea");
  await shown.getByText("damaged").waitFor();
  assert.match((await shown.textContent()) ?? "", /The data of these learning curves are damaged.*a run/);
});

test("a run shows how it does, what its curves hold, and itself in the status bar", {
  skip,
  timeout: 120_000,
}, async () => {
  await run();
  await detail("Training · epoch 4 of 5 · step 315 of 500");
  assert.equal(
    await view.locator(".cellkernel-pace").textContent(),
    "about 26 s left · learning rate 0.0001 · gradient norm 0.530 · 12,345 tokens a second · 1.3 GB of memory",
  );
  assert.deepEqual((await view.textContent())?.match(/\bleft\b/g), ["left"], "one estimate");
  const loss = view.locator(".cellkernel-chart").first();
  assert.equal(await loss.locator("path.raw").count(), 1);
  // Steps of 1 and 2 in turn, whose mean is 1.5 above what they fall to: 100 / 365.
  const last = (await loss.locator("path.training").getAttribute("d"))!.match(/[\d.]+$/)![0];
  const tick = async (label: string) =>
    Number(
      await loss
        .locator("text", { hasText: new RegExp(`^${label}$`) })
        .first()
        .getAttribute("y"),
    );
  const [zero, two] = [await tick("0"), await tick("2")];
  const shown = (2 * (zero - Number(last))) / (zero - two);
  assert.ok(Math.abs(shown - 1.5 - 100 / 365) < 0.1, `smoothed to ${shown}`);
  assert.equal(await loss.getByText("kept").count(), 1);
  // What ran: 315 of 500 steps.
  assert.equal(await loss.getByText("400").count(), 0);
  const box = (await loss.boundingBox())!;
  const mark = Number(await loss.locator("line.mark").getAttribute("x1"));
  await page.mouse.move(box.x + mark, box.y + 100);
  await loss.getByText("step 200").waitFor();
  assert.match((await loss.locator(".values").textContent()) ?? "", /validation 0\.5$/);

  await scrollTo(page, 32);
  const status = page.locator(".cellkernel-status");
  assert.equal(await status.textContent(), "Training 63 % · 26 s");
  await status.click();
  await until(
    "the run to be in view",
    async () => {
      const box = await page.locator('.cellkernel-training[data-state="running"]').boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= 1000;
    },
    20,
  );
});

test("after a reload, and after closing and opening it, the run is followed and obeys", {
  skip,
  timeout: 180_000,
}, async () => {
  const height = await heightOf(view);
  const left = await leftOf(button("Stop"));
  const bar = await leftOf(view.locator("progress"));
  await command(page, "docmanager:save");
  await page.reload();
  await scrollToRun();
  await button("Pause").click();
  await detail("Paused");
  assert.equal(await heightOf(view), height);
  await button("Resume").click();
  await detail("Training · epoch 4 of 5 · step 316 of 500");

  await command(page, "docmanager:save");
  await command(page, "application:close");
  await command(page, "docmanager:open", { path: "training.ipynb" });
  await scrollToRun();
  // Saved at step 316, as the kernel had told this page.
  await detail("step 316 of 500");
  await button("Pause").click();
  await detail("Paused");
  await button("Resume").click();
  await detail("step 317 of 500");
  assert.equal(await leftOf(button("Stop")), left);

  await button("Stop").focus();
  await page.keyboard.press("Enter");
  await view.getByText("told to stop").waitFor();
  const focus = "document.activeElement.closest('.cellkernel-training') !== null";
  assert.equal(await page.evaluate(focus), true, "the focus stays in the view");
  assert.equal(await view.locator(".cellkernel-state").textContent(), "Stopped");
  assert.equal(await button("Stop").count(), 0);
  assert.equal(await heightOf(view), height);
  assert.equal(await leftOf(view.locator("progress")), bar);
  await page.locator(".cellkernel-status").waitFor({ state: "hidden" });
  await command(page, "docmanager:save");
  const saved = JSON.parse(readFileSync(join(lab.folder, "training.ipynb"), "utf8"));
  const { data } = saved.cells[1].outputs[0];
  assert.equal(data[TRAINING_MIME].state, "stopped");
  assert.ok(data["image/png"], "the picture of the run that ended is in the notebook");
});

test("a run that ended while the page was closed says how it ended", { skip, timeout: 120_000 }, async () => {
  await run();
  await detail("step 315 of 500");
  await command(page, "docmanager:save");
  await page.goto("about:blank");
  writeFileSync(join(lab.folder, "end"), "");
  await until("the run to end", async () => existsSync(join(lab.folder, "ended")), 30);
  const running = JSON.parse(readFileSync(join(lab.folder, "training.ipynb"), "utf8"));
  assert.equal(
    running.cells[1].outputs[0].data[TRAINING_MIME].state,
    "running",
    "the notebook knows nothing of it",
  );
  await lab.visit(page, "training.ipynb");
  await scrollTo(page, 1);
  await view.getByText("Finished").waitFor();
  assert.equal(await button("Stop").count(), 0);
  assert.doesNotMatch((await view.textContent()) ?? "", /\bleft\b/);
});

async function scrollToRun(): Promise<void> {
  await page.locator(".jp-CodeCell").first().waitFor({ timeout: 60_000 });
  await scrollTo(page, 1);
  await view.waitFor();
  await page.locator('[data-state="running"] .cellkernel-pause:enabled').waitFor();
}

test("a run ends with its kernel, and the page says so", { skip, timeout: 120_000 }, async () => {
  await run();
  await page.evaluate(async () => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: {
        shell: { currentWidget: { sessionContext: { session: { kernel: { restart(): Promise<void> } } } } };
      };
    };
    await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();
  });
  await view.getByText("Ended or lost at step 315").waitFor();
  assert.equal(await button("Stop").count(), 0);
  await page.locator(".cellkernel-status").waitFor({ state: "hidden" });
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(lab.problems, []);
});
