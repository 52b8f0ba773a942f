// `npm test`: set-up, then the tests, quickest first; `node scripts/test.mjs peers`: those that compare us with
// PyTorch, scanpy and scikit-learn. The last line printed is "N passed, N failed".
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumMissing, findChromium } from "./setup/chromium.mjs";
import { jupyterEnvironment, root } from "./setup/paths.mjs";
import { hand } from "./setup/run.mjs";
import { provideVulkan } from "./setup/vulkan.mjs";
import { orExplain, setup } from "./setup.mjs";

/** Folders of `test/` that are no part of the quick tests: `notebook` runs the whole path, `peers` needs the peers. */
const SLOW = ["notebook", "peers"];

await orExplain(async () => {
  const peers = process.argv[2] === "peers";
  await setup([peers ? "peers" : "test"]);
  const env = jupyterEnvironment();
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (!peers) {
    env.CHROMIUM = (await findChromium()) ?? "";
    if (!env.CHROMIUM) {
      console.log(chromiumMissing);
      if (process.env.CI === "true") total.failed++;
    }
    await provideVulkan();
  }
  const suites = peers ? [["peers"]] : [folders().filter((name) => !SLOW.includes(name)), ["notebook"]];
  for (const suite of suites) add(total, await runTests(suite.flatMap(testFiles), env));
  const skipped = total.skipped ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  if (total.failed > 0) process.exitCode = 1;
});

function folders() {
  return readdirSync(join(root, "test"));
}

/** The compiled tests of a folder of `test/`; only those whose source still stands. */
function testFiles(folder) {
  const source = join(root, "test", folder);
  if (!existsSync(source)) return [];
  return readdirSync(source, { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(root, "dist/test", folder, name.replace(/\.ts$/, ".js")));
}

/** Runs test files with Node's runner, shown as they go, and counts. */
async function runTests(files, env) {
  if (files.length === 0) return {};
  const folder = mkdtempSync(join(tmpdir(), "cellkernel-tests-"));
  const counts = join(folder, "counts.json");
  const reporters = ["spec", "stdout", join(root, "scripts/test/tally.mjs"), counts];
  const args = ["--enable-source-maps", "--test", `--test-concurrency=${files.length > 4 ? 2 : 1}`];
  reporters.forEach((value, i) => {
    args.push(`--test-reporter${i % 2 ? "-destination" : ""}=${value}`);
  });
  const code = await hand(process.execPath, [...args, ...files], { env });
  const count = existsSync(counts) ? JSON.parse(readFileSync(counts, "utf8")) : { failed: 1 };
  rmSync(folder, { recursive: true });
  return code !== 0 && !count.failed ? { ...count, failed: 1 } : count;
}

function add(total, count) {
  for (const key of Object.keys(count)) total[key] += count[key];
}
