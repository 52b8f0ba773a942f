import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { TRAINING_MIME } from "../../src/views/contract.js";
import { embeddingView } from "../../src/views/embedding.js";
import { reportView } from "../../src/views/report.js";
import { trainingPayload } from "../../src/views/training.js";
import { changeTheme, code, command, Laboratory, skip, unveiled, WITH_WEBGL } from "./page.js";

/** The views for those who use a keyboard, a screen reader or strong contrast, in JupyterLab. */

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CLASSES = ["B", "CD4+ T", "NK"];
const codes = Array.from({ length: 30 }, (_, i) => i % 3);
const embedding = embeddingView({
  ...{ title: "Thirty cells", x: codes.map((_, i) => i % 6), y: codes.map((_, i) => Math.floor(i / 6)) },
  panels: [
    { title: "Truth", categories: CLASSES, codes },
    {
      ...{ title: "Prediction", categories: CLASSES, codes: codes.map((c, i) => (i < 4 ? 0 : c)) },
      probabilities: codes.map(() => 0.75),
    },
  ],
  more: [{ title: "genes", values: codes.map((_, i) => i) }],
});
const scores = { precision: 0.5, recall: 0.75, f1: 0.6, support: 10 };
const evaluation = reportView({
  ...{ title: "Test cells", cells: 30, accuracy: 0.9, kappa: 0.8, macro: scores, weighted: scores },
  classes: CLASSES,
  perClass: CLASSES.map(() => scores),
  confusion: CLASSES.map((_, t) => CLASSES.map((_, p) => (t === p ? 9 : 1))),
  notes: ["WARNING: few cells"],
  assigned: {
    ...{ table: "thirty", rows: codes.map((_, i) => i), truth: codes },
    ...{ predicted: codes.map((c, i) => (i < 4 ? 0 : c)), probabilities: codes.map(() => 0.75) },
  },
  reliability: { error: 0.1, bins: [{ from: 0.7, to: 0.8, cells: 30, confidence: 0.75, accuracy: 0.9 }] },
});
const history = [1, 2, 3].map((epoch) => ({
  ...{ epoch, step: 10 * epoch, trainLoss: 1, validationLoss: 1 / epoch, validationError: 0.3 / epoch },
}));
const training = {
  [TRAINING_MIME]: trainingPayload({
    ...{ run: "r", state: "finished", step: 30, steps: 30, epoch: 3, epochs: 3, seconds: 9, secondsLeft: 0 },
    ...{ losses: Array.from({ length: 30 }, (_, i) => 2 - i / 20), history, bestEpoch: 3 },
  }),
};
const VIEWS = ["embedding", "evaluation", "training"];

const lab = new Laboratory();
let page: Page;

before(async () => {
  if (skip) return;
  await lab.start({
    "access.ipynb": [
      code("embedding", "", embedding),
      code("evaluation", "", await evaluation),
      code("training", "", training),
    ],
  });
  page = await lab.open("access.ipynb", WITH_WEBGL);
  await page.setViewportSize({ width: 1400, height: 2400 });
  for (const view of VIEWS) await page.locator(`.cellkernel-${view}`).first().waitFor();
  await page.locator(".cellkernel-embedding canvas").first().waitFor();
  await unveiled(page);
  await page.addScriptTag({ content: AXE });
  // JupyterLab's body hides what overflows, and axe leaves out what is hidden.
  await page.addStyleTag({ content: "body { overflow: visible !important; }" });
});

after(async () => {
  // JupyterLab keeps the theme for those who come after.
  if (page) await changeTheme(page, "JupyterLab Light");
  await lab.end();
});

interface Checked {
  /** Elements whose contrast was found to be enough. */
  contrasts: number;
  faults: string[];
}

/** What axe says of a view. */
function look(view: string): Promise<Checked> {
  return page.evaluate(async (within) => {
    interface Result {
      id: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as {
      axe: { run(context: object, options: object): Promise<{ passes: Result[]; violations: Result[] }> };
    };
    const found = await axe.run(
      { include: [within] },
      { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    );
    return {
      contrasts: found.passes.find(({ id }) => id === "color-contrast")?.nodes.length ?? 0,
      faults: found.violations.flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`,
        ),
      ),
    };
  }, `.cellkernel-${view}`);
}

for (const theme of ["JupyterLab Light", "JupyterLab Dark"])
  test(`axe finds nothing to mend in ${theme}, nor after a class is picked`, {
    skip,
    timeout: 180_000,
  }, async () => {
    await changeTheme(page, theme);
    const faults: string[] = [];
    const lookAll = async (when: string) => {
      for (const view of VIEWS) {
        const seen = await look(view);
        assert.ok(seen.contrasts >= 3, `${view}: axe has looked at ${seen.contrasts} texts`);
        faults.push(...seen.faults.map((fault) => `${when}, ${view}: ${fault}`));
      }
    };
    await lookAll("at first");
    const entry = page.locator(".cellkernel-embedding").getByRole("button", { name: /CD4\+ T/ });
    await entry.click();
    await page.locator(".cellkernel-embedding [aria-pressed=true]", { hasText: "CD4+ T" }).waitFor();
    await lookAll("picked");
    await entry.click();
    for (const tab of await page.locator(".cellkernel-evaluation").getByRole("tab").all()) {
      await tab.click();
      faults.push(...(await look("evaluation")).faults.map((fault) => `tab, ${fault}`));
    }
    await page.locator(".cellkernel-evaluation").getByRole("tab").first().click();
    assert.deepEqual([...new Set(faults)], []);
  });

test("plots are tab stops, keys act on them alone, and Escape leaves", {
  skip,
  timeout: 60_000,
}, async () => {
  const focused = () =>
    page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { activeElement: { className: string; getAttribute(name: string): string | null } };
      };
      const { activeElement: node } = document;
      return `${node.className} ${node.getAttribute("aria-label") ?? ""}`;
    });
  const frames = page.locator(".cellkernel-embedding .cellkernel-frame");
  await frames.first().focus();
  const cell = await page.locator(".jp-Cell.jp-mod-active").getAttribute("data-windowed-list-index");
  for (const key of ["ArrowDown", "ArrowDown", "ArrowLeft", "+", "-", "n", "p"])
    await page.keyboard.press(key);
  assert.match(await focused(), /cellkernel-frame/);
  assert.equal(await page.locator(".jp-Cell.jp-mod-active").getAttribute("data-windowed-list-index"), cell);
  assert.equal(await page.locator(".jp-Cell").count(), 3, "no key has made or deleted a cell");
  await page.keyboard.press("Tab");
  assert.match(await focused(), /cellkernel-(panel-name|frame|card|close|legend|mistakes)/);
  await frames.first().focus();
  // The first takes back the card of a cell, the next leaves.
  for (let press = 0; press < 3 && /cellkernel-frame/.test(await focused()); press++)
    await page.keyboard.press("Escape");
  assert.doesNotMatch(await focused(), /cellkernel-frame/);
});

test("a matrix that was a tab has its room where it stands by itself", {
  skip,
  timeout: 30_000,
}, async () => {
  const evaluation = page.locator(".cellkernel-evaluation");
  await page.setViewportSize({ width: 900, height: 900 });
  await evaluation.getByRole("tab", { name: "Confusion matrix" }).waitFor();
  await page.setViewportSize({ width: 1500, height: 2400 });
  await evaluation.getByRole("tab", { name: "Confusion matrix" }).waitFor({ state: "detached" });
  const matrix = (await evaluation.locator(".cellkernel-matrix").boundingBox())!;
  const line = (await evaluation.locator(".cellkernel-line").boundingBox())!;
  assert.ok(matrix.y + matrix.height <= line.y, "the line of the selection stands below the matrix");
});

test("what the plots show stands there in words", { skip, timeout: 30_000 }, async () => {
  const table = page.locator(".cellkernel-embedding table.cellkernel-spoken");
  const rows = await table
    .locator("tr")
    .evaluateAll((lines) =>
      lines.map((line) =>
        [...(line as unknown as { cells: { textContent: string }[] }).cells].map((cell) => cell.textContent),
      ),
    );
  // 30 cells, a third of each class; two of the first four were no B and are taken for it.
  assert.deepEqual(rows, [
    ["Class", "Truth", "Prediction"],
    ["B", "10", "12"],
    ["CD4+ T", "10", "9"],
    ["NK", "10", "9"],
  ]);
  assert.match(
    (await table.locator("caption").textContent())!,
    /Thirty cells: 30 cells by class\. Mistakes: 2/,
  );
  const said = await page
    .locator(".cellkernel-training svg[role=img]")
    .evaluateAll((charts) => charts.map((chart) => (chart as unknown as { ariaLabel: string }).ariaLabel));
  assert.match(said[0], /^Loss by step: training 0\.\d+, validation 0\.333 at the end$/);
  assert.equal(said[1], "Validation cells labelled wrongly by epoch: 10.0 % at the end");
});

test("nothing moves by itself for those who want it so", { skip, timeout: 30_000 }, async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = await page.locator(".cellkernel-view, .cellkernel-view *").evaluateAll((nodes) => {
    const { getComputedStyle } = globalThis as unknown as {
      getComputedStyle(node: unknown): { transitionDuration: string; animationName: string };
    };
    return nodes.filter((node) => {
      const { transitionDuration, animationName } = getComputedStyle(node);
      return !/^0s(, 0s)*$/.test(transitionDuration) || animationName !== "none";
    }).length;
  });
  assert.equal(moving, 0);
});

test("commands reach the embedding, and settings its colours", { skip, timeout: 60_000 }, async () => {
  const entry = page.locator(".cellkernel-embedding").getByRole("button", { name: /CD4\+ T/ });
  await entry.click();
  await command(page, "cellkernel:embedding-clear");
  await page
    .locator(".cellkernel-embedding [aria-pressed=true]", { hasText: "CD4+ T" })
    .waitFor({ state: "detached" });
  const saved = page.waitForEvent("download");
  await command(page, "cellkernel:embedding-png");
  assert.match((await saved).suggestedFilename(), /^Thirty-cells\.png$/);
  await page.getByRole("combobox").first().waitFor();
  await command(page, "settingeditor:open", { query: "Cellkernel" });
  await page.getByText("Most cells while moving").first().waitFor();
});
