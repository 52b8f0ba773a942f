import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { EMBEDDING_MIME } from "../../src/views/contract.js";
import { embeddingPayload, embeddingView } from "../../src/views/embedding.js";
import { until } from "../support/processes.js";
import {
  changeTheme,
  code,
  command,
  hideNames,
  Laboratory,
  pixels,
  scrollTo,
  shows,
  skip,
  snapshot,
  WITH_WEBGL,
  WITHOUT_WEBGL,
} from "./page.js";

/** Embeddings in JupyterLab in a browser, on notebooks of outputs made by the views. */

/** 25 cells on a 5 × 5 grid, far enough apart to be counted; the prediction mistakes three. */
const SIDE = 5;
const truth = Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 2 ? 0 : 1));
const predicted = truth.map((code, i) => (i < 3 ? 1 - code : code));
const grid = {
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
};

/** 300 rare cells on a 20 × 15 grid, then 99,700 of two classes all over it: sorted, the rare ones below all others. */
const RARE = 300;
const CELLS = 100_000;
const rareAt = (i: number) => ({
  x: (0.5 + (i % 20)) / 20,
  y: (0.5 + Math.floor(i / 20)) / 15,
});
function sorted() {
  // Low-discrepancy points (Roberts 2018), whose extremes are near 0 and 1.
  const spread = (i: number, by: number) => (0.5 + by * i) % 1;
  const cells = Array.from({ length: CELLS }, (_, i) =>
    i < RARE ? rareAt(i) : { x: spread(i, 0.7548776662), y: spread(i, 0.569840291) },
  );
  const classOf = (i: number) => (i < RARE ? 2 : i < (CELLS + RARE) / 2 ? 0 : 1);
  return {
    x: cells.map(({ x }) => x),
    y: cells.map(({ y }) => y),
    panels: [
      { title: "Class", categories: ["blue", "orange", "rare"], codes: cells.map((_, i) => classOf(i)) },
    ],
  };
}

const SCRIPT = "<img src=x onerror='window.attacked=1'><script>window.attacked=1</script>";
const ODD = [SCRIPT, "خلية تائية", "🧬 cell", "x".repeat(200)];
/** 500 classes, four of which have names that others stumble over; a cell of each, and one without coordinates. */
function odd() {
  const categories = Array.from({ length: 500 }, (_, c) => ODD[c] ?? `class ${c}`);
  const x = categories.map((_, c) => c % 25);
  const y = categories.map((_, c) => (c === 4 ? Number.NaN : Math.floor(c / 25)));
  return { x, y, panels: [{ title: SCRIPT, categories, codes: categories.map((_, c) => c) }] };
}

const one = { x: [3], y: [4], panels: [{ title: "One", categories: ["left"], codes: [0] }] };
const none = { x: [], y: [], panels: [{ title: "None", categories: [], codes: [] }] };
const whole = embeddingView(grid);
const damaged = { ...whole, [EMBEDDING_MIME]: { ...embeddingPayload(grid), cells: 26 } };
const newer = { "application/vnd.cellkernel.embedding.v2+json": {}, "image/png": whole["image/png"] };

const lab = new Laboratory();
let page: Page;

before(async () => {
  if (skip) return;
  const filler = Array.from({ length: 60 }, (_, i) => ({
    ...{ cell_type: "markdown", id: `filler-${i}`, metadata: {} },
    source: `# Paragraph ${i}\n\n${"text ".repeat(200)}`,
  }));
  const shown = code("embedding", "// an embedding", whole);
  await lab.start({
    "views.ipynb": [shown, ...filler],
    "rare.ipynb": [code("rare", "", { [EMBEDDING_MIME]: embeddingPayload(sorted()) })],
    "odd.ipynb": [damaged, newer, embeddingView(odd()), embeddingView(one), embeddingView(none)].map(
      (bundle, i) => code(`odd-${i}`, "", bundle),
    ),
    "values.ipynb": [
      code(
        "embedding",
        'import { confusionView, embeddingView } from "cellkernel";\n' +
          'embeddingView({ x: [1, 2, 4], y: [1, 2, 4], panels: [{ title: "T", categories: ["a"], codes: [0, 0, 0] }], more: [{ title: "n", values: [1, 2, 3] }] })',
      ),
      code(
        "large",
        "const many = 30_000; const along = (step: number) => Float64Array.from({ length: many }, (_, i) => (i * step) % 1);\n" +
          'embeddingView({ x: along(0.7548776662), y: along(0.569840291), panels: [{ title: "Many", categories: ["a"], codes: new Uint8Array(many) }] })',
      ),
      code("confusion", 'confusionView({ classes: ["a", "b"], confusion: [[3, 1], [0, 4]] })'),
    ],
    "twenty.ipynb": Array.from({ length: 20 }, (_, i) => code(`view-${i}`, "", whole)),
  });
  page = await lab.open("views.ipynb", WITH_WEBGL, async (tab) => {
    // To take the page's graphics away, as a driver does.
    await tab.addInitScript(() => {
      const scope = globalThis as unknown as {
        HTMLCanvasElement: { prototype: { getContext(...args: unknown[]): unknown } };
        contexts: { getExtension(name: string): { loseContext(): void } }[];
        uploads: [usage: number, bytes: number][];
        buffers: number;
      };
      scope.contexts = [];
      scope.uploads = [];
      scope.buffers = 0;
      const { getContext } = scope.HTMLCanvasElement.prototype;
      scope.HTMLCanvasElement.prototype.getContext = function (...args) {
        const context = getContext.apply(this, args);
        if (!String(args[0]).includes("webgl") || !context) return context;
        scope.contexts.push(context as never);
        // As if a card were behind it, though the processor draws here.
        const shown = context as {
          getExtension(name: string): unknown;
          bufferData(target: number, data: { byteLength: number }, usage: number): void;
          createBuffer(): unknown;
          deleteBuffer(buffer: unknown): void;
        };
        const { getExtension, bufferData, createBuffer, deleteBuffer } = shown;
        shown.bufferData = function (target, data, usage) {
          scope.uploads.push([usage, data.byteLength]);
          bufferData.call(this, target, data, usage);
        };
        shown.createBuffer = function () {
          scope.buffers++;
          return createBuffer.call(this);
        };
        shown.deleteBuffer = function (buffer) {
          scope.buffers--;
          deleteBuffer.call(this, buffer);
        };
        shown.getExtension = function (name) {
          return name === "WEBGL_debug_renderer_info" ? null : getExtension.call(this, name);
        };
        return context;
      };
    });
  });
  page.setDefaultTimeout(30_000);
  await page.locator(".cellkernel-embedding canvas").first().waitFor({ timeout: 120_000 });
  await hideNames(page);
});

after(() => lab.end());

/** Where a cell of the grid lies on a canvas, 5 % of which are margin. */
async function at(canvas: Locator, cell: number): Promise<{ x: number; y: number }> {
  const { width } = (await canvas.boundingBox())!;
  const along = (step: number) => width * (0.025 + (0.95 * step) / (SIDE - 1));
  return { x: along(cell % SIDE), y: width - along(Math.floor(cell / SIDE)) };
}

const entry = (tab: Page, name: string) => tab.locator(".cellkernel-legend-entry", { hasText: name });

test("each panel draws every cell in its category's colour", { skip, timeout: 150_000 }, async () => {
  const canvases = page.locator(".cellkernel-embedding canvas");
  assert.equal(await canvases.count(), 2);
  assert.equal(await page.locator('canvas[data-drawn-by="webgl"]').count(), 2);
  await shows(canvases.nth(0), { blue: 10, orange: 15 });
  await shows(canvases.nth(1), { blue: 9, orange: 16 });
});

test("the cell under the pointer is named, with both labels and the probability", { skip }, async () => {
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  const { x, y } = await at(canvas, 12);
  await canvas.hover({ position: { x: x + 40, y } });
  await canvas.hover({ position: { x, y } });
  const card = page.locator(".cellkernel-card", { hasText: "cell-12" });
  await card.waitFor({ timeout: 5000 });
  assert.equal(await card.textContent(), "cell-12TruthrightPredictionright (75 %)");
});

test("the classes are counted, and one of them or the mistakes come to the front", {
  skip,
  timeout: 60_000,
}, async () => {
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  assert.deepEqual(await page.locator(".cellkernel-legend-entry").allTextContents(), [
    "Mistakes3",
    "right1516",
    "left109",
  ]);
  await entry(page, "left").click();
  await shows(canvas, { blue: 10, orange: 0 });
  await entry(page, "Mistakes").click();
  await shows(canvas, { blue: 2, orange: 1 });
  await entry(page, "Mistakes").click();
  await shows(canvas, { blue: 10, orange: 15 });
});

const [STATIC_DRAW, DYNAMIC_DRAW] = [0x88e4, 0x88e8];
/** What the page has sent to the graphics since it was asked last: for how long, and how many bytes. */
const uploads = () =>
  page.evaluate(() => (globalThis as unknown as { uploads: [number, number][] }).uploads.splice(0));

test("where cells lie is uploaded once for all panels; picking uploads flags alone", {
  skip,
  timeout: 60_000,
}, async () => {
  // Two 16-bit coordinates of 25 cells; a byte each for a panel's codes.
  const first = (await uploads()).filter(([usage]) => usage === STATIC_DRAW);
  assert.equal(first.filter(([, bytes]) => bytes === 100).length, 1);
  assert.equal(first.filter(([, bytes]) => bytes === 25).length, 2);
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  await entry(page, "left").click();
  await shows(canvas, { blue: 10, orange: 0 });
  await entry(page, "left").click();
  await shows(canvas, { blue: 10, orange: 15 });
  const later = await uploads();
  assert.ok(later.length > 0);
  for (const upload of later) assert.deepEqual(upload, [DYNAMIC_DRAW, 25]);
});

test("a change of the theme keeps what was picked", { skip, timeout: 60_000 }, async () => {
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  await entry(page, "left").click();
  for (const theme of ["JupyterLab Dark", "JupyterLab Light"]) {
    await changeTheme(page, theme);
    await shows(canvas, { blue: 10, orange: 0 });
  }
  await entry(page, "left").click();
  await shows(canvas, { blue: 10, orange: 15 });
});

test("a cell that scrolled out of a windowed notebook is drawn again", {
  skip,
  timeout: 60_000,
}, async () => {
  await scrollTo(page, 60);
  await page.waitForTimeout(1500);
  await scrollTo(page, 0);
  await shows(page.locator(".cellkernel-embedding canvas").first(), { blue: 10, orange: 15 });
});

test("the panels are equal squares in a row that fit the page, or one with tabs", {
  skip,
  timeout: 90_000,
}, async () => {
  const canvases = page.locator(".cellkernel-embedding canvas");
  for (const width of [720, 1024, 1440, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.waitForTimeout(500);
    const room = (await page.locator(".cellkernel-embedding").boundingBox())!;
    const boxes = (await Promise.all((await canvases.all()).map((canvas) => canvas.boundingBox()))).filter(
      (box) => box !== null,
    );
    const tabbed = await page.locator(".cellkernel-tabs").isVisible();
    assert.equal(tabbed, room.width < 568, `tabs at ${width}`);
    assert.equal(boxes.length, tabbed ? 1 : 2, `panels at ${width}`);
    for (const box of boxes) {
      assert.equal(Math.round(box.width), Math.round(box.height));
      assert.equal(Math.round(box.width), Math.round(boxes[0].width));
      assert.equal(box.y, boxes[0].y);
      assert.ok(box.height <= 560 && box.x + box.width <= room.x + room.width, `fits at ${width}`);
    }
    await shows(canvases.first(), { blue: 10, orange: 15 });
  }
  await page.setViewportSize({ width: 1400, height: 1000 });
});

test("when the graphics are lost, a picture stands there, and can be drawn again", {
  skip,
  timeout: 60_000,
}, async () => {
  // The library answers a resized window a while later: on a context that is gone by then, it fails.
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        let quiet = setTimeout(done, 300);
        (globalThis as unknown as EventTarget).addEventListener("resize", () => {
          clearTimeout(quiet);
          quiet = setTimeout(done, 300);
        });
      }),
  );
  await page.evaluate(() => {
    const { contexts } = globalThis as unknown as {
      contexts: { getExtension(name: string): { loseContext(): void } | null; isContextLost(): boolean }[];
    };
    for (const context of contexts)
      if (!context.isContextLost()) context.getExtension("WEBGL_lose_context")?.loseContext();
  });
  const view = page.locator(".cellkernel-embedding");
  await view.getByText("The browser has lost its graphics").waitFor();
  const picture = view.getByRole("img");
  await picture.waitFor();
  assert.match((await picture.getAttribute("alt")) ?? "", /^A grid of cells, 25 cells/);
  await view.getByRole("button", { name: "Redraw" }).click();
  await shows(page.locator(".cellkernel-embedding canvas").first(), { blue: 10, orange: 15 });
  assert.equal(await page.locator('canvas[data-drawn-by="webgl"]').count(), 2, "drawn by WebGL again");
});

test("another colouring uploads its codes alone, a byte a cell", { skip, timeout: 60_000 }, async () => {
  await uploads();
  const box = page.getByRole("combobox", { name: "Colour by" });
  await box.click();
  await page.getByRole("option", { name: "Mistakes" }).click();
  await shows(page.locator(".cellkernel-embedding canvas").nth(1), { blue: 0, orange: 3 });
  assert.deepEqual(await uploads(), [[STATIC_DRAW, 25]]);
});

test("of 100,000 sorted cells none cover the others, and a rare class is seen whole when picked", {
  skip,
  timeout: 120_000,
}, async () => {
  await lab.visit(page, "rare.ipynb");
  await hideNames(page);
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  await canvas.waitFor();
  const share = async () => {
    const { width, height, channels, data } = await snapshot(canvas);
    let [blue, orange] = [0, 0];
    for (let p = 0; p < data.length; p += channels) {
      if (data[p + 2] - data[p] > 90) blue++;
      if (data[p] - data[p + 2] > 90) orange++;
    }
    return { drawn: (blue + orange) / (width * height), blue: blue / (blue + orange) };
  };
  let found = await share();
  for (let attempt = 0; found.drawn < 0.2 && attempt < 60; attempt++) {
    await page.waitForTimeout(250);
    found = await share();
  }
  assert.ok(found.blue > 0.4 && found.blue < 0.6, `${(100 * found.blue).toFixed()} % are blue`);

  await entry(page, "rare").click();
  let seen = 0;
  for (let attempt = 0; seen < RARE && attempt < 60; attempt++) {
    const pixel = await pixels(canvas);
    const rare = Array.from({ length: RARE }, (_, i) => {
      const { x, y } = rareAt(i);
      const [r, g, b] = pixel(0.025 + 0.95 * x, 0.975 - 0.95 * y);
      return g - r > 90 && g - b > 20;
    });
    seen = rare.filter(Boolean).length;
    await page.waitForTimeout(250);
  }
  assert.equal(seen, RARE);
});

test("damaged and newer data, odd names, one cell and none: a picture or the rest, with a sentence", {
  skip,
  timeout: 120_000,
}, async () => {
  await lab.visit(page, "odd.ipynb");
  await hideNames(page);
  const expected = [
    "The data of this embedding are damaged; this is its picture.",
    "A later version of Cellkernel made this view",
    "1 of 500 cells have no coordinates and are not drawn.",
    "left",
    "There are no cells to draw.",
  ];
  for (const [i, words] of expected.entries()) {
    await scrollTo(page, i);
    const output = page.locator(".jp-CodeCell").nth(i).locator(".jp-OutputArea-output");
    await output.getByText(words).locator("visible=true").first().waitFor();
    if (i < 2) await output.getByRole("img").waitFor();
    if (i === 2) {
      const names = await output.locator(".cellkernel-legend-entry .cellkernel-name").allTextContents();
      assert.equal(names.length, 500);
      assert.deepEqual(names.slice(0, 4), [...ODD.slice(0, 3), `${"x".repeat(120)}…`]);
      await output.getByRole("searchbox", { name: "Filter" }).fill("class 49");
      assert.equal(await output.locator(".cellkernel-legend-entry:visible").count(), 11);
    }
    if (i === 3) await shows(output.locator("canvas"), { blue: 1, orange: 0 });
  }
  assert.equal(await page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count(), 0);
  const attacked = await page.evaluate(() => (globalThis as Record<string, unknown>).attacked);
  assert.equal(attacked, undefined);
});

test("twenty views are live at once", { skip, timeout: 120_000 }, async () => {
  await lab.visit(page, "twenty.ipynb");
  await hideNames(page);
  for (let i = 0; i < 20; i++) await scrollTo(page, i);
  for (const i of [0, 10, 19]) {
    await scrollTo(page, i);
    const canvas = page.locator(".jp-CodeCell").nth(i).locator("canvas").first();
    await shows(canvas, { blue: 10, orange: 15 });
  }
  const contexts = await page.evaluate(
    () => (globalThis as unknown as { contexts: unknown[] }).contexts.length,
  );
  assert.ok(contexts <= 2, `${contexts} contexts`);
  // Each gives back what it has of the card.
  const buffers = () => page.evaluate(() => (globalThis as unknown as { buffers: number }).buffers);
  assert.ok((await buffers()) >= 20 * 5);
  await command(page, "notebook:clear-all-cell-outputs");
  await until("the buffers to be freed", async () => (await buffers()) === 0, 20);
});

for (const [kind, flags] of [
  ["without WebGL", WITHOUT_WEBGL],
  ["where WebGL is emulated", WITH_WEBGL],
] as const) {
  test(`${kind} the processor draws the same cells`, { skip, timeout: 150_000 }, async () => {
    const tab = await lab.open("views.ipynb", flags);
    const canvas = tab.locator(".cellkernel-embedding canvas").first();
    await canvas.waitFor({ timeout: 120_000 });
    await hideNames(tab);
    assert.equal(await tab.locator('canvas[data-drawn-by="canvas"]').count(), 2);
    await shows(canvas, { blue: 10, orange: 15 });
    await canvas.hover({ position: await at(canvas, 0) });
    await tab.locator(".cellkernel-card", { hasText: "cell-0" }).waitFor({ timeout: 5000 });
    // Between four cells, e^(200 · 0.0022) times nearer: the outermost are out of sight.
    const { x, y, width } = (await canvas.boundingBox())!;
    await tab.mouse.click(x + 0.62 * width, y + 0.62 * width);
    await tab.mouse.wheel(0, -200);
    await shows(canvas, { blue: 3, orange: 6 });
  });
}

test("views are shown as the values of cells", { skip, timeout: 120_000 }, async () => {
  await lab.visit(page, "values.ipynb");
  await page.locator("#jp-main-statusbar", { hasText: "Idle" }).waitFor();
  await command(page, "notebook:run-all-cells");
  const value = (cell: number, shown: string) =>
    page.locator(".jp-CodeCell").nth(cell).locator(`.jp-OutputArea-executeResult ${shown}`).waitFor();
  await value(0, ".cellkernel-embedding canvas");
  await value(2, ".cellkernel-evaluation");
});

/** The forms of a cell's output in the notebook that JupyterLab holds. */
function formsIn(tab: Page, cell: number): Promise<{ output_type: string; types: string[] }[]> {
  return tab.evaluate((index) => {
    interface Output {
      output_type: string;
      data: object;
    }
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: {
        shell: { currentWidget: { content: { model: { toJSON(): { cells: { outputs?: Output[] }[] } } } } };
      };
    };
    const { outputs = [] } = jupyterapp.shell.currentWidget.content.model.toJSON().cells[index];
    return outputs.map(({ output_type, data }) => ({ output_type, types: Object.keys(data).sort() }));
  }, cell);
}

test("a large embedding is drawn from its data, and its picture follows without another drawing", {
  skip,
  timeout: 60_000,
}, async () => {
  const canvases = page.locator(".jp-CodeCell").nth(1).locator(".cellkernel-embedding canvas");
  const first = await canvases.first().elementHandle();
  await until("the picture", async () => (await formsIn(page, 1))[0]?.types.includes("image/png"), 30);
  assert.deepEqual(await formsIn(page, 1), [
    { output_type: "display_data", types: [EMBEDDING_MIME, "image/png", "text/plain"].sort() },
  ]);
  assert.equal(await first?.evaluate((canvas) => (canvas as { isConnected: boolean }).isConnected), true);
});

test("cells that are run again are shown as they were", { skip, timeout: 60_000 }, async () => {
  const view = page.locator(".jp-CodeCell").nth(0).locator(".cellkernel-embedding:not([data-old])");
  await scrollTo(page, 0);
  await view.locator(".cellkernel-legend-entry", { hasText: "a" }).click();
  await view.getByText("3 cells selected").waitFor();
  const box = view.getByRole("combobox", { name: "Colour by" });
  const name = () => view.locator(".cellkernel-names text").first().getAttribute("x");
  const whole = await name();
  await view.getByRole("button", { name: "Zoom in" }).click();
  const near = await name();
  assert.notEqual(near, whole);
  await page.mouse.move(5, 5);
  await view.evaluate((node) => {
    (node as unknown as { dataset: Record<string, string> }).dataset.old = "";
  });
  await page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 0");
  await command(page, "notebook:run-cell");
  await view.locator("canvas").waitFor();
  await view.getByText("3 cells selected").waitFor();
  assert.equal(await name(), near, "as near");
  // By a number, which has no names: what is seen is told by the colour bar.
  await box.click();
  await view.getByRole("option", { name: "n", exact: true }).click();
  await view.locator(".cellkernel-bar").waitFor();
  await view.evaluate((node) => {
    (node as unknown as { dataset: Record<string, string> }).dataset.old = "";
  });
  await command(page, "notebook:run-cell");
  await view.locator("canvas").waitFor();
  await view.locator(".cellkernel-bar").waitFor();
  assert.equal(await box.inputValue(), "n", "coloured alike");
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(lab.problems, []);
});
