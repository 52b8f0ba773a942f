// `npm test`: set-up, then the tests; `npm test -- browser`: those that need a browser; `npm test -- peers`: those that
// compare us with PyTorch, scanpy and scikit-learn. The last line printed is "N passed, N failed".
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumMissing, findChromium } from "./setup/chromium.mjs";
import { jupyterEnvironment, root } from "./setup/paths.mjs";
import { hand } from "./setup/run.mjs";
import { provideVulkan } from "./setup/vulkan.mjs";
import { orExplain, setup } from "./setup.mjs";

/** Tests that need a browser. */
const BROWSER = ["extension/hostile.test.ts", "extension/renderers.test.ts", "notebook/jupyterlab.test.ts"];
/** Tests that measure time or memory: one after the other, when nothing else runs. */
const MEASURED = ["kernel/measured.test.ts"];
/** Much of the others' time is waiting: so many files at a time. */
const SIDE_BY_SIDE = 2 * availableParallelism();

await orExplain(async () => {
  const kind = process.argv[2] ?? "";
  await setup([kind === "peers" ? "peers" : "test"]);
  const env = jupyterEnvironment();
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (kind === "browser") {
    env.CHROMIUM = (await findChromium()) ?? "";
    if (!env.CHROMIUM) {
      console.log(chromiumMissing);
      if (process.env.CI === "true") total.failed++;
    }
  }
  if (kind !== "peers") await provideVulkan();
  for (const [files, atOnce] of suites(kind)) add(total, await runTests(files, atOnce, env));
  const skipped = total.skipped ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  if (total.failed > 0) process.exitCode = 1;
});

/** What runs after each other, each with how many files at a time. */
function suites(kind) {
  const isOf = (folder) => (file) => file.startsWith(`${folder}/`);
  const all = testFiles();
  const own = all.filter(
    (file) => !isOf("peers")(file) && !BROWSER.includes(file) && !MEASURED.includes(file),
  );
  if (kind === "peers") return [[all.filter(isOf("peers")), 1]];
  if (kind === "browser") return [[BROWSER, 1]];
  if (kind) throw new Error(`npm test takes "browser" or "peers", not "${kind}"`);
  return [
    // The kernel's wait most: the others run meanwhile.
    [
      own.filter((file) => !isOf("notebook")(file)).sort((a, b) => isOf("kernel")(b) - isOf("kernel")(a)),
      SIDE_BY_SIDE,
    ],
    [own.filter(isOf("notebook")), 1],
    [MEASURED, 1],
  ];
}

/** Sources of tests, as paths below `test/`. */
function testFiles() {
  return readdirSync(join(root, "test"), { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
}

/** Runs test files with Node's runner, shown as they go, and counts. */
async function runTests(sources, atOnce, env) {
  const files = sources.map((name) => join(root, "dist/test", name.replace(/\.ts$/, ".js")));
  const folder = mkdtempSync(join(tmpdir(), "cellkernel-tests-"));
  const counts = join(folder, "counts.json");
  const reporters = ["spec", "stdout", join(root, "scripts/test/tally.mjs"), counts];
  const args = ["--enable-source-maps", "--test", `--test-concurrency=${atOnce}`];
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
