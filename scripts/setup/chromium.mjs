// A Chromium for the browser tests.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromiumPlaces, root } from "./paths.mjs";
import { capture } from "./run.mjs";

/** Playwright's own browsers go into the checkout, not into the user's home. */
const browsers = join(root, ".playwright");

export const chromiumMissing =
  "No Chromium was found: install it (Debian: apt-get install chromium), or name one in the variable CHROMIUM.";

/** The path of a Chromium, installed where that is possible; undefined where it is not. */
export async function findChromium() {
  if (process.env.CHROMIUM) return existsSync(process.env.CHROMIUM) ? process.env.CHROMIUM : undefined;
  return installed() ?? (await playwrights()) ?? (await install());
}

function installed() {
  return chromiumPlaces().find((path) => existsSync(path));
}

async function playwrights() {
  process.env.PLAYWRIGHT_BROWSERS_PATH ??= browsers;
  const { chromium } = await import("playwright-core");
  const path = chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}

async function install() {
  console.log("  Chromium, for the browser tests …");
  if (process.platform === "linux" && process.getuid() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await capture("apt-get", ["update", "-q"], { env });
    await capture("apt-get", ["install", "-q", "-y", "--no-install-recommends", "chromium"], { env });
    if (installed()) return installed();
  }
  await capture(
    process.execPath,
    [join(root, "node_modules/playwright-core/cli.js"), "install", "chromium"],
    {
      env: { ...process.env, PLAYWRIGHT_BROWSERS_PATH: process.env.PLAYWRIGHT_BROWSERS_PATH ?? browsers },
    },
  );
  return playwrights();
}
