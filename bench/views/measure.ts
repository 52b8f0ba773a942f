import { statSync } from "node:fs";
import { type CDPSession, chromium, type Page } from "playwright-core";
import { treeMemory } from "../processTree.js";

/** What a view cost; milliseconds, bytes. Undefined where a tool has no such thing. */
export interface Cost {
  /** From Shift-Enter to colours on the canvas, and its two parts. */
  firstPaint: number;
  kernel: number;
  page: number;
  /** Mean time between frames. */
  pan: number;
  zoom: number;
  hover: number;
  /** From a click on a class to another picture. */
  legend?: number;
  /** Of the page's scripts, from Shift-Enter until it rests, and a second while panning. */
  scriptFirst: number;
  scriptPan: number;
  /** Handed to the graphics, from Shift-Enter until it rests. */
  uploaded: number;
  notebook: number;
  /** What the browser took more than before the view, and of that the process that draws the page. */
  memory: number;
  renderer: number;
}

const FLAGS = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
];
const GESTURE_MS = 3000;

interface Bench {
  painted?: number;
  sent?: number;
  arrived?: number;
  uploaded: number;
  watch(): void;
  idle(): boolean;
  pretendCard(): void;
  canvas(): unknown;
  startFrames(): void;
  endFrames(): number[];
  click(element: unknown): Promise<number>;
}
declare const viewsBench: Bench;
declare const document: { querySelector(selector: string): unknown };
declare const jupyterapp: {
  commands: { execute(id: string): Promise<void> };
  shell: { currentWidget: { sessionContext: { shutdown(): Promise<void> } } };
};

/**
 * Opens a notebook in a browser of its own, runs it and handles its view.
 * @param card whether WebGL is to be taken for a card's
 */
export async function measureView(url: string, file: string, card: boolean): Promise<Cost> {
  const server = await chromium.launchServer({ executablePath: process.env.CHROMIUM, args: FLAGS });
  const browser = await chromium.connect(server.wsEndpoint());
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(180_000);
    await page.addInitScript({ path: "bench/views/page.js" });
    if (card) await page.addInitScript("viewsBench.pretendCard()");
    await page.goto(url);
    const cells = page.locator(".jp-CodeCell .cm-content");
    await cells.nth(1).waitFor();
    const idle = () => page.waitForFunction(() => viewsBench.idle());
    await idle();
    await cells.first().click();
    await page.keyboard.press("Shift+Enter");
    await page.waitForTimeout(500);
    await idle();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const browserProcess = server.process().pid!;
    const memory = () => ({
      memory: treeMemory(browserProcess),
      renderer: treeMemory(browserProcess, "--type=renderer"),
    });
    return await costOf(page, session, file, memory, idle);
  } finally {
    await browser.close();
    await server.close();
  }
}

async function costOf(
  page: Page,
  session: CDPSession,
  file: string,
  memory: () => Pick<Cost, "memory" | "renderer">,
  idle: () => Promise<unknown>,
): Promise<Cost> {
  const script = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "ScriptDuration")!.value;
  };
  const before = { ...memory(), script: await script() };
  await page.evaluate(() => viewsBench.watch());
  await page.locator(".jp-CodeCell .cm-content").nth(1).click();
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(() => viewsBench.painted !== undefined, null, { polling: 100 });
  await idle();
  await page.waitForTimeout(2000);
  const { painted, sent, arrived, uploaded } = await page.evaluate(() => {
    const { painted, sent, arrived, uploaded } = viewsBench;
    return { painted: painted!, sent: sent!, arrived: arrived!, uploaded };
  });
  const scriptFirst = (await script()) - before.script;
  const after = memory();

  const canvas = await page.evaluateHandle(() => viewsBench.canvas());
  const element = canvas.asElement()!;
  await element.scrollIntoViewIfNeeded();
  const box = (await element.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const gesture = async (step: (n: number) => Promise<void>) => {
    await page.evaluate(() => viewsBench.startFrames());
    const end = Date.now() + GESTURE_MS;
    for (let n = 0; Date.now() < end; n++) await step(n);
    const frames = await page.evaluate(() => viewsBench.endFrames());
    // Until what was begun is drawn.
    await page.waitForTimeout(1500);
    return frames.reduce((sum, frame) => sum + frame, 0) / frames.length;
  };
  const around = (n: number, radius: number) =>
    page.mouse.move(x + radius * Math.sin(0.15 * n), y + radius * Math.cos(0.19 * n));
  await page.mouse.move(x, y);
  await page.mouse.down();
  const scriptBefore = await script();
  const pan = await gesture((n) => around(n, 60));
  const scriptPan = ((await script()) - scriptBefore) / (GESTURE_MS / 1000);
  await page.mouse.up();
  await page.mouse.move(x, y);
  const zoom = await gesture((n) => page.mouse.wheel(0, Math.floor(n / 20) % 2 ? 40 : -40));
  const hover = await gesture((n) => around(n, 100));
  await page.mouse.move(2, 500);
  const legend = await page.evaluate(async () => {
    const entry = document.querySelector(".cellkernel-legend-entry");
    return entry ? viewsBench.click(entry) : undefined;
  });
  await page.evaluate(() => jupyterapp.commands.execute("docmanager:save"));
  await page.evaluate(() => jupyterapp.shell.currentWidget.sessionContext.shutdown());
  return {
    ...{ firstPaint: painted - sent, kernel: arrived - sent, page: painted - arrived },
    ...{ pan, zoom, hover, legend, scriptFirst, scriptPan, uploaded },
    notebook: statSync(file).size,
    memory: after.memory - before.memory,
    renderer: after.renderer - before.renderer,
  };
}
