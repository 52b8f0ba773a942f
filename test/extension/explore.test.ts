import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { EVALUATION_MIME } from "../../src/views/contract.js";
import { reportView } from "../../src/views/report.js";
import { writeSmallCells } from "../support/smallReport.js";
import { code, command, Laboratory, scrollTo, skip, snapshot, WITH_WEBGL } from "./page.js";

/** One selection of page and code, in JupyterLab with the real kernel: a map of a report's cells, and its evaluation. */

const REPORT = new URL("../support/smallReport.js", import.meta.url).href;
const lab = new Laboratory();
let page: Page;

const SCRIPT = "<img src=x onerror='window.attacked=1'><script>window.attacked=1</script>";
/** A class of each of 500 names, one of them a script. */
async function hostile() {
  const classes = Array.from({ length: 500 }, (_, c) => (c === 0 ? SCRIPT : `class ${c}`));
  const codes = classes.map((_, c) => c);
  const scores = { precision: 1, recall: 1, f1: 1 };
  return reportView({
    ...{
      title: SCRIPT,
      cells: 500,
      accuracy: 1,
      kappa: 1,
      macro: scores,
      weighted: scores,
      classes,
      notes: [SCRIPT],
    },
    perClass: classes.map(() => ({ ...scores, support: 1 })),
    confusion: classes.map((_, t) => classes.map((_, p) => (t === p ? 1 : 0))),
    assigned: {
      table: "hostile",
      rows: codes,
      truth: codes,
      predicted: codes,
      probabilities: codes.map(() => 1),
    },
  });
}

before(async () => {
  if (skip) return;
  const cells = join(lab.folder, "cells.h5ad");
  await writeSmallCells(cells);
  const bundle = await hostile();
  await lab.start({
    "explore.ipynb": [
      code(
        "map",
        `const { smallReport } = await import(${JSON.stringify(REPORT)} as string);\n` +
          `const report = await smallReport(${JSON.stringify(cells)});\n` +
          'const map = report.explore({ colorBy: ["truth", "prediction"] });\nmap',
      ),
      code("report", "report"),
      code("next", 'const next = await map.nextSelection();\nconsole.log(next.names.join(" "), next.what);'),
      code("select", "map.select({ rows: [5], what: 'chosen by code' });"),
      code("color", 'await map.colorBy("cd3d");'),
      code("known", 'console.log([...map.selection.rows].join(" "));'),
    ],
    "odd.ipynb": [
      code("many", "", bundle),
      code("damaged", "", { ...bundle, [EVALUATION_MIME]: { classes: "?" } }),
    ],
  });
  page = await lab.open("explore.ipynb", WITH_WEBGL);
  page.setDefaultTimeout(30_000);
});

after(() => lab.end());

const cell = (at: number) => page.locator(".jp-CodeCell").nth(at);
const view = () => cell(0).locator(".cellkernel-embedding");
const evaluation = () => cell(1).locator(".cellkernel-evaluation");

/** Runs a cell; its outputs are there a while later. */
async function run(at: number): Promise<void> {
  await scrollTo(page, at);
  await page.evaluate((index) => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: { content: { activeCellIndex: number; deselectAll(): void } } } };
    };
    const { content } = jupyterapp.shell.currentWidget;
    content.deselectAll();
    content.activeCellIndex = index;
  }, at);
  await command(page, "notebook:run-cell");
}

const says = (shown: Locator, text: string | RegExp) => shown.getByText(text).first().waitFor();

test("what is selected in the page comes to the code that waits for it", {
  skip,
  timeout: 150_000,
}, async () => {
  await page.locator("#jp-main-statusbar", { hasText: "Idle" }).waitFor({ timeout: 60_000 });
  await run(0);
  await view().locator("canvas").first().waitFor({ timeout: 60_000 });
  await run(1);
  await evaluation().waitFor();
  const waiting = run(2);
  await scrollTo(page, 0);
  await view().locator(".cellkernel-legend-entry", { hasText: "B cell" }).first().click();
  await waiting;
  await says(cell(2), "cell-1 cell-3 true B cell");
});

test("what code selects, and how it colours, shows in the page", { skip, timeout: 60_000 }, async () => {
  await run(3);
  await scrollTo(page, 0);
  await says(view(), "1 cell selected · chosen by code");
  const canvas = view().locator("canvas").last();
  const before = await snapshot(canvas);
  await run(4);
  await scrollTo(page, 0);
  await says(view(), "CD3D");
  let changed = false;
  for (let attempt = 0; !changed && attempt < 40; attempt++) {
    const now = await snapshot(view().locator("canvas").last());
    changed = Buffer.compare(Buffer.from(now.data), Buffer.from(before.data)) !== 0;
    if (!changed) await page.waitForTimeout(250);
  }
  assert.ok(changed, "the cells are painted anew");
});

test("an entry of the confusion matrix selects its cells in the embedding, and in code", {
  skip,
  timeout: 60_000,
}, async () => {
  await scrollTo(page, 1);
  await evaluation().getByRole("gridcell", { name: "true NK, taken for B cell: 1 cells" }).click();
  await says(evaluation(), "1 cell selected · true NK, taken for B cell");
  await scrollTo(page, 0);
  await says(view(), "1 cell selected · true NK, taken for B cell");
  await run(5);
  await says(cell(5), "2");
  // By keyboard: from NK's entry to the head of its row, whose cells are the same one; then to that of T cells.
  await scrollTo(page, 1);
  const matrix = evaluation().getByRole("grid");
  await matrix.focus();
  for (const key of ["ArrowLeft", "ArrowDown", "Enter"]) await matrix.press(key);
  await says(evaluation(), "1 cell selected · true T cell");
  // The surest mistake.
  await evaluation().getByRole("tab", { name: "Mistakes" }).click();
  await evaluation()
    .getByRole("button", { name: /T cell.*NK.*row 4/ })
    .click();
  await says(evaluation(), "1 cell selected · row 4");
});

test("the one cell that is selected elsewhere has its card in the embedding, until another selection", {
  skip,
  timeout: 60_000,
}, async () => {
  await scrollTo(page, 0);
  const card = view().locator(".cellkernel-pinned");
  await says(card, "cell-4");
  assert.match((await card.textContent()) ?? "", /^cell-4TruthT cellPredictionNK/i);
  // One that code selects, too; a class that is picked in the embedding itself takes the card away.
  await card.getByRole("button", { name: "Close" }).click();
  await run(3);
  await scrollTo(page, 0);
  await says(card, "cell-5");
  await view().locator(".cellkernel-legend-entry", { hasText: "T cell" }).first().click();
  await card.waitFor({ state: "hidden" });
  await scrollTo(page, 1);
  await evaluation()
    .getByRole("button", { name: /T cell.*NK.*row 4/ })
    .click();
  await scrollTo(page, 0);
  await says(card, "cell-4");
});

test("a cell whose name the notebook does not hold is found by the kernel", {
  skip,
  timeout: 60_000,
}, async () => {
  const box = view().getByRole("searchbox", { name: "Find a cell" });
  await box.fill("CELL-2");
  await box.press("Enter");
  await says(view().locator(".cellkernel-pinned"), "cell-2");
  await box.fill("nobody");
  await box.press("Enter");
  await says(view(), "No cell is called “nobody”.");
  assert.equal(await box.getAttribute("aria-invalid"), "true");
  await box.fill("");
});

test("the figures and the curve of a class select its cells in the embedding, and show what is selected there", {
  skip,
  timeout: 60_000,
}, async () => {
  // Of the embedding's two B cells one was evaluated: row 3, rightly labelled at 0.75.
  await view().locator(".cellkernel-legend-entry", { hasText: "B cell" }).first().click();
  await says(view(), "2 cells selected · true B cell");
  await scrollTo(page, 1);
  await evaluation().getByRole("tab", { name: "Classes" }).click();
  const pressed = evaluation().locator('.cellkernel-classes-row [aria-pressed="true"]');
  assert.deepEqual(await pressed.allTextContents(), ["B cell"]);
  assert.deepEqual(
    await evaluation().locator(".cellkernel-matrix-head.cellkernel-picked").allTextContents(),
    ["B cell"],
  );
  await evaluation().getByRole("tab", { name: "Reliability" }).click();
  await says(
    evaluation(),
    "Selected: 1 of the evaluated cells. 100 % of their labels are right; 75 % were promised.",
  );
  assert.equal(await evaluation().locator("circle.cellkernel-own").count(), 1);
  // Two were labelled so, at 0.5 and 0.75; one of them rightly.
  const labels = evaluation().getByRole("combobox", { name: "Labels of" });
  await labels.selectOption("B cell");
  await says(
    evaluation(),
    /Selected: 2 of the evaluated cells. 50 % of their labels are right; 6[23] % were promised\./,
  );
  await says(evaluation(), "2 cells selected · taken for B cell");
  await scrollTo(page, 0);
  await says(view(), "2 cells selected · taken for B cell");
  // Anywhere in a row of the table; once more, and nothing is selected.
  await scrollTo(page, 1);
  await evaluation().getByRole("tab", { name: "Classes" }).click();
  assert.deepEqual(
    (await pressed.allTextContents()).sort(),
    ["B cell", "NK"],
    "all of both were taken for B",
  );
  await evaluation()
    .getByRole("row", { name: /^T cell/ })
    .getByRole("cell")
    .last()
    .click();
  await scrollTo(page, 0);
  await says(view(), "1 cell selected · true T cell");
  await view().locator('.cellkernel-legend-entry[aria-pressed="true"]', { hasText: "T cell" }).waitFor();
  await scrollTo(page, 1);
  assert.deepEqual(await pressed.allTextContents(), ["T cell"]);
  await pressed.press("Enter");
  await says(evaluation(), "Click an entry");
  await evaluation().getByRole("tab", { name: "Mistakes" }).click();
  await evaluation()
    .getByRole("button", { name: /T cell.*NK.*row 4/ })
    .click();
});

test("a page that was reloaded has the selection again", { skip, timeout: 120_000 }, async () => {
  await command(page, "docmanager:save");
  await lab.visit(page, "explore.ipynb");
  await scrollTo(page, 0);
  await says(view(), "1 cell selected · row 4");
  await says(view().locator(".cellkernel-pinned"), "cell-4");
});

test("500 classes scroll, odd names are names, and of damaged data there is the picture", {
  skip,
  timeout: 90_000,
}, async () => {
  await lab.visit(page, "odd.ipynb");
  const many = cell(0).locator(".cellkernel-evaluation");
  await says(many, "500 classes: scroll for all");
  assert.equal(await many.locator(".cellkernel-title").textContent(), `${SCRIPT}500 cells`);
  const entries = await many.getByRole("gridcell").count();
  assert.ok(entries < 4000, `${entries} entries of 250,000 are drawn`);
  await many.getByRole("grid").focus();
  await many.getByRole("grid").press("End");
  await many.getByRole("columnheader", { name: "class 499" }).waitFor();
  for (const width of [720, 1024, 1440, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.waitForTimeout(300);
    const [room, inside] = await many.evaluate((node) => {
      const { clientWidth, scrollWidth } = node as unknown as { clientWidth: number; scrollWidth: number };
      return [clientWidth, scrollWidth];
    });
    assert.ok(inside <= room + 1, `${inside} of ${room} at ${width}`);
  }
  await scrollTo(page, 1);
  await says(cell(1), "The data of this evaluation are damaged; this is its picture.");
  await cell(1).getByRole("img").waitFor();
  const attacked = await page.evaluate(() => (globalThis as Record<string, unknown>).attacked);
  assert.equal(attacked, undefined);
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(lab.problems, []);
});
