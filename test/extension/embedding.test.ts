import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { sequential } from "../../src/views/contract.js";
import { embeddingView } from "../../src/views/embedding.js";
import {
  changeTheme,
  code,
  command,
  hideNames,
  Laboratory,
  pixels,
  shows,
  skip,
  WITH_WEBGL,
} from "./page.js";

/** What one does with an embedding in JupyterLab: toolbar, selection, gestures, keys. */

/** 25 cells on a 5 × 5 grid; the prediction mistakes three. */
const SIDE = 5;
const truth = Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 2 ? 0 : 1));
const names = ["left", "right"];
const grid = {
  title: "A grid of cells",
  x: truth.map((_, i) => i % SIDE),
  y: truth.map((_, i) => Math.floor(i / SIDE)),
  cellIds: truth.map((_, i) => `cell-${i}`),
  panels: [
    { title: "Truth", categories: names, codes: truth },
    {
      title: "Prediction",
      categories: names,
      codes: truth.map((of, i) => (i < 3 ? 1 - of : of)),
      probabilities: truth.map(() => 0.75),
    },
  ],
  // 0 … 24 clipped to 4 … 20; the last cell has none.
  more: [
    { title: "NKG7", values: truth.map((_, i) => (i === 24 ? Number.NaN : i)), range: [4, 20] as const },
  ],
  tooltip: [{ title: "split", categories: ["training", "test"], codes: truth.map((_, i) => i % 2) }],
  table: { id: "the grid" },
};
/** The first 20 of its rows, the last first. */
const sample = {
  x: truth.slice(5).map((_, i) => i),
  y: truth.slice(5).map((_, i) => i % 7),
  panels: [{ title: "Sample", categories: names, codes: truth.slice(0, 20).reverse() }],
  table: { id: "the grid", rows: truth.slice(0, 20).map((_, i) => 19 - i) },
};

const lab = new Laboratory();
let page: Page;
let view: Locator;
let other: Locator;
let panel: Locator;

before(async () => {
  if (skip) return;
  await lab.start({
    "views.ipynb": [
      code("first", "// an embedding", embeddingView(grid)),
      code("second", "// a sample", embeddingView(sample)),
      code("third", "// more"),
    ],
  });
  page = await lab.open("views.ipynb", WITH_WEBGL);
  page.setDefaultTimeout(20_000);
  view = page.locator(".cellkernel-embedding").nth(0);
  other = page.locator(".cellkernel-embedding").nth(1);
  panel = view.locator(".cellkernel-frame").first();
  await view.locator("canvas").first().waitFor({ timeout: 120_000 });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await hideNames(page);
  await changeTheme(page, "JupyterLab Light");
});

after(() => lab.end());

/** What one test leaves is not the next one's matter. */
beforeEach(async () => {
  if (skip) return;
  await page.mouse.move(5, 5);
  for (const name of ["Clear", "Close", "Show all", "Move"]) {
    const button = view.getByRole("button", { name });
    if (await button.isVisible()) await button.click();
  }
  const box = view.getByRole("combobox", { name: "Colour by" });
  if ((await box.inputValue()) === "Prediction") return;
  await box.click();
  await view.getByRole("option", { name: "Prediction" }).click();
});

/** Waits until an element says so. */
async function says(shown: Locator, text: string | RegExp): Promise<void> {
  try {
    await shown.filter({ hasText: text }).waitFor({ timeout: 10_000 });
  } catch {
    assert.fail(`${text} is not in ${JSON.stringify(await shown.allTextContents())}`);
  }
}
const said = (of: Locator, text: string | RegExp) => says(of.locator(".cellkernel-said"), text);
const entry = (name: string) => view.locator(".cellkernel-legend-entry", { hasText: name });
const tool = (name: string) => view.getByRole("button", { name });

/** Where a place of the grid lies on the page: column and row from the lower left, 5 % of the plot being margin. */
async function at(column: number, row: number, frame = panel): Promise<{ x: number; y: number }> {
  const box = (await frame.locator("canvas").boundingBox())!;
  const along = (step: number) => box.width * (0.025 + (0.95 * step) / (SIDE - 1));
  return { x: box.x + along(column), y: box.y + box.width - along(row) };
}

async function drag(places: { x: number; y: number }[]): Promise<void> {
  await page.mouse.move(places[0].x, places[0].y);
  await page.mouse.down();
  for (const { x, y } of places.slice(1)) await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.up();
}

/** Shares of the plot at which the name "right" stands: on the cell of column 3, row 2. */
async function nameAt(): Promise<[number, number]> {
  return panel.evaluate((frame) => {
    type Names = {
      querySelectorAll(
        selector: string,
      ): Iterable<{ textContent: string; getAttribute(name: string): string }>;
    };
    const name = [...(frame as unknown as Names).querySelectorAll("text")].find(
      ({ textContent }) => textContent === "right",
    )!;
    const { clientWidth } = frame as unknown as { clientWidth: number };
    return [Number(name.getAttribute("x")) / clientWidth, Number(name.getAttribute("y")) / clientWidth];
  });
}
/** Where that is when the whole is seen. */
const HOME = [0.025 + 0.95 * 0.75, 0.5];
async function nameIs([wantedX, wantedY]: readonly number[], what: string): Promise<void> {
  let found = [Number.NaN, Number.NaN];
  for (let attempt = 0; attempt < 40; attempt++) {
    found = await nameAt();
    if (Math.hypot(found[0] - wantedX, found[1] - wantedY) < 0.01) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`${what}: the name is at ${found}`);
}

test("the toolbar is one row and nothing is cut, whatever the width, and presenting", {
  skip,
  timeout: 120_000,
}, async () => {
  const look = async (what: string, panels: number) => {
    const room = (await view.boundingBox())!;
    const controls = await view.locator(".cellkernel-toolbar").locator("button:visible, input:visible").all();
    const boxes = await Promise.all(controls.map(async (control) => (await control.boundingBox())!));
    assert.equal(boxes.length, 10, what);
    const middle = ({ y, height }: { y: number; height: number }) => y + height / 2;
    for (const [i, box] of boxes.entries()) {
      assert.ok(Math.abs(middle(box) - middle(boxes[0])) < 2, `${what}: one row`);
      assert.ok(
        box.x + box.width <= room.x + room.width + 0.5,
        `${what}: control ${i} ends at ${box.x + box.width}`,
      );
      assert.ok(
        box.width >= 24 && (i === 0 || box.x >= boxes[i - 1].x + boxes[i - 1].width - 0.5),
        `${what}: ${i}`,
      );
    }
    const cut = await view
      .locator(".cellkernel-head, .cellkernel-count")
      .evaluateAll(
        (all) =>
          all.filter(
            (one) =>
              (one as never as { scrollWidth: number; clientWidth: number }).scrollWidth >
              (one as never as { clientWidth: number }).clientWidth,
          ).length,
      );
    assert.equal(cut, 0, what);
    const canvases = (
      await Promise.all((await view.locator("canvas").all()).map((each) => each.boundingBox()))
    ).filter((box) => box !== null);
    for (const box of canvases) {
      assert.ok(box.height <= 560 && box.height <= 0.6 * 900 && Math.abs(box.height - box.width) < 1, what);
      assert.ok(box.x + box.width <= room.x + room.width, what);
    }
    assert.equal(canvases.length, panels, what);
  };
  // The page takes a while to be laid out.
  const settled = async (what: string, panels: number) => {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        return await look(what, panels);
      } catch {
        await page.waitForTimeout(250);
      }
    }
    return look(what, panels);
  };
  for (const [width, panels] of [
    [720, 1],
    [1024, 2],
    [1440, 2],
    [1920, 2],
  ]) {
    await page.setViewportSize({ width, height: 900 });
    await settled(`at ${width}`, panels);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await command(page, "application:toggle-presentation-mode");
  await settled("presenting", 2);
  await command(page, "application:toggle-presentation-mode");
});

test("in a narrow output tabs show truth, prediction and mistakes", { skip, timeout: 60_000 }, async () => {
  await page.setViewportSize({ width: 720, height: 900 });
  const tabs = view.getByRole("tab");
  await tabs.nth(2).waitFor();
  assert.deepEqual(await tabs.allTextContents(), ["Truth", "Prediction", "Mistakes"]);
  await tabs.nth(0).focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await view.locator('[aria-selected="true"]').textContent(), "Mistakes");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Mistakes");
  // Cells 0 to 2, below, are vermilion; the others grey.
  const pixel = await pixels(panel.locator("canvas"));
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => vermilion(pixel(0.025 + 0.2375 * i, 0.975))),
    [true, true, true, false],
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  await tabs.first().waitFor({ state: "hidden" });
});

function vermilion([r, , b]: readonly number[]): boolean {
  return r - b > 90;
}

test("a class is taken by truth or by prediction, alone or besides, and in every view of the table", {
  skip,
  timeout: 60_000,
}, async () => {
  const before = await view.boundingBox();
  await entry("left").click();
  await said(view, "10 cells selected · true left");
  // Rows 20 and 21 are not in the sample.
  await said(other, "10 cells selected · true left");
  assert.equal(await other.locator('.cellkernel-legend-entry[aria-pressed="true"]').textContent(), "left8");
  await view.getByRole("radio", { name: "Prediction" }).click();
  await entry("left").click();
  await said(view, "9 cells selected · predicted left");
  await entry("right").click({ modifiers: ["Control"] });
  await said(view, "25 cells selected · predicted left + predicted right");
  await entry("right").click({ modifiers: ["Control"] });
  await said(view, "9 cells selected");
  await entry("Mistakes").click();
  await said(view, "3 cells selected · mistake");
  await entry("Mistakes").click();
  await said(view, "Point at a cell");
  await view.getByRole("radio", { name: "Prediction" }).press("ArrowLeft");
  assert.equal(await view.getByRole("radio", { name: "Truth" }).getAttribute("aria-checked"), "true");
  assert.deepEqual(await view.boundingBox(), before, "the output keeps its height");
});

test("the pointer on a class shows its cells, and selects none", { skip, timeout: 60_000 }, async () => {
  const canvas = panel.locator("canvas");
  await entry("left").hover();
  await shows(canvas, { blue: 10, orange: 0 });
  await said(view, "Point at a cell");
  await page.mouse.move(5, 5);
  await shows(canvas, { blue: 10, orange: 15 });
});

test("rectangle and lasso select, add with Shift and take away with Alt", {
  skip,
  timeout: 60_000,
}, async () => {
  await tool("Rectangle").click();
  const rectangle = async (from: [number, number], to: [number, number]) =>
    drag([await at(...from), await at(...to)]);
  await rectangle([-0.1, -0.1], [1.5, 1.5]);
  await said(view, "4 cells selected · rectangle");
  await page.keyboard.down("Shift");
  await rectangle([2.5, 2.5], [4.1, 4.1]);
  await page.keyboard.up("Shift");
  await said(view, "8 cells selected · rectangle + rectangle");
  await page.keyboard.down("Alt");
  await rectangle([-0.1, -0.1], [0.5, 4.1]);
  await page.keyboard.up("Alt");
  await said(view, "6 cells selected");
  // Row 24 is not in the sample, but is selected there too.
  await said(other, "6 cells selected");
  await tool("Lasso").click();
  // A triangle about the corner's three cells.
  await drag([await at(-0.1, -0.1), await at(1.4, -0.1), await at(-0.1, 1.4)]);
  await said(view, "3 cells selected · lasso");
  // Escape drops what is under way.
  const from = await at(2, 2);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 60, { steps: 3 });
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await said(view, "3 cells selected · lasso");
  await view.getByRole("button", { name: "Clear" }).click();
  await said(view, "Point at a cell");
  assert.equal(
    await page
      .evaluate("document.activeElement.className")
      .then(String)
      .then((name) => name.includes("cellkernel-frame")),
    true,
    "the focus has not got lost",
  );
  await tool("Move").click();
});

test("a gene's colours, their bar, the missing and the theme's change", {
  skip,
  timeout: 90_000,
}, async () => {
  const box = view.getByRole("combobox", { name: "Colour by" });
  await box.click();
  await view.getByRole("option").first().waitFor();
  await page.keyboard.type("nkg");
  assert.deepEqual(await view.getByRole("option").allTextContents(), ["NKG7"]);
  await page.keyboard.press("Enter");
  const second = view.locator(".cellkernel-panel").nth(1);
  await says(second.locator(".cellkernel-panel-title"), "NKG7420missing");
  assert.equal(await box.inputValue(), "NKG7");
  const canvas = second.locator("canvas");
  const ground = { light: sequential("light"), dark: sequential("dark") };
  const near = (color: readonly number[], hex: string) =>
    [1, 3, 5].every((at, c) => Math.abs(Number.parseInt(hex.slice(at, at + 2), 16) - color[c]) < 40);
  const colored = async (palette: string[]) => {
    const pixel = await pixels(canvas);
    // A cell's value; clipped to 4 … 20.
    const wanted = (value: number) =>
      palette[Math.round((254 * (Math.min(20, Math.max(4, value)) - 4)) / 16)];
    const found = Array.from({ length: 24 }, (_, i) =>
      near(pixel(0.025 + 0.2375 * (i % SIDE), 0.975 - 0.2375 * Math.floor(i / SIDE)), wanted(i)),
    );
    return found.every(Boolean) && near(pixel(0.975, 0.025), "#b4b4b4");
  };
  const waitFor = async (palette: string[], what: string) => {
    for (let attempt = 0; attempt < 40; attempt++) {
      if (await colored(palette)) return;
      await page.waitForTimeout(250);
    }
    assert.fail(what);
  };
  await waitFor(ground.light, "light");
  // A drag, then a theme: what is seen stays.
  await drag([await at(1.5, 1.5), await at(1, 1.5)]);
  const moved = await nameAt();
  for (const theme of ["JupyterLab Dark", "JupyterLab Light"]) {
    await changeTheme(page, theme);
    await nameIs(moved, theme);
    assert.equal(await box.inputValue(), "NKG7");
  }
  await tool("Show all").click();
  await changeTheme(page, "JupyterLab Dark");
  await waitFor(ground.dark, "dark");
  await changeTheme(page, "JupyterLab Light");
  await waitFor(ground.light, "light again");
});

test("a click on a panel's heading makes it the one that is coloured", {
  skip,
  timeout: 60_000,
}, async () => {
  const box = view.getByRole("combobox", { name: "Colour by" });
  const headings = view.locator(".cellkernel-panel-name");
  const colorBy = async (name: string) => {
    await box.click();
    await view.getByRole("option", { name, exact: true }).click();
  };
  assert.equal(await headings.nth(1).getAttribute("aria-pressed"), "true", "the last at first");
  await headings.nth(0).click();
  assert.equal(await box.inputValue(), "Truth");
  await colorBy("NKG7");
  assert.deepEqual(await headings.allTextContents(), ["NKG7", "Prediction"]);
  // Told of a cell besides what the panels held.
  await tool("Show all").click();
  const { x, y } = await at(3, 3);
  await page.mouse.move(x, y);
  await says(view.locator(".cellkernel-card").first(), /^cell-18TruthrightPrediction.*NKG718/);
  await colorBy("Truth");
  await headings.nth(1).click();
  assert.equal(await box.inputValue(), "Prediction");
});

test("the wheel scrolls the notebook before a click and zooms after it; dragging moves, a double click shows all", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.mouse.move(5, 5);
  const { x, y } = await at(2.5, 2);
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -200);
  await page.waitForTimeout(300);
  await nameIs(HOME, "not armed");
  await page.mouse.click(x, y);
  await page.mouse.wheel(0, -200);
  // What is under the pointer stays; the name, an eighth of the grid to its right, goes away from it by e^(200 · 0.0022).
  const under = 0.025 + 0.95 * (2.5 / 4);
  const zoomed = [under + (HOME[0] - under) * Math.exp(0.44), 0.5];
  await nameIs(zoomed, "zoomed");
  const other = view.locator(".cellkernel-frame").nth(1);
  const second = await other.locator("text", { hasText: "right" }).getAttribute("x");
  assert.ok(Number(second) > 0, "the other panel moves along");
  await drag([
    { x, y },
    { x: x - 50, y: y + 20 },
  ]);
  const side = (await panel.locator("canvas").boundingBox())!.width;
  await nameIs([zoomed[0] - 50 / side, zoomed[1] + 20 / side], "dragged");
  await page.mouse.dblclick(x, y);
  await nameIs(HOME, "all");
  await tool("Zoom in").click();
  await nameIs([0.5 + (HOME[0] - 0.5) * 1.5, 0.5], "by the button");
  await tool("Show all").click();
});

test("fingers: one scrolls before a tap and drags after it, two zoom", {
  skip,
  timeout: 60_000,
}, async () => {
  const session = await page.context().newCDPSession(page);
  const touch = (type: string, points: { x: number; y: number }[]) =>
    session.send("Input.dispatchTouchEvent", {
      type: type as "touchStart",
      touchPoints: points.map((point, id) => ({ ...point, id })),
    });
  const middle = await at(2, 2);
  await touch("touchStart", [middle]);
  await touch("touchEnd", []);
  const gone = page.locator(".cellkernel-pinned:visible");
  await gone.waitFor();
  await touch("touchStart", [middle]);
  for (const by of [10, 20, 30, 40]) await touch("touchMove", [{ x: middle.x - by, y: middle.y }]);
  await touch("touchEnd", []);
  const side = (await panel.locator("canvas").boundingBox())!.width;
  await nameIs([HOME[0] - 40 / side, 0.5], "dragged");
  await tool("Show all").click();
  const spread = (by: number) => [
    { x: middle.x - by, y: middle.y },
    { x: middle.x + by, y: middle.y },
  ];
  await touch("touchStart", spread(40));
  for (const by of [44, 48, 52, 56]) await touch("touchMove", spread(by));
  await touch("touchEnd", []);
  await nameIs([0.5 + (HOME[0] - 0.5) * 1.4, 0.5], "pinched");
  await session.detach();
});

test("keys move, zoom and step through the cells, stay in the view, and Escape gives them back", {
  skip,
  timeout: 60_000,
}, async () => {
  const active = () =>
    page.evaluate(
      "[jupyterapp.shell.currentWidget.content.activeCellIndex, jupyterapp.shell.currentWidget.content.widgets.length]",
    );
  const between = await at(0.5, 0.5);
  await page.mouse.click(between.x, between.y);
  const [cell, cells] = (await active()) as [number, number];
  await page.keyboard.press("ArrowRight");
  await nameIs([HOME[0] - 0.12, 0.5], "to the right");
  await page.keyboard.press("ArrowLeft");
  for (const key of ["ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  await nameIs([HOME[0], 0.5 - 0.24], "down");
  for (const key of ["ArrowUp", "ArrowUp", "+"]) await page.keyboard.press(key);
  await nameIs([0.5 + (HOME[0] - 0.5) * 1.4, 0.5], "nearer");
  await page.keyboard.press("-");
  await nameIs(HOME, "back");
  // Letters that the notebook has meanings for: new cells, cut, code to Markdown.
  for (const key of ["a", "b", "x", "m", "n"]) await page.keyboard.press(key);
  const card = view.locator(".cellkernel-pinned");
  await says(card, /^cell-0Truthleft/);
  assert.equal(await card.textContent(), "cell-0TruthleftPredictionright (75 %)splittraining");
  await page.keyboard.press("p");
  await says(card, /^cell-24/);
  await entry("Mistakes").click();
  await said(view, "3 cells selected");
  await panel.focus();
  for (const name of ["cell-0", "cell-1", "cell-2", "cell-0"]) {
    await page.keyboard.press("n");
    await says(card, new RegExp(`^${name}Truth`));
  }
  assert.deepEqual(await active(), [cell, cells], "the notebook heard nothing");
  await page.keyboard.press("Escape");
  await card.waitFor({ state: "hidden" });
  assert.equal(
    await panel.evaluate(
      (frame) =>
        frame === (globalThis as never as { document: { activeElement: unknown } }).document.activeElement,
    ),
    true,
  );
  await page.keyboard.press("Escape");
  const outside = await page.evaluate(
    "document.activeElement !== document.body && !document.activeElement.closest('.cellkernel-embedding')",
  );
  assert.equal(outside, true, "the notebook has the keys");
  await page.keyboard.press("j");
  assert.deepEqual(await active(), [cell + 1, cells]);
});

test("the card follows the pointer, and a click pins it until it is closed", {
  skip,
  timeout: 60_000,
}, async () => {
  await page.mouse.move(5, 5);
  const tip = view.locator(".cellkernel-card:not(.cellkernel-pinned)").first();
  const first = await at(1, 3);
  await page.mouse.move(first.x, first.y);
  await says(tip, /^cell-16Truthleft/);
  const before = (await tip.boundingBox())!;
  assert.ok(Math.abs(before.x - first.x - 14) < 3 && Math.abs(before.y - first.y - 14) < 3);
  const second = await at(2, 3);
  await page.mouse.move(second.x, second.y);
  await says(tip, /^cell-17/);
  assert.ok(Math.abs((await tip.boundingBox())!.x - second.x - 14) < 3, "it follows");
  await page.mouse.click(second.x, second.y);
  const pin = view.locator(".cellkernel-pinned");
  await says(pin, /^cell-17/);
  // In the corner it stays inside.
  const corner = await at(4, 0, view.locator(".cellkernel-frame").nth(1));
  await page.mouse.move(corner.x, corner.y);
  const row = (await view.locator(".cellkernel-row").boundingBox())!;
  await says(tip, /^cell-4/);
  const box = (await tip.boundingBox())!;
  assert.ok(box.y + box.height <= row.y + row.height + 1 && box.x + box.width <= row.x + row.width + 1);
  await pin.getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Enter");
  await pin.waitFor({ state: "hidden" });
  assert.equal(
    await page
      .evaluate("document.activeElement.className")
      .then((name) => String(name).includes("cellkernel-frame")),
    true,
  );
});

test("a cell is found by name and by row", { skip, timeout: 60_000 }, async () => {
  const box = view.getByRole("searchbox", { name: "Find a cell" });
  const pin = view.locator(".cellkernel-pinned");
  for (const [typed, name] of [
    ["CELL-7", "cell-7T"],
    ["12", "cell-12T"],
    ["cell-2", "cell-2T"],
  ]) {
    await box.fill(typed);
    await box.press("Enter");
    await says(pin, new RegExp(`^${name}`));
  }
  await box.fill("nobody");
  await box.press("Enter");
  await said(view, "No cell is called “nobody”.");
  assert.equal(await box.getAttribute("aria-invalid"), "true");
  await box.fill("");
  // The other view holds no names, and comes from no kernel.
  const without = other.getByRole("searchbox", { name: "Find a cell" });
  await without.fill("cell-3");
  await without.press("Enter");
  await said(other, "This view holds no names of cells");
  await without.fill("3");
  await without.press("Enter");
  await other.locator(".cellkernel-pinned").waitFor();
});

test("a view leaves as PNG, SVG, CSV and code", { skip, timeout: 90_000 }, async () => {
  const take = async (label: string) => {
    const waiting = page.waitForEvent("download");
    await tool("More").click();
    await view.getByRole("menuitem", { name: label }).click();
    const file = await waiting;
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };
  await entry("Mistakes").click();
  await said(view, "3 cells");
  const csv = await take("selected cells as CSV");
  assert.equal(csv.name, "A-grid-of-cells.csv");
  assert.equal(
    csv.bytes.toString(),
    "row,cell,Truth,Prediction,Prediction probability,NKG7,split\r\n" +
      "0,cell-0,left,right,0.749,4,training\r\n1,cell-1,left,right,0.749,4,test\r\n2,cell-2,right,left,0.749,4,training\r\n",
  );
  const png = await take("PNG");
  assert.deepEqual(
    [...png.bytes.subarray(1, 4)],
    [..."PNG"].map((letter) => letter.charCodeAt(0)),
  );
  const svg = (await take("SVG")).bytes.toString();
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ["Truth", "Prediction", "left", "right"])
    assert.ok(svg.includes(`>${text}</text>`), text);
  assert.equal(svg.match(/h\.01/g)?.length, 50, "each cell in each panel");
  await tool("More").click();
  await view.getByRole("menuitem", { name: "as code" }).click();
  await said(view, "Copied.");
  const wanted = "// 3 cells: mistake\nconst selected = Uint32Array.from([0, 1, 2]);";
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), wanted);
  await view.getByRole("button", { name: "Use in code" }).click();
  await said(view, "A cell below holds them.");
  const sources = await page.evaluate(
    "[...jupyterapp.shell.currentWidget.content.model.cells].map((cell) => cell.sharedModel.source)",
  );
  assert.deepEqual(sources, ["// an embedding", wanted, "// a sample", "// more"]);
});

test("on the full screen the plots are larger, and as before afterwards", {
  skip,
  timeout: 60_000,
}, async () => {
  const side = async () => (await panel.locator("canvas").boundingBox())!.width;
  const before = await side();
  await page.mouse.move(5, 5);
  await tool("Full screen").click();
  await page.locator(".cellkernel-embedding:fullscreen").waitFor();
  for (let attempt = 0; (await side()) <= before && attempt < 40; attempt++) await page.waitForTimeout(100);
  assert.ok((await side()) > before * 1.2);
  await shows(panel.locator("canvas"), { blue: 10, orange: 15 });
  await tool("Full screen").click();
  await page.locator(".cellkernel-embedding:fullscreen").waitFor({ state: "detached" });
  for (let attempt = 0; (await side()) !== before && attempt < 40; attempt++) await page.waitForTimeout(100);
  assert.equal(await side(), before);
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(lab.problems, []);
});
