import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { sequential } from "../../src/views/contract.js";
import { embeddingView } from "../../src/views/embedding.js";
import { until } from "../support/processes.js";
import {
  changeTheme,
  code,
  command,
  hideNames,
  Laboratory,
  pixels,
  scrollTo,
  skip,
  WITH_WEBGL,
} from "./page.js";

/** Each setting and each command of the palette, by its effect in the page. */

/** 25 cells on a 5 × 5 grid, whose values are 0 … 24. */
const SIDE = 5;
const along = Array.from({ length: SIDE * SIDE }, (_, i) => i);
const grid = embeddingView({
  ...{ title: "A grid", x: along.map((i) => i % SIDE), y: along.map((i) => Math.floor(i / SIDE)) },
  panels: [{ title: "Class", categories: ["few", "many"], codes: along.map((i) => (i < 5 ? 0 : 1)) }],
  more: [{ title: "value", values: along, range: [0, 24] as const }],
});
/** More than are drawn at a time while they move, where that is so set. */
const CROWD = 5000;
const spread = (by: number) => Float64Array.from({ length: CROWD }, (_, i) => (i * by) % 1);
const crowd = embeddingView({
  ...{ x: spread(0.7548776662), y: spread(0.569840291) },
  panels: [{ title: "Crowd", categories: ["a"], codes: new Uint8Array(CROWD) }],
});

const LIBRARY = new URL("../../src/protocol/liveTraining.js", import.meta.url).href;
/** A run that goes on a step every 20 ms, a hundred times, and then ends. */
const TRAIN = `
import { host } from "cellkernel";
const { LiveTraining } = await import(${JSON.stringify(LIBRARY)} as string);
const run: any = { run: "quick", state: "running", step: 0, steps: 100, epoch: 1, epochs: 1, seconds: 1, secondsLeft: 1, losses: [1], history: [], bestEpoch: null };
const orders = { stop() {}, pause() {}, resume() {} };
const live = new LiveTraining(host(), run, orders);
for (; run.step < 100; run.step++) {
  live.update(run, true);
  await new Promise((next) => setTimeout(next, 20));
}
run.state = "finished";
await live.close(run);`;

const lab = new Laboratory();
let page: Page;
let view: Locator;

before(async () => {
  if (skip) return;
  await lab.start({
    "settings.ipynb": [code("grid", "", grid), code("crowd", "", crowd), code("train", TRAIN)],
    "again.ipynb": [code("grid", "", grid)],
  });
  page = await lab.open("settings.ipynb", WITH_WEBGL, async (tab) => {
    // As if a card were behind the graphics, and counting what is drawn.
    await tab.addInitScript(() => {
      interface Context {
        getExtension(name: string): unknown;
        drawArrays(mode: number, first: number, count: number): void;
      }
      const scope = globalThis as unknown as {
        WebGL2RenderingContext: { prototype: Context };
        drawn: number[];
      };
      scope.drawn = [];
      const { prototype } = scope.WebGL2RenderingContext;
      const { getExtension, drawArrays } = prototype;
      prototype.getExtension = function (name) {
        return name === "WEBGL_debug_renderer_info" ? null : getExtension.call(this, name);
      };
      prototype.drawArrays = function (mode, first, count) {
        scope.drawn.push(count);
        drawArrays.call(this, mode, first, count);
      };
    });
  });
  page.setDefaultTimeout(20_000);
  view = page.locator(".cellkernel-embedding").first();
  await view.locator("canvas").first().waitFor({ timeout: 120_000 });
  await changeTheme(page, "JupyterLab Light");
});

after(async () => {
  await lab.end();
  // JupyterLab keeps settings for those who come after.
  const kept = join(process.env.JUPYTER_CONFIG_DIR ?? "", "lab/user-settings/@cellkernel");
  if (process.env.JUPYTER_CONFIG_DIR) rmSync(kept, { recursive: true, force: true });
});

const SETTINGS = {
  classNames: ["embedding", "embeddings", "Names on the classes"],
  movingCells: ["embedding", "embeddings", "Most cells while moving"],
  palette: ["embedding", "embeddings", "Colours of numbers"],
  redrawSeconds: ["training", "learning curves", "Seconds between drawings"],
} as const;

/** Sets a setting as one does: in the editor of the settings, whose tab is closed again. */
async function set(setting: keyof typeof SETTINGS, value: string | boolean | number): Promise<void> {
  const [plugin, title, label] = SETTINGS[setting];
  await command(page, "settingeditor:open", { query: "Cellkernel" });
  await page.locator(".jp-PluginList").getByText(`Cellkernel: ${title}`).first().click();
  const field = page.locator(".jp-SettingsPanel .jp-FormGroup-content", { hasText: label }).last();
  if (typeof value === "boolean") await field.locator("input[type=checkbox]").setChecked(value);
  else if (typeof value === "number") await field.locator("input").fill(String(value));
  else await field.locator("select").selectOption({ label: value });
  // It is saved a while after; what stands by itself is left out of the file, whose remarks name it.
  const kept = `lab/user-settings/@cellkernel/jupyterlab/${plugin}.jupyterlab-settings`;
  const path = join(process.env.JUPYTER_CONFIG_DIR!, kept);
  const schema = JSON.parse(readFileSync(`extension/schema/${plugin}.json`, "utf8"));
  await until(
    `${label} to be ${value}`,
    async () => {
      const text = existsSync(path) ? readFileSync(path, "utf8").replaceAll(/^\s*\/\/.*$/gm, "") : "{}";
      const { [setting]: saved = schema.properties[setting].default } = JSON.parse(text || "{}");
      return saved === value;
    },
    20,
  );
  await command(page, "application:close");
  await view.waitFor();
}

const near = (color: readonly number[], hex: string) =>
  [1, 3, 5].every((at, c) => Math.abs(Number.parseInt(hex.slice(at, at + 2), 16) - color[c]) < 25);

/** Waits until the cells of the grid have the colours of their values. */
async function colored(palette: readonly string[], what: string): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const pixel = await pixels(view.locator("canvas").first());
    const right = along.filter((i) =>
      near(
        pixel(0.025 + 0.2375 * (i % SIDE), 0.975 - 0.2375 * Math.floor(i / SIDE)),
        palette[Math.round((254 * i) / 24)],
      ),
    );
    if (right.length === along.length) return;
    await page.waitForTimeout(150);
  }
  assert.fail(what);
}

test("the palette of numbers, in both themes", { skip, timeout: 150_000 }, async () => {
  await hideNames(page);
  const box = view.getByRole("combobox", { name: "Colour by" });
  await box.click();
  await view.getByRole("option", { name: "value" }).click();
  await colored(sequential("light"), "yellow to blue");
  await set("palette", "viridis");
  await colored(sequential("light", "viridis"), "viridis");
  await changeTheme(page, "JupyterLab Dark");
  await colored(sequential("dark", "viridis"), "viridis on black");
  await set("palette", "yellow-blue");
  await colored(sequential("dark"), "yellow to blue on black");
  await changeTheme(page, "JupyterLab Light");
  await colored(sequential("light"), "as at first");
});

test("the most cells that are drawn while a plot moves", { skip, timeout: 90_000 }, async () => {
  await scrollTo(page, 1);
  const frame = page.locator(".jp-CodeCell").nth(1).locator(".cellkernel-frame");
  const drawn = () => page.evaluate(() => (globalThis as unknown as { drawn: number[] }).drawn.splice(0));
  const drag = async () => {
    await scrollTo(page, 1);
    const { x, y } = (await frame.boundingBox())!;
    await page.mouse.move(x + 50, y + 50);
    await page.mouse.down();
    await drawn();
    await page.mouse.move(x + 90, y + 70, { steps: 8 });
    await page.mouse.up();
    // Once it rests, all are.
    const counts: number[] = [];
    await until(
      "all to be drawn",
      async () => {
        counts.push(...(await drawn()));
        return counts.at(-1) === CROWD;
      },
      20,
    );
    return counts;
  };
  await set("movingCells", 700);
  const few = await drag();
  assert.ok(few.includes(700), `${few}`);
  assert.ok(
    few.slice(0, few.indexOf(CROWD)).every((count) => count <= 700),
    `${few}`,
  );
  await set("movingCells", 0);
  assert.ok(!(await drag()).includes(700));
});

test("whether names stand on the classes when a view is first shown", { skip, timeout: 90_000 }, async () => {
  await set("classNames", false);
  await command(page, "docmanager:open", { path: "again.ipynb" });
  const shown = page.locator(".cellkernel-embedding:visible");
  await shown.locator("canvas").first().waitFor();
  const names = () =>
    shown
      .locator(".cellkernel-names")
      .first()
      .evaluate((node) => {
        const scope = globalThis as unknown as { getComputedStyle(of: unknown): { display: string } };
        return scope.getComputedStyle(node).display;
      });
  // The same cells have been shown with their names before, and are shown as they were.
  assert.notEqual(await names(), "none");
  await page.reload();
  await shown.locator("canvas").first().waitFor({ timeout: 60_000 });
  await until("the names to go", async () => (await names()) === "none", 20);
  await command(page, "docmanager:open", { path: "settings.ipynb" });
  await view.waitFor();
  await set("classNames", true);
});

test("how often learning curves are drawn", { skip, timeout: 150_000 }, async () => {
  /** How many states of the run are drawn. */
  const states = async () => {
    await scrollTo(page, 2);
    await page.evaluate(() => {
      const scope = globalThis as unknown as {
        seen: Set<string>;
        document: { querySelector(selector: string): { textContent: string } | null };
        MutationObserver: new (changed: () => void) => { observe(node: unknown, options: object): void };
      };
      const seen = new Set<string>();
      scope.seen = seen;
      new scope.MutationObserver(() => {
        const text = scope.document.querySelector('[data-state="running"] .cellkernel-detail')?.textContent;
        if (text) seen.add(text);
      }).observe(scope.document, { subtree: true, childList: true, characterData: true });
      const { jupyterapp } = globalThis as unknown as {
        jupyterapp: {
          shell: { currentWidget: { content: { activeCellIndex: number; deselectAll(): void } } };
        };
      };
      jupyterapp.shell.currentWidget.content.deselectAll();
      jupyterapp.shell.currentWidget.content.activeCellIndex = 2;
    });
    await command(page, "notebook:run-cell");
    await page.locator('.cellkernel-training[data-state="finished"]').waitFor();
    return page.evaluate(() => (globalThis as unknown as { seen: Set<string> }).seen.size);
  };
  await page.locator("#jp-main-statusbar", { hasText: "Idle" }).waitFor({ timeout: 60_000 });
  await set("redrawSeconds", 1);
  // It takes some two seconds.
  const seldom = await states();
  assert.ok(seldom >= 1 && seldom <= 8, `${seldom} states`);
  await set("redrawSeconds", 0);
  const often = await states();
  assert.ok(often > 2 * seldom, `${often} states rather than ${seldom}`);
});

test("commands: files of the view, all in sight, the selection cleared, the training", {
  skip,
  timeout: 90_000,
}, async () => {
  await scrollTo(page, 0);
  await view.locator(".cellkernel-legend-entry", { hasText: "few" }).click();
  const shown = view.locator('.cellkernel-names text:not([style*="none"])');
  await until(
    "the name of the picked class to stand alone",
    async () => (await shown.allTextContents()).join() === "few",
    10,
  );
  const take = async (kind: string) => {
    const waiting = page.waitForEvent("download");
    await command(page, `cellkernel:embedding-${kind}`);
    const file = await waiting;
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };
  const csv = await take("csv");
  assert.equal(csv.name, "A-grid.csv");
  assert.equal(csv.bytes.toString().trim().split("\n").length, 1 + 5, "the selected cells");
  const svg = await take("svg");
  assert.match(svg.bytes.toString(), /^<svg /);
  assert.equal((await take("png")).bytes.subarray(1, 4).toString(), "PNG");
  await command(page, "cellkernel:embedding-clear");
  await view.getByText("Point at a cell").waitFor();

  const place = () => view.locator(".cellkernel-names text").first().getAttribute("y");
  const whole = await place();
  await view.getByRole("button", { name: "Zoom in" }).click();
  assert.notEqual(await place(), whole);
  await command(page, "cellkernel:embedding-fit");
  assert.equal(await place(), whole);

  const running = () =>
    page.evaluate(() => {
      const { jupyterapp } = globalThis as unknown as {
        jupyterapp: { commands: { isEnabled(id: string): boolean } };
      };
      return jupyterapp.commands.isEnabled("cellkernel:jump-to-training");
    });
  assert.equal(await running(), false, "no run is under way");
  await scrollTo(page, 2);
  await page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 2");
  const over = command(page, "notebook:run-cell");
  await until("the run", running, 20);
  await page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 0");
  await scrollTo(page, 0);
  await command(page, "cellkernel:jump-to-training");
  assert.equal(await page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex"), 2);
  await over;
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(lab.problems, []);
});
