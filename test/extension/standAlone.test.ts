import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { EMBEDDING_MIME } from "../../src/views/contract.js";
import { embeddingPayload, embeddingView } from "../../src/views/embedding.js";
import { writeHtml } from "../../src/views/page/writeHtml.js";
import { trainingView } from "../../src/views/training.js";
import { skip, snapshot, WITH_WEBGL } from "./page.js";

/** Pages that stand alone, opened from the disk in a browser: no server, no network. */

const folder = mkdtempSync(join(tmpdir(), "cellkernel-alone-"));
const HOSTILE = "</script><script>window.attacked=1</script><img src=x onerror='window.attacked=1'>";
const CLASSES = [HOSTILE, "🧬 cell", "خلية تائية"];

/** Cells of three classes in a row of three blots. */
function blots(count: number) {
  const codes = Array.from({ length: count }, (_, i) => i % 3);
  const spread = (i: number, by: number) => (0.5 + by * i) % 1;
  return {
    ...{ title: HOSTILE, cellIds: codes.map((_, i) => `${HOSTILE}${i}`) },
    x: codes.map((code, i) => 3 * code + spread(i, 0.7548776662)),
    y: codes.map((_, i) => 6 * spread(i, 0.569840291)),
    panels: [{ title: "Truth", categories: CLASSES, codes }],
  };
}

let browser: Browser;
const problems: string[] = [];
const asked: string[] = [];

before(async () => {
  if (skip) return;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", ...WITH_WEBGL],
  });
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A page from the disk; what goes wrong in it is kept. */
async function open(name: string, colorScheme: "light" | "dark" = "light"): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(data|blob|file):/.test(request.url())) asked.push(request.url());
  });
  await page.goto(pathToFileURL(join(folder, name)).href);
  return page;
}

test("50,000 cells are drawn, pointed at, picked and zoomed from a file", {
  skip,
  timeout: 120_000,
}, async () => {
  await writeHtml(embeddingView(blots(50_000)), join(folder, "map.html"));
  const page = await open("map.html");
  const canvas = page.locator(".cellkernel-embedding canvas").first();
  await canvas.waitFor();
  const entry = page.getByRole("button", { name: /🧬/ });
  /** How colourful the left third is, where the first class lies: 0 … 255 a pixel. */
  const colorful = async () => {
    const { data, channels, width } = await snapshot(canvas);
    let sum = 0;
    let count = 0;
    for (let p = 0; p < data.length; p += channels) {
      if ((p / channels) % width > width / 3) continue;
      sum += Math.max(data[p], data[p + 1], data[p + 2]) - Math.min(data[p], data[p + 1], data[p + 2]);
      count++;
    }
    return sum / count;
  };
  const all = await colorful();
  assert.ok(all > 10, `${all}`);
  await entry.click();
  await page.mouse.move(5, 5);
  assert.equal(await entry.getAttribute("aria-pressed"), "true");
  const faint = await colorful();
  assert.ok(faint < 0.6 * all, `what is not picked stays as colourful: ${faint}, ${all} before`);
  await canvas.hover();
  await page
    .getByText(/cell [\d,]+/)
    .first()
    .waitFor();
  assert.equal(await page.evaluate(() => (globalThis as { attacked?: unknown }).attacked), undefined);
  assert.equal(await page.locator("img").count(), 0);
  const box = (await canvas.boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  const before = await snapshot(canvas);
  await page.mouse.wheel(0, -600);
  assert.notDeepEqual((await snapshot(canvas)).data, before.data, "the wheel zooms");
  await page.close();
});

test("it follows the reader's theme; learning curves are drawn; damaged data leave the picture", {
  skip,
  timeout: 60_000,
}, async () => {
  const view = embeddingView(blots(30));
  await writeHtml(view, join(folder, "dark.html"));
  const dark = await open("dark.html", "dark");
  await dark.locator("canvas").first().waitFor();
  const ground = await dark
    .locator("canvas")
    .first()
    .evaluate((node: unknown) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle(node: unknown): { backgroundColor: string };
      };
      return getComputedStyle(node).backgroundColor;
    });
  assert.match(ground, /^rgb\((\d|[0-4]\d), /);
  await dark.close();
  const damaged = { ...view, [EMBEDDING_MIME]: { ...embeddingPayload(blots(30)), cells: 31 } };
  await writeHtml(damaged, join(folder, "damaged.html"));
  const broken = await open("damaged.html");
  await broken.getByText("damaged").waitFor();
  await broken.locator("img[src^='data:image/png']").waitFor();
  await broken.close();
  const history = [1, 2].map((epoch) => ({
    ...{ epoch, step: 10 * epoch, trainLoss: 1, validationLoss: 1 / epoch, validationError: 0.5 / epoch },
  }));
  const run = {
    ...{ run: "r", state: "finished" as const, step: 20, steps: 20, epoch: 2, epochs: 2, seconds: 3 },
    ...{ secondsLeft: 0, losses: Array.from({ length: 20 }, (_, i) => 2 - i / 20), history, bestEpoch: 2 },
  };
  await writeHtml(trainingView(run), join(folder, "curves.html"));
  const curves = await open("curves.html");
  assert.equal(await curves.locator(".cellkernel-chart path.validation").count(), 2);
  await curves.close();
});

test("nothing was asked of the network, and nothing went wrong", { skip }, () => {
  assert.deepEqual([asked, problems], [[], []]);
});
