import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { type JupyterLab, startJupyterLab } from "../support/jupyterLab.js";
import { decodePng } from "../support/png.js";

/** Why tests in a browser are left out, where they are. */
export const skip = !process.env.CHROMIUM && "no Chromium: see the line above";
export const WITH_WEBGL = [
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
];
export const WITHOUT_WEBGL = ["--disable-gpu", "--disable-3d-apis"];

/** A notebook's code cell. */
export function code(id: string, source: string, data?: Record<string, unknown>): object {
  const outputs = data ? [{ output_type: "display_data", metadata: {}, data }] : [];
  return { cell_type: "code", id, source, outputs, metadata: {}, execution_count: null };
}

/** JupyterLab on a folder with these notebooks, and browsers that look at it. */
export class Laboratory {
  /** What the pages have logged as errors. */
  readonly problems: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), "cellkernel-extension-"));
  readonly #browsers: Browser[] = [];
  #lab: JupyterLab | undefined;

  async start(
    notebooks: Record<string, object[]>,
    kernelspec = { name: "cellkernel", display_name: "TypeScript (Cellkernel)" },
    app: "lab" | "notebook" = "lab",
  ): Promise<void> {
    for (const [name, cells] of Object.entries(notebooks)) {
      const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells };
      writeFileSync(join(this.folder, name), JSON.stringify(notebook));
    }
    this.#lab = await startJupyterLab(this.folder, app);
  }

  /** A page with a browser of its own, of a notebook or, without one, of the launcher. */
  async open(notebook: string, flags: string[], prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      args: ["--no-sandbox", ...flags],
    });
    this.#browsers.push(browser);
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.on("pageerror", (error) => this.problems.push(error.stack ?? error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(`${message.text()} ${message.location().url}`);
    });
    await prepare?.(page);
    await this.visit(page, notebook);
    return page;
  }

  async visit(page: Page, notebook: string): Promise<void> {
    await page.goto(this.#lab!.url(notebook));
    const shown = notebook ? ".jp-CodeCell" : ".jp-Launcher";
    await page.locator(shown).first().waitFor({ timeout: 120_000 });
  }

  async end(): Promise<void> {
    for (const browser of this.#browsers) await browser.close();
    await this.#lab?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a command of JupyterLab to its end. */
export function command(page: Page, id: string, args: object = {}): Promise<void> {
  return page.evaluate(
    async ([name, given]) => {
      const { jupyterapp } = globalThis as unknown as {
        jupyterapp: { commands: { execute(id: string, args: object): Promise<unknown> } };
      };
      await jupyterapp.commands.execute(name as string, given as object);
    },
    [id, args],
  );
}

/** JupyterLab hides the page while it loads a theme. */
export function unveiled(page: Page): Promise<void> {
  return page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
}

/** Changes JupyterLab's theme. Not while it still takes away the veil of its start or of another: it would fail at that. */
export async function changeTheme(page: Page, theme: string): Promise<void> {
  await unveiled(page);
  await command(page, "apputils:change-theme", { theme });
  await page.locator(`body[data-jp-theme-name="${theme}"]`).waitFor({ state: "attached" });
  await unveiled(page);
}

/** Puts a cell in view. */
export function scrollTo(page: Page, cell: number): Promise<void> {
  return page.evaluate(async (index) => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: { content: { scrollToItem(index: number): Promise<void> } } } };
    };
    await jupyterapp.shell.currentWidget.content.scrollToItem(index);
  }, cell);
}

/** A notebook's cell as JupyterLab holds it, whether it is on the screen or not. */
export interface CellState {
  cell_type: string;
  source: string;
  execution_count: number | null;
  outputs?: { output_type: string; ename?: string; evalue?: string; data?: Record<string, unknown> }[];
}

/** The cells of the notebook in front, read from JupyterLab itself: the page holds only those in view. */
export function cellsOf(page: Page): Promise<CellState[]> {
  return page.evaluate(() => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: { content: { model: { toJSON(): { cells: CellState[] } } } } } };
    };
    return jupyterapp.shell.currentWidget.content.model.toJSON().cells;
  });
}

/** Whether the kernel of the notebook in front has started, and runs no cell. */
export function isIdle(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: {
        shell: { currentWidget?: { sessionContext: { session?: { kernel?: { status: string } } } } };
      };
    };
    return jupyterapp.shell.currentWidget?.sessionContext.session?.kernel?.status === "idle";
  });
}

/** Makes a cell the active one. */
export function activate(page: Page, cell: number): Promise<void> {
  return page.evaluate((index) => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: { content: { activeCellIndex: number } } } };
    };
    jupyterapp.shell.currentWidget.content.activeCellIndex = index;
  }, cell);
}

/** Keeps a picture of the page in output/jupyterlab/; some of them stand in docs/images/. */
export async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync("output/jupyterlab", { recursive: true });
  await page.screenshot({ path: `output/jupyterlab/${name}.png` });
}

/** Red, green and blue at a place of a picture, in shares of its width and height from the upper left. */
export type PixelAt = (across: number, down: number) => [number, number, number];

/** A picture of an element. A view that is drawn anew, for another theme or size, takes it away in the meantime. */
export async function snapshot(shown: Locator): Promise<ReturnType<typeof decodePng>> {
  for (let attempt = 0; ; attempt++) {
    try {
      return decodePng(await shown.screenshot());
    } catch (error) {
      if (attempt === 40 || !/not attached to the DOM/.test(String(error))) throw error;
      await shown.page().waitForTimeout(250);
    }
  }
}

/** The pixels of an element as it is shown. */
export async function pixels(shown: Locator): Promise<PixelAt> {
  const { width, height, channels, data } = await snapshot(shown);
  return (across, down) => {
    const p = (Math.floor(down * height) * width + Math.floor(across * width)) * channels;
    return [data[p], data[p + 1], data[p + 2]];
  };
}

/** Waits until a panel shows as many dots as expected: drawing takes some frames. */
export async function shows(canvas: Locator, expected: Record<string, number>): Promise<void> {
  let found = {};
  for (let attempt = 0; attempt < 40; attempt++) {
    found = dots(await snapshot(canvas));
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    await canvas.page().waitForTimeout(250);
  }
  assert.deepEqual(found, expected);
}

/** Connected blobs of each of the palette's first two colours, blue and orange. */
function dots({
  width,
  height,
  channels,
  data,
}: Awaited<ReturnType<typeof snapshot>>): Record<string, number> {
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

/** Dots are counted without the names that stand over them. */
export async function hideNames(tab: Page): Promise<void> {
  await tab.addStyleTag({ content: ".cellkernel-overlay { display: none }" });
}
