import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { type JupyterLab, startJupyterLab } from "../support/jupyterLab.js";
import { coloured, decodePng } from "../support/png.js";
import { until } from "../support/processes.js";

/**
 * The notebook as a user meets it: opened in JupyterLab in a browser, all cells run from the menu, the page looked at.
 * Screenshots stay in output/jupyterlab/.
 */

const FOLDER = "output/jupyterlab";
const skip = !process.env.CHROMIUM && "no Chromium: see the line above";

let lab: JupyterLab;
let browser: Browser;
let page: Page;
const problems: string[] = [];

before(async () => {
  if (skip) return;
  // A copy, since JupyterLab saves what it runs.
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  cpSync("notebooks", `${FOLDER}/notebooks`, { recursive: true });
  lab = await startJupyterLab(FOLDER);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--no-sandbox",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--ignore-gpu-blocklist",
    ],
  });
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, colorScheme: "light" });
  page.on("pageerror", (error) => problems.push(error.message));
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** A notebook cell as JupyterLab holds it, whether it is on the screen or not. */
interface CellState {
  cell_type: string;
  execution_count: number | null;
  outputs?: { output_type: string; ename?: string; evalue?: string; data?: Record<string, unknown> }[];
}

/** The open notebook's cells, read from JupyterLab itself: the page holds only those in view. */
function cells(): Promise<CellState[]> {
  return page.evaluate(() => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: { content: { model: { toJSON(): { cells: CellState[] } } } } } };
    };
    return jupyterapp.shell.currentWidget.content.model.toJSON().cells;
  });
}

function isTraining({ outputs = [] }: CellState): boolean {
  return outputs.some(({ data = {} }) => Object.keys(data).some((type) => type.includes(".training.")));
}

function busy(): Promise<boolean> {
  return page.evaluate(() => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: {
        shell: { currentWidget: { sessionContext: { session?: { kernel?: { status: string } } } } };
      };
    };
    return jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status !== "idle";
  });
}

async function errors(): Promise<string[]> {
  const outputs = (await cells()).flatMap((cell) => cell.outputs ?? []);
  return outputs.filter((o) => o.output_type === "error").map((o) => `${o.ename}: ${o.evalue}`);
}

/** Puts the cell that holds some code, or the heading above it, at the top of the page. */
function show(code: string): Promise<void> {
  return page.evaluate(async (text) => {
    interface Content {
      widgets: { model: { sharedModel: { getSource(): string } } }[];
      activeCellIndex: number;
      scrollToItem(index: number, align: string): Promise<void>;
    }
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: { content: Content } } };
    };
    const { content } = jupyterapp.shell.currentWidget;
    const index = content.widgets.findIndex((cell) => cell.model.sharedModel.getSource().includes(text));
    content.activeCellIndex = index;
    await content.scrollToItem(index, "start");
  }, code);
}

async function photograph(name: string): Promise<void> {
  // Time for the page to draw.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
}

test("the notebook opens with our kernel", { skip, timeout: 120_000 }, async () => {
  await page.goto(lab.url("notebooks/protocol.ipynb"));
  await page.locator(".jp-Notebook .jp-MarkdownCell h1").first().waitFor({ timeout: 60_000 });
  await page
    .locator(".jp-Toolbar-kernelName", { hasText: "TypeScript (Cellkernel)" })
    .waitFor({ timeout: 30_000 });
  await until("the kernel to be idle", async () => !(await busy()), 30);
  await photograph("1-start");
});

test("all cells run, and none shows an error", { skip, timeout: 300_000 }, async () => {
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
  await until("the training to begin", async () => (await cells()).some(isTraining), 120);
  await show("await finetune(");
  await page.locator(".cellkernel-training").first().waitFor({ timeout: 30_000 });
  await page.waitForTimeout(5000);
  await photograph("2-training");
  await until("the last cell to end", async () => (await errors()).length > 0 || !(await busy()), 240);
  assert.deepEqual(await errors(), []);
  const code = (await cells()).filter((cell) => cell.cell_type === "code");
  assert.deepEqual(
    code.map((cell) => cell.execution_count),
    code.map((_, i) => i + 1),
  );
  assert.deepEqual(problems, []);
});

test("the embedding shows drawn points", { skip, timeout: 60_000 }, async () => {
  const embedding = page.locator(".cellkernel-embedding canvas").first();
  await show("report.embedding");
  await embedding.waitFor({ timeout: 30_000 });
  await photograph("3-evaluation");
  const share = coloured(decodePng(await embedding.screenshot()));
  assert.ok(share > 0.005, `${(100 * share).toFixed(2)} % of the embedding's pixels have a colour`);
});
