// `npm test`: set-up, then the tests; `npm test -- browser`: those that need a browser; `npm test -- peers`: those that
// compare us with PyTorch, scanpy and scikit-learn; `npm test -- wheel`: those of the wheel, which it builds, and `hosts` those of
// notebooks of Python with it; `package`: those of the npm package. The last line printed is "N passed, N failed".
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { chromiumMissing, findChromium } from "./setup/chromium.mjs";
import { jupyterEnvironment, root } from "./setup/paths.mjs";
import { provideVulkan } from "./setup/vulkan.mjs";
import { orExplain, setup } from "./setup.mjs";
import { buildWheel } from "./wheel.mjs";

/** Tests that need a browser. */
const BROWSER = [
  "extension/hostile.test.ts",
  "extension/renderers.test.ts",
  "extension/training.test.ts",
  "notebook/jupyterlab.test.ts",
  "protocol/exportInBrowser.test.ts",
];
/**
 * A thousand cells, one after the other, keep one core busy, and the main job is to have the other: side by side, when
 * nothing else runs. All tests of `notebook/` but those in a browser are in one file, since they write one folder.
 */
const LAST = ["kernel/endurance.test.ts", "notebook/protocol.test.ts"];
/** What is measured while nothing else runs, and what takes away from every kernel what it starts with. */
const ALONE = ["kernel/measured.test.ts"];
/** The longest first: what begins late ends last. */
const FIRST = [
  "kernel/python.test.ts",
  "train/kernels.test.ts",
  "train/webgpu.test.ts",
  "protocol/onePath.test.ts",
  "model/parity.test.ts",
];
/** Much of their time is waiting: so many files at a time. */
const SIDE_BY_SIDE = 2 * availableParallelism();

await orExplain(async () => {
  const kind = process.argv[2] ?? "";
  if (kind === "wheel" || kind === "hosts") await buildWheel();
  else await setup([kind === "peers" ? "peers" : "test"]);
  // What each test's process inherits.
  Object.assign(process.env, jupyterEnvironment());
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (kind === "browser") {
    process.env.CHROMIUM = (await findChromium()) ?? "";
    if (!process.env.CHROMIUM) {
      console.log(chromiumMissing);
      if (process.env.CI === "true") total.failed++;
    }
  }
  if (kind === "" || kind === "browser") await provideVulkan();
  for (const [files, atOnce] of suites(kind)) add(total, await runTests(files, atOnce));
  const skipped = total.skipped ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  if (total.failed > 0) process.exitCode = 1;
});

/** What runs after each other, each with how many files at a time. */
function suites(kind) {
  const all = testFiles();
  const peers = all.filter((file) => file.startsWith("peers/"));
  const wheel = all.filter((file) => file.startsWith("wheel/"));
  const hosts = all.filter((file) => file.startsWith("hosts/"));
  const packed = all.filter((file) => file.startsWith("package/"));
  if (kind === "peers") return [[peers, 1]];
  if (kind === "wheel") return [[wheel, 1]];
  if (kind === "hosts") return [[hosts, 1]];
  if (kind === "package") return [[packed, 1]];
  if (kind === "browser") return [[BROWSER, 1]];
  if (kind)
    throw new Error(`npm test takes "browser", "peers", "wheel", "hosts" or "package", not "${kind}"`);
  const apart = new Set([...peers, ...wheel, ...hosts, ...packed, ...BROWSER, ...FIRST, ...LAST, ...ALONE]);
  return [
    [[...FIRST, ...all.filter((file) => !apart.has(file))], SIDE_BY_SIDE],
    [LAST, LAST.length],
    [ALONE, 1],
  ];
}

/** Sources of tests, as paths below `test/`. */
function testFiles() {
  return readdirSync(join(root, "test"), { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
}

/** Runs test files with Node's runner, in this order, shown as they go, and counts. */
async function runTests(sources, atOnce) {
  const files = sources.map((name) => join(root, "dist/test", name.replace(/\.ts$/, ".js")));
  const count = { passed: 0, failed: 0, skipped: 0 };
  // Not by `node --test`, which sorts the files. Flags of this process are also those of theirs.
  const events = run({ files, concurrency: atOnce });
  events.on("test:pass", ({ skip, details }) => {
    if (details.type !== "suite") count[skip === undefined ? "passed" : "skipped"]++;
  });
  events.on("test:fail", ({ details }) => {
    if (details.type !== "suite") count.failed++;
  });
  await pipeline(events, new spec(), process.stdout, { end: false });
  return count;
}

function add(total, count) {
  for (const key of Object.keys(count)) total[key] += count[key];
}
