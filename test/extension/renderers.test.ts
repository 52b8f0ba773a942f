import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { embeddingView } from "../../src/views/embedding.js";
import { trainingUpdate } from "../../src/views/training.js";
import type { TrainingProgress } from "../../src/views/types.js";
import { type JupyterLab, startJupyterLab } from "../support/jupyterLab.js";
import { decodePng } from "../support/png.js";

/** The renderers in JupyterLab in a browser, on a notebook of outputs made by the views. */

const skip = !process.env.CHROMIUM && "no Chromium: see the line above";
const ON = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
const OFF = ["--disable-gpu", "--disable-3d-apis"];

/** 25 cells on a 5 × 5 grid, far enough apart to be counted; the prediction mistakes three. */
const SIDE = 5;
const truth = Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 2 ? 0 : 1));
const predicted = truth.map((code, i) => (i < 3 ? 1 - code : code));
const embedding = embeddingView({
  title: "A grid of cells",
  x: truth.map((_, i) => i % SIDE),
  y: truth.map((_, i) => Math.floor(i / SIDE)),
  cellIds: truth.map((_, i) => `cell-${i}`),
  panels: [
    { title: "Truth", categories: ["left", "right"], codes: truth },
    {
      title: "Prediction",
      categories: ["left", "right"],
      codes: predicted,
      probabilities: truth.map(() => 0.75),
    },
  ],
});

const progress: TrainingProgress = {
  run: "run-7",
  state: "running",
  step: 10,
  steps: 40,
  epoch: 1,
  epochs: 4,
  seconds: 5,
  secondsLeft: 15,
  losses: [3, 2, 1],
  history: [],
  bestEpoch: null,
};

/** A cell that shows a run until someone stops it, then says who. */
const LIVE = `
const shown = jupyter.display(${JSON.stringify(trainingUpdate(progress))});
shown.update(${JSON.stringify(trainingUpdate({ ...progress, step: 20, losses: [3, 2, 1, 0.5] }))});
await new Promise<void>((stopped) => {
  jupyter.onComm("cellkernel.view", (_comm: unknown, data: any) => {
    const last = ${JSON.stringify(trainingUpdate({ ...progress, state: "stopped", step: 20, message: "" }))};
    last["application/vnd.cellkernel.training.v1+json"].message = "told to " + data.command + " " + data.view;
    shown.update(last);
    stopped();
  });
});`;

function notebook(): string {
  const output = { output_type: "display_data", metadata: {}, data: embedding };
  const code = (id: string, source: string, outputs: unknown[] = []) => ({
    ...{ cell_type: "code", id, source, outputs, metadata: {}, execution_count: null },
  });
  const filler = Array.from({ length: 60 }, (_, i) => ({
    ...{
      cell_type: "markdown",
      id: `filler-${i}`,
      metadata: {},
      source: `# Paragraph ${i}\n\n${"text ".repeat(200)}`,
    },
  }));
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "cellkernel", display_name: "TypeScript (Cellkernel)" } },
    cells: [code("embedding", "// an embedding", [output]), code("live", LIVE), ...filler],
  });
}

let lab: JupyterLab;
let browser: Browser;
let page: Page;
const problems: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "cellkernel-extension-"));

before(async () => {
  if (skip) return;
  writeFileSync(join(folder, "views.ipynb"), notebook());
  lab = await startJupyterLab(folder);
  [browser, page] = await open(ON);
});

after(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function open(flags: string[]): Promise<[Browser, Page]> {
  const opened = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", ...flags],
  });
  const tab = await opened.newPage({ viewport: { width: 1400, height: 1000 } });
  tab.on("pageerror", (error) => problems.push(error.message));
  tab.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await tab.goto(lab.url("views.ipynb"));
  await tab.locator(".cellkernel-embedding canvas").first().waitFor({ timeout: 120_000 });
  return [opened, tab];
}

/** Waits until a panel shows as many dots as expected: drawing takes some frames. */
async function shows(canvas: Locator, expected: Record<string, number>): Promise<void> {
  let found = {};
  for (let attempt = 0; attempt < 40; attempt++) {
    found = dots(await canvas.screenshot());
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    await canvas.page().waitForTimeout(250);
  }
  assert.deepEqual(found, expected);
}

/** Connected blobs of each of the palette's first two colours, blue and orange. */
function dots(png: Buffer): Record<string, number> {
  const { width, height, channels, data } = decodePng(png);
  const kinds = new Uint8Array(width * height);
  for (let p = 0; p < kinds.length; p++) {
    const [r, , b] = data.subarray(p * channels, p * channels + 3);
    kinds[p] = b - r > 90 ? 1 : r - b > 90 ? 2 : 0;
  }
  const counts = { blue: 0, orange: 0 };
  for (let start = 0; start < kinds.length; start++) {
    const kind = kinds[start];
    if (kind === 0) continue;
    counts[kind === 1 ? "blue" : "orange"]++;
    const pending = [start];
    kinds[start] = 0;
    while (pending.length > 0) {
      const p = pending.pop()!;
      for (const next of [p - 1, p + 1, p - width, p + width]) {
        if (kinds[next] !== kind) continue;
        kinds[next] = 0;
        pending.push(next);
      }
    }
  }
  return counts;
}

/** Where a cell lies on a canvas of 360 pixels, 5 % of which are margin. */
function at(cell: number): { x: number; y: number } {
  const along = (step: number) => 360 * (0.025 + (0.95 * step) / (SIDE - 1));
  return { x: along(cell % SIDE), y: 360 - along(Math.floor(cell / SIDE)) };
}

test("each panel draws every cell in its category's colour", { skip, timeout: 150_000 }, async () => {
  const canvases = page.locator(".cellkernel-embedding canvas");
  assert.equal(await canvases.count(), 2);
  assert.equal(await page.locator(".cellkernel-zoomable").count(), 1, "drawn by WebGL");
  await shows(canvases.nth(0), { blue: 10, orange: 15 });
  await shows(canvases.nth(1), { blue: 9, orange: 16 });
});

test("the cell under the pointer is named, with both labels and the probability", { skip }, async () => {
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  await canvas.hover({ position: { x: at(12).x + 40, y: at(12).y } });
  await canvas.hover({ position: at(12) });
  await page.locator(".cellkernel-tooltip", { hasText: "cell-12" }).waitFor({ timeout: 5000 });
  const text = await page.locator(".cellkernel-tooltip").textContent();
  assert.equal(text, "cell-12Truth:  rightPrediction:  right (75 %)");
});

test("the legend counts the cells, and shows one category or the mistakes alone", {
  skip,
  timeout: 60_000,
}, async () => {
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  const entry = (name: string) => page.locator(".cellkernel-legend-entry", { hasText: name });
  assert.equal(await entry("left").textContent(), "left10 / 9");
  await entry("left").click();
  await shows(canvas, { blue: 10, orange: 0 });
  await entry("differ").click();
  await shows(canvas, { blue: 2, orange: 1 });
  await entry("differ").click();
  await shows(canvas, { blue: 10, orange: 15 });
});

test("a cell that scrolled out of a windowed notebook is drawn again", {
  skip,
  timeout: 60_000,
}, async () => {
  const scrollTo = (cell: number) =>
    page.evaluate(async (index) => {
      const { jupyterapp } = globalThis as unknown as {
        jupyterapp: { shell: { currentWidget: { content: { scrollToItem(index: number): Promise<void> } } } };
      };
      await jupyterapp.shell.currentWidget.content.scrollToItem(index);
    }, cell);
  await scrollTo(61);
  await page.waitForTimeout(1500);
  await scrollTo(0);
  await shows(page.locator(".cellkernel-embedding canvas").first(), { blue: 10, orange: 15 });
});

test("learning curves update in place, and their button stops the run in the kernel", {
  skip,
  timeout: 90_000,
}, async () => {
  await page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click();
  await page.keyboard.press("Shift+Enter");
  const view = page.locator(".cellkernel-training");
  await view.locator(".cellkernel-detail", { hasText: "step 20 of 40" }).waitFor({ timeout: 60_000 });
  assert.equal(await view.count(), 1);
  assert.equal(
    (await view.locator("path.training").getAttribute("d"))?.match(/[ML]/g)?.length,
    4,
    "points of the curve",
  );
  await view.getByRole("button", { name: "Stop" }).click();
  await view.locator(".cellkernel-note", { hasText: "told to stop run-7" }).waitFor({ timeout: 20_000 });
  assert.equal(await view.locator(".cellkernel-state").textContent(), "Stopped");
  assert.equal(await view.locator(".cellkernel-stop").isVisible(), false);
});

test("without WebGL the cells are drawn all the same", { skip, timeout: 150_000 }, async () => {
  const [plain, tab] = await open(OFF);
  try {
    assert.equal(await tab.locator(".cellkernel-zoomable").count(), 0);
    const canvas = tab.locator(".cellkernel-embedding canvas").first();
    await shows(canvas, { blue: 10, orange: 15 });
    await canvas.hover({ position: at(0) });
    await tab.locator(".cellkernel-tooltip", { hasText: "cell-0" }).waitFor({ timeout: 5000 });
  } finally {
    await plain.close();
  }
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(problems, []);
});
