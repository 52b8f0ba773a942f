// `npm test`: set-up, then the tests; `npm test -- browser`: those that need a browser; `npm test -- peers`: those that
// compare us with PyTorch, scanpy and scikit-learn; `npm test -- wheel`: those of the wheel, which it builds, and `hosts` those of
// notebooks of Python with it; `package`: those of the npm package; `binder`: those of Binder; `mpi`: those of several processes by MPI; `cluster`: those on a Slurm that
// is started for them; `lessons`: the lessons, run through the kernel. The last line printed is "N passed, N failed".
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
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
  "extension/access.test.ts",
  "extension/embedding.test.ts",
  "extension/explore.test.ts",
  "extension/hostile.test.ts",
  "extension/launcher.test.ts",
  "extension/notebook7.test.ts",
  "extension/plots.test.ts",
  "extension/python.test.ts",
  "extension/renderers.test.ts",
  "extension/settings.test.ts",
  "extension/standAlone.test.ts",
  "extension/training.test.ts",
  "notebook/jupyterlab.test.ts",
  "protocol/exportInBrowser.test.ts",
];
/** The Python environments that are needed beside JupyterLab's. */
const ENVIRONMENTS = { peers: ["peers"], browser: ["test", "notebook"], cluster: ["cluster"], mpi: ["mpi"] };
/** A lesson is run twice, by itself: its time and memory are printed. */
const LESSONS = ["lessons/fineTune.test.ts", "lessons/trust.test.ts"];
/**
 * A thousand cells, one after the other, keep one core busy, and the main job is to have the other: side by side, when
 * nothing else runs. All tests of `notebook/` but those in a browser are in one file, since they write one folder.
 */
const LAST = ["kernel/endurance.test.ts", "notebook/protocol.test.ts"];
/** What measures, while nothing else runs; the first also takes away from every kernel what it starts with. */
const ALONE = ["kernel/measured.test.ts", "protocol/forecast.test.ts"];
/** The longest first: what begins late ends last. */
const FIRST = [
  "kernel/python.test.ts",
  "train/kernels.test.ts",
  "train/webgpu.test.ts",
  "protocol/onePath.test.ts",
  "model/parity.test.ts",
];
/**
 * Files that change what a process has only one of, or measure it, and so have one of their own; as do those above. The
 * others of a folder run in one process.
 */
const OWN = [
  "cli/gpu.test.ts",
  "cli/supervised.test.ts",
  "protocol/leavesNothing.test.ts",
  "protocol/wandb.test.ts",
  "runtime/cudaLibraries.test.ts",
  "runtime/telemetry.test.ts",
  "scripts/examples.test.ts",
  "train/job.test.ts",
];
/** Of so many files at most is a group that runs in one process: no more, so that several run side by side. */
const GROUP = 10;
/** Much of their time is waiting: so many processes at a time. */
const SIDE_BY_SIDE = 2 * availableParallelism();
/** Linux' file system in memory: what the tests write and flush a thousand times over waits for no disk there. */
const MEMORY = "/dev/shm";
/** What it must have room for; a container's often has 64 MB (bytes). */
const ROOM = 4e9;
/** Where the modules that run several files are written. */
const GROUPS = join(root, "dist/test/groups");
/** A process that takes longer hangs (milliseconds). */
const LONGEST = 600_000;

await orExplain(async () => {
  const kind = process.argv[2] ?? "";
  if (kind === "wheel" || kind === "hosts") await buildWheel();
  else await setup(ENVIRONMENTS[kind] ?? ["test"]);
  // What each test's process inherits.
  Object.assign(process.env, jupyterEnvironment());
  if (inMemory()) process.env.TMPDIR = MEMORY;
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (kind === "browser") {
    process.env.CHROMIUM = (await findChromium()) ?? "";
    if (!process.env.CHROMIUM) {
      console.log(chromiumMissing);
      if (process.env.CI === "true") total.failed++;
    }
  }
  if (kind === "" || kind === "browser") await provideVulkan();
  rmSync(GROUPS, { recursive: true, force: true });
  mkdirSync(GROUPS, { recursive: true });
  for (const [files, atOnce] of suites(kind)) add(total, await runTests(files, atOnce));
  const skipped = total.skipped ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  if (total.failed > 0) process.exitCode = 1;
});

/** Whether there is a file system in memory that has room for what the tests write. */
function inMemory() {
  if (process.platform !== "linux" || !existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > ROOM;
}

/** What runs after each other, each with how many files at a time. */
function suites(kind) {
  const all = testFiles();
  const peers = all.filter((file) => file.startsWith("peers/"));
  const wheel = all.filter((file) => file.startsWith("wheel/"));
  const hosts = all.filter((file) => file.startsWith("hosts/"));
  const packed = all.filter((file) => file.startsWith("package/"));
  const binder = all.filter((file) => file.startsWith("binder/"));
  const cluster = all.filter((file) => file.startsWith("cluster/"));
  const mpi = all.filter((file) => file.startsWith("mpi/"));
  if (kind === "peers") return [[peers, 1]];
  if (kind === "wheel") return [[wheel, 1]];
  if (kind === "hosts") return [[hosts, 1]];
  if (kind === "package") return [[packed, 1]];
  if (kind === "binder") return [[binder, 1]];
  if (kind === "cluster") return [[cluster, 1]];
  if (kind === "mpi") return [[mpi, 1]];
  if (kind === "browser") return [[BROWSER, 1]];
  if (kind === "lessons") return [[LESSONS, 1]];
  if (kind)
    throw new Error(
      `npm test takes "browser", "peers", "wheel", "hosts", "package", "lessons", "binder", "cluster" or "mpi", not "${kind}"`,
    );
  const apart = new Set([
    ...peers,
    ...wheel,
    ...hosts,
    ...packed,
    ...binder,
    ...cluster,
    ...mpi,
    ...BROWSER,
    ...LESSONS,
    ...FIRST,
    ...LAST,
    ...ALONE,
    ...OWN,
  ]);
  return [
    [[...FIRST, ...groups(all.filter((file) => !apart.has(file))), ...OWN], SIDE_BY_SIDE],
    [LAST, LAST.length],
    [ALONE, 1],
  ];
}

/**
 * The files of each folder, in as few groups of about the same size as may be; alone as itself. Those that import
 * `withoutProjection.ts` are apart: it is without for all in its process.
 */
function groups(files) {
  const text = (file) => readFileSync(join(root, "test", file), "utf8");
  const kind = (file) => `${file.split("/")[0]} ${text(file).includes("withoutProjection.js")}`;
  const kinds = new Map(files.map((file) => [file, kind(file)]));
  return [...new Set(kinds.values())].flatMap((one) => {
    const those = files.filter((file) => kinds.get(file) === one);
    const count = Math.ceil(those.length / GROUP);
    // Not the first ones together: neighbours by name are alike, and take about as long.
    const dealt = Array.from({ length: count }, (_, i) => those.filter((_, k) => k % count === i));
    return dealt.map((group) => (group.length === 1 ? group[0] : group));
  });
}

/** Sources of tests, as paths below `test/`. */
function testFiles() {
  return readdirSync(join(root, "test"), { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
}

/**
 * Runs test files with Node's runner, in this order, shown as they go, and counts.
 * @param sources each a file, or several that run in one process
 */
async function runTests(sources, atOnce) {
  const processes = new Map(
    sources.map((source) => (Array.isArray(source) ? grouped(source) : alone(source))),
  );
  const count = { passed: 0, failed: 0, skipped: 0 };
  // Not by `node --test`, which sorts the files. Flags of this process are also those of theirs.
  const events = run({ files: [...processes.keys()], concurrency: atOnce, timeout: LONGEST });
  const died = [];
  events.on("test:pass", ({ skip, details }) => {
    if (details.type !== "suite") count[skip === undefined ? "passed" : "skipped"]++;
  });
  events.on("test:fail", ({ name, details }) => {
    // A suite fails by its tests, which are counted, or by itself: a file that can't be loaded, or a hook.
    if (details.type !== "suite" || details.error.failureType !== "subtestsFailed") count.failed++;
    const running = processes.get(name);
    if (running) died.push(`${name} ended while it ran ${readFileSync(running, "utf8")}.test.ts`);
  });
  await pipeline(events, new spec(), process.stdout, { end: false });
  for (const line of died) console.log(line);
  return count;
}

/** What Node is to run for one file. */
function alone(source) {
  return [join(root, "dist/test", source.replace(/\.ts$/, ".js")), undefined];
}

/** What Node is to run for several files, and where the name of the one that runs is then found. */
function grouped(sources) {
  const names = sources.map((source) => source.replace(/\.test\.ts$/, ""));
  const path = join(GROUPS, `${names[0].replaceAll("/", "-")}.mjs`);
  const running = `${path}.running`;
  const call = `runGroup(${JSON.stringify(names)}, ${JSON.stringify(running)});`;
  writeFileSync(path, `import { runGroup } from "../support/group.js";\n${call}\n`);
  writeFileSync(running, names[0]);
  return [path, running];
}

function add(total, count) {
  for (const key of Object.keys(count)) total[key] += count[key];
}
