import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { writeFileAtomically } from "../../src/support/atomic.js";
import { encodeIndexed } from "../../src/views/png.js";
import { code, command, Laboratory, snapshot, WITH_WEBGL } from "../../test/extension/page.js";
import { demoViews } from "./demo.js";

const FOLDER = "docs/images/views";
const WIDTHS = [1024, 1440];
/** JupyterLab keeps the last for those who come after. */
const THEMES = { dark: "JupyterLab Dark", light: "JupyterLab Light" };
/** Bytes of a picture, and of all: they come along with every clone. */
const MOST = 150_000;
const MOST_ALL = 3_000_000;

/** Takes the pictures of each view in both themes and two widths. */
export async function takePictures(): Promise<void> {
  const views = await demoViews();
  const lab = new Laboratory();
  await lab.start({
    "views.ipynb": Object.entries(views).map(([name, bundle]) => code(name, "", bundle)),
  });
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  try {
    const page = await lab.open("views.ipynb", WITH_WEBGL);
    await command(page, "application:toggle-left-area");
    for (const [name, theme] of Object.entries(THEMES)) {
      await command(page, "apputils:change-theme", { theme });
      await page.locator(`body[data-jp-theme-name="${theme}"]`).waitFor({ state: "attached" });
      await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
      for (const width of WIDTHS) await takeAll(page, width, `${name}-${width}`);
    }
  } finally {
    await lab.end();
  }
  const sizes = readdirSync(FOLDER).map((file) => statSync(join(FOLDER, file)).size);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`${sizes.length} pictures in ${FOLDER}, ${(all / 1e3).toFixed(0)} kB`);
  if (Math.max(...sizes) > MOST || all > MOST_ALL)
    throw new Error(`A picture is larger than ${MOST} bytes, or all are larger than ${MOST_ALL}.`);
}

async function takeAll(page: Page, width: number, kind: string): Promise<void> {
  // High enough that the notebook holds all views at once.
  await page.setViewportSize({ width, height: 1000 });
  const view = (name: string) => page.locator(`.cellkernel-${name}`).first();
  const keep = async (shown: Locator, name: string) => {
    await shown.scrollIntoViewIfNeeded();
    await page.mouse.move(5, 5);
    await settled(shown);
    const { data, channels, width: across, height } = await snapshot(shown);
    const rgba = channels === 4 ? data : withOpacity(data);
    writeFileAtomically(join(FOLDER, `${name}-${kind}.png`), [encodeIndexed(rgba, across, height)]);
  };
  const embedding = view("embedding");
  await embedding.locator("canvas").first().waitFor();
  await keep(embedding, "embedding");
  const nk = embedding.getByRole("button", { name: /^CD56\+ NK/ });
  await nk.click();
  await page.locator(".cellkernel-embedding [aria-pressed=true]", { hasText: "CD56+ NK" }).waitFor();
  await keep(embedding, "selection");
  await keep(view("evaluation"), "evaluation");
  await nk.click();
  await keep(view("training"), "training");
}

/** What is drawn over some frames is drawn: two pictures in a row are the same. */
async function settled(shown: Locator): Promise<void> {
  let before = "";
  for (let look = 0; look < 20; look++) {
    const now = Buffer.from((await snapshot(shown)).data).toString("base64");
    if (now === before) return;
    before = now;
  }
}

function withOpacity(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let p = 0; p < rgb.length / 3; p++) rgba.set(rgb.subarray(3 * p, 3 * p + 3), 4 * p);
  return rgba;
}
