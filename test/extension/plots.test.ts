import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { classificationReport } from "../../src/evaluate/metrics.js";
import { dotPlotView } from "../../src/views/dotPlot.js";
import { histogramView } from "../../src/views/histogram.js";
import { hvgView } from "../../src/views/hvg.js";
import { reportView } from "../../src/views/report.js";
import { trainingUpdate } from "../../src/views/training.js";
import { violinView } from "../../src/views/violin.js";
import { changeTheme, code, Laboratory, photograph, pixels, scrollTo, skip, WITH_WEBGL } from "./page.js";

/** All plots but the embedding fit their width, follow it, and take the page's colours. */

const classes = ["B cell", "CD56+ NK", "CD4+ T helper", "cytotoxic T", "dendritic cell", "monocyte"];
const cells = 120;
/** Spread evenly between 0 and 1 (Roberts 2018). */
const spread = (i: number, by = 0.7548776662) => (0.5 + by * i) % 1;
const truth = Array.from({ length: cells }, (_, i) => i % classes.length);
const predicted = truth.map((of, i) => (i % 7 === 0 ? (of + 1) % classes.length : of));
const genes = Array.from({ length: 300 }, (_, g) => `gene-${g}`);

/** The notebook's cells, and what is drawn in each. */
const PLOTS = ["quality", "violins", "genes", "dots"];

async function notebook(): Promise<object[]> {
  const distribution = (label: string) => ({ label, values: truth.map((_, i) => 500 + 400 * spread(i)) });
  const distributions = [distribution("genes per cell"), distribution("counts per cell")];
  const shares = classes.map((_, c) => classes.map((_, g) => spread(c * classes.length + g)));
  const bundles = {
    quality: await histogramView(distributions, "Quality"),
    violins: await violinView({ distributions, groups: classes, codes: truth, title: "By type" }),
    genes: await hvgView({
      ...{ genes, measure: "standardised variance" },
      means: genes.map((_, g) => 0.1 + 9 * spread(g)),
      dispersions: genes.map((_, g) => 3 * spread(g, 0.569840291)),
      chosen: genes.map((_, g) => spread(g, 0.569840291) > 0.8),
    }),
    dots: await dotPlotView({
      genes: genes.slice(0, classes.length),
      groups: classes,
      shares,
      means: shares,
    }),
    evaluation: await reportView({
      ...{ title: "Test cells", ...classificationReport(truth, predicted, classes) },
      reliability: {
        error: 0.08,
        bins: [
          { from: 0.4, to: 0.6, cells: 40, confidence: 0.5, accuracy: 0.4 },
          { from: 0.8, to: 1, cells: 80, confidence: 0.9, accuracy: 0.95 },
        ],
      },
      assigned: {
        ...{ table: "cells", rows: truth.map((_, i) => i), truth, predicted },
        probabilities: truth.map((_, i) => 0.4 + 0.6 * spread(i)),
      },
    }),
    training: await trainingUpdate({
      ...{ run: "gone", state: "finished", step: 40, steps: 40, epoch: 2, epochs: 2, seconds: 9 },
      ...{ secondsLeft: null, losses: Array.from({ length: 40 }, (_, i) => 2 / (1 + i)), bestEpoch: 2 },
      history: [
        { epoch: 1, step: 20, trainLoss: 1, validationLoss: 0.9, validationError: 0.4 },
        { epoch: 2, step: 40, trainLoss: 0.3, validationLoss: 0.4, validationError: 0.2 },
      ],
    }),
  };
  return Object.entries(bundles).map(([name, bundle]) => code(name, "", bundle));
}

const lab = new Laboratory();
let page: Page;

before(async () => {
  if (skip) return;
  await lab.start({ "plots.ipynb": await notebook() });
  page = await lab.open("plots.ipynb", WITH_WEBGL);
  page.setDefaultTimeout(30_000);
});

after(() => lab.end());

const cell = (at: number) => page.locator(".jp-CodeCell").nth(at);

/** A plot's width on the page and as drawn, and the room of its output. */
async function widths(shown: Locator): Promise<{ seen: number; drawn: number; room: number }> {
  return shown.evaluate((node) => {
    interface Measured {
      getBoundingClientRect(): { width: number };
      getAttribute(name: string): string;
      closest(selector: string): { clientWidth: number };
    }
    const svg = node as unknown as Measured;
    return {
      seen: svg.getBoundingClientRect().width,
      drawn: Number(svg.getAttribute("width")),
      room: svg.closest(".jp-OutputArea-output").clientWidth,
    };
  });
}

/** Waits until a plot is as wide as wanted; returns how wide it is. */
async function settles(
  shown: Locator,
  what: string,
  wanted: (of: { seen: number; drawn: number; room: number }) => boolean,
) {
  let found = { seen: 0, drawn: 0, room: 0 };
  for (let attempt = 0; attempt < 60; attempt++) {
    // A plot that is drawn anew takes the former's place.
    found = await widths(shown).catch(() => found);
    if (found.seen > 0 && wanted(found)) return found;
    await page.waitForTimeout(100);
  }
  assert.fail(`${what}: ${found.seen} of ${found.room}`);
}

test("Vega's plots fill the output's width, grow and shrink with it, and their letters stay as large", {
  skip,
  timeout: 150_000,
}, async () => {
  for (const width of [720, 1024, 1440, 720]) {
    await page.setViewportSize({ width, height: 1000 });
    for (const [at, name] of PLOTS.entries()) {
      await scrollTo(page, at);
      const plot = cell(at).locator("svg.marks");
      // The menu beside a plot takes 38 pixels of the output, and the margin 8; a dot plot of six genes grows no wider than a bit over twice.
      const wide = name === "dots" ? 180 : Number.POSITIVE_INFINITY;
      await settles(plot, `${name} at ${width}`, ({ seen, drawn, room }) => {
        // At 720 what cannot be narrower is shrunk as a picture.
        const whole = width === 720 || Math.abs(drawn - seen) < 1;
        return whole && seen <= room && seen >= Math.min(wide, 1000, room - 46) * 0.93;
      });
    }
  }
});

test("confusion matrix, reliability and curves fill theirs", { skip, timeout: 90_000 }, async () => {
  for (const width of [720, 1024, 1440]) {
    await page.setViewportSize({ width, height: 1000 });
    await scrollTo(page, 4);
    const view = cell(4).locator(".cellkernel-evaluation");
    const inside = async (part: Locator, what: string, least: number) => {
      await part.waitFor();
      const [room, box] = [(await view.boundingBox())!, (await part.boundingBox())!];
      assert.ok(
        box.x >= room.x && box.x + box.width <= room.x + room.width + 1,
        `${what} at ${width} is inside`,
      );
      assert.ok(box.width >= least, `${what} at ${width} is ${box.width} wide`);
    };
    const tab = view.getByRole("tab", { name: "Confusion matrix" });
    // In a wide output the matrix stands beside the rest.
    if (width < 1440) await tab.click();
    else await tab.waitFor({ state: "detached" });
    await inside(view.locator(".cellkernel-matrix-inner"), "matrix", 330);
    await view.getByRole("tab", { name: "Reliability" }).click();
    await inside(view.locator(".cellkernel-reliability-plot"), "reliability", 300);
    await scrollTo(page, 5);
    const charts = cell(5).locator(".cellkernel-charts");
    await charts.locator("svg").first().waitFor();
    const room = (await charts.boundingBox())!.width;
    const curves = await charts.locator("svg").all();
    const boxes = await Promise.all(curves.map(async (curve) => (await curve.boundingBox())!.width));
    assert.ok(
      Math.max(...boxes) <= room + 1 && boxes.reduce((sum, one) => sum + one) >= 0.9 * room,
      `${boxes} of ${room}`,
    );
  }
});

test("in the dark theme they are written in light letters on the page's own ground", {
  skip,
  timeout: 90_000,
}, async () => {
  await page.setViewportSize({ width: 1440, height: 1000 });
  const letters = async (at: number, selector: string) => {
    await scrollTo(page, at);
    const text = cell(at).locator(selector).first();
    await text.waitFor();
    return text.evaluate((node) => {
      const scope = globalThis as unknown as { getComputedStyle(of: unknown): { fill: string } };
      const [r, g, b] = scope
        .getComputedStyle(node)
        .fill.match(/[\d.]+/g)!
        .map(Number);
      return (r + g + b) / 3;
    });
  };
  for (const [theme, light] of [
    ["JupyterLab Dark", true],
    ["JupyterLab Light", false],
  ] as const) {
    await changeTheme(page, theme);
    for (const [at, name] of PLOTS.entries()) {
      assert.equal((await letters(at, "svg.marks text")) > 127, light, `${name} in ${theme}`);
      const [r, g, b] = (await pixels(cell(at).locator("svg.marks")))(0.001, 0.001);
      assert.equal((r + g + b) / 3 < 127, light, `${name}'s ground in ${theme}`);
      await photograph(page, `plot-${name}-${light ? "dark" : "light"}`);
    }
    await scrollTo(page, 4);
    await photograph(page, `plot-evaluation-${light ? "dark" : "light"}`);
    assert.equal((await letters(5, ".cellkernel-charts text")) > 127, light, `curves in ${theme}`);
  }
});

test("the page reports no errors", { skip }, () => {
  assert.deepEqual(lab.problems, []);
});
