import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { table } from "arquero";
import { type Browser, chromium, type Page } from "playwright-core";
import { writeH5ad } from "../../src/anndata/write/h5ad.js";
import { trainingUpdate } from "../../src/views/training.js";
import type { TrainingProgress } from "../../src/views/types.js";
import { cellsOf } from "../anndata/support/cells.js";
import { type JupyterLab, startJupyterLab } from "../support/jupyterLab.js";
import { until } from "../support/processes.js";

/** A stranger's file, whose every name is a script, in JupyterLab: shown live, and pointed at. */

const skip = !process.env.CHROMIUM && "no Chromium: see the line above";

/** Says where it ran. No slash: HDF5 names have none. */
const element = (where: string) => `<img src=x onerror="(window.PWN=window.PWN||[]).push('${where}')">`;
const script = (where: string) => `"><script>(window.PWN=window.PWN||[]).push('${where}')<\\/script>`;
const link = (where: string) => `[x](javascript:window.PWN=['${where}']) ![i](http://127.0.0.1:9/${where})`;

const CLASSES = [element("label"), script("label"), link("label"), "B cell"];

const progress: TrainingProgress = {
  ...{ run: element("run"), state: "failed", step: 1, steps: 2, epoch: 1, epochs: 1, seconds: 1 },
  ...{ secondsLeft: null, losses: [2, 1], history: [], bestEpoch: null, message: element("message") },
};

const CELLS = [
  'import { confusionView, embeddingView, hvgView, readH5ad, reportView } from "cellkernel";',
  `const cells = await readH5ad(${JSON.stringify(`${element("path")}.h5ad`)}); cells`,
  "cells.obs",
  "cells.var",
  'cells.obs.groupby("type").count()',
  "const classes = [...new Set(cells.obs.array('type') as string[])]; jupyter.display(await confusionView({ classes, confusion: classes.map((_, t) => classes.map((_, p) => (t === p ? 2 : 1))) })); undefined",
  "jupyter.display(embeddingView({ title: classes[0], axes: [classes[0], classes[1]], x: [0, 1, 2, 3], y: [0, 1, 2, 3], cellIds: [...cells.obsNames], panels: [{ title: classes[1], categories: classes, codes: [0, 1, 2, 3] }] })); undefined",
  "const scores = { precision: 1, recall: 1, f1: 1, support: 1 }; jupyter.display(await reportView({ title: classes[0], notes: classes, cells: 4, accuracy: 1, kappa: 1, macro: scores, weighted: scores, classes, perClass: classes.map(() => scores) })); undefined",
  `jupyter.display(${JSON.stringify(trainingUpdate(progress))}); undefined`,
  "jupyter.display(await hvgView({ genes: cells.varNames, means: [1, 2], dispersions: [1, 2], chosen: [1, 0], measure: classes[0], mean: classes[1] })); undefined",
  "console.log(classes[0]); console.error(classes[1])",
  "throw new Error(classes[0])",
];

let lab: JupyterLab;
let browser: Browser;
let page: Page;
const away: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "cellkernel-hostile-"));

before(async () => {
  if (skip) return;
  const X = CLASSES.map((_, i) => [i, 1]);
  const cells = cellsOf(X, {
    obsNames: CLASSES.map((_, i) => element(`cell${i}`)),
    varNames: [element("gene"), script("gene").replaceAll("/", "")],
    obs: table({ type: CLASSES, [element("obs")]: CLASSES, "<b onmouseover=alert(1)>bold": [1, 2, 3, 4] }),
    var: table({ [element("var")]: [1, 2] }),
  });
  mkdirSync(folder, { recursive: true });
  await writeH5ad(cells, join(folder, `${element("path")}.h5ad`));
  const code = CELLS.map((source, i) => ({
    ...{ cell_type: "code", id: `c${i}`, source, outputs: [], execution_count: null },
    metadata: { tags: ["raises-exception"] },
  }));
  const metadata = { kernelspec: { name: "cellkernel", display_name: "TypeScript (Cellkernel)" } };
  writeFileSync(
    join(folder, "hostile.ipynb"),
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: code }),
  );
  lab = await startJupyterLab(folder);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  page = await browser.newPage({ viewport: { width: 1400, height: 6000 } });
  page.on("dialog", (dialog) => {
    away.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  const home = new URL(lab.url("x")).host;
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && host !== home) away.push(request.url());
  });
});

after(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Errors of the cells, out of the notebook that JupyterLab holds. */
function errors(): Promise<string[]> {
  return page.evaluate(() => {
    interface Output {
      output_type: string;
      ename?: string;
      evalue?: string;
    }
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: {
        shell: { currentWidget: { content: { model: { toJSON(): { cells: { outputs?: Output[] }[] } } } } };
      };
    };
    return jupyterapp.shell.currentWidget.content.model
      .toJSON()
      .cells.flatMap(({ outputs = [] }) => outputs)
      .filter(({ output_type }) => output_type === "error")
      .map(({ ename, evalue }) => `${ename}: ${evalue}`);
  });
}

test("nothing that a file says runs in the page, nor asks another host", {
  skip,
  timeout: 240_000,
}, async () => {
  await page.goto(lab.url("hostile.ipynb"));
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor({ timeout: 90_000 });
  await page
    .locator(".jp-Toolbar-kernelName", { hasText: "TypeScript (Cellkernel)" })
    .waitFor({ timeout: 60_000 });
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
  const last = page.locator(".jp-CodeCell").nth(CELLS.length - 1);
  await last.locator(".jp-OutputArea-output").first().waitFor({ timeout: 120_000 });
  assert.deepEqual(await errors(), [`Error: ${CLASSES[0]}`]);
  await page.locator(".cellkernel-embedding canvas").first().waitFor({ timeout: 30_000 });
  await page.locator(".cellkernel-training").first().waitFor({ timeout: 30_000 });
  await page.locator(".jp-RenderedVegaCommon5 svg, .jp-RenderedVegaCommon5 canvas").first().waitFor();
  // What shows more when it is pointed at: the legend's entries, cells, cells of the matrix.
  for (const entry of await page.locator(".cellkernel-legend-entry").all()) await entry.hover();
  await page
    .locator(".cellkernel-embedding canvas")
    .first()
    .hover({ position: { x: 180, y: 180 } });
  await page.locator(".jp-RenderedVegaCommon5").first().hover();
  await until(
    "tables to be drawn",
    async () => (await page.locator(".jp-OutputArea table").count()) >= 5,
    20,
  );
  const outputs = page.locator(".jp-OutputArea-output");
  assert.equal(await page.evaluate(() => (globalThis as { PWN?: unknown }).PWN), undefined);
  assert.equal(
    await outputs.locator("img[src='x'], script, [onerror], [onmouseover], a[href^='javascript']").count(),
    0,
  );
  assert.deepEqual(away, []);
  const heads = await outputs.locator("th").allTextContents();
  assert.ok(heads.includes(element("obs")) && heads.includes(element("var")), "shown as they are");
});
