import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { inked } from "../support/png.js";
import { descendants, processes, secondsComputed, until } from "../support/processes.js";
import { python } from "../support/python.js";

/** The main job, run as a user runs it, and what it leaves in output/protocol/. */

const RESULTS = "output/protocol";
const DATA = "notebooks/data/pbmc68k_reduced.h5ad";

let printed = "";
/** What scikit-learn and scanpy say of the results. */
let outside: {
  figures: Record<string, number>;
  per_class: Record<string, Record<string, number>>;
  majority_weighted_f1: number;
  split: Record<string, number>;
  classes_of_split: Record<string, number>;
  labels_agree: boolean;
  embedding_shape: number[];
  same_values: boolean;
  same_labels: boolean;
};

before(
  () => {
    const job = spawnSync("npm", ["run", "protocol"], {
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    printed = job.stdout + job.stderr;
    assert.equal(job.status, 0, printed);
    outside = JSON.parse(python("test/notebook/check_results.py", RESULTS, DATA));
  },
  { timeout: 600_000 },
);

function read(name: string): string {
  return readFileSync(`${RESULTS}/${name}`, "utf8");
}

test("it says the figures and where everything is", () => {
  const { figures } = outside;
  assert.match(printed, new RegExp(`weighted F1 +${figures.weighted_f1.toFixed(3)}`));
  assert.match(printed, new RegExp(`macro F1 +${figures.macro_f1.toFixed(3)}`));
  for (const name of readdirSync(RESULTS)) assert.ok(printed.includes(name), `${name} is not mentioned`);
});

test("the training loss fell", () => {
  const { history } = JSON.parse(read("model/run.json")).training;
  const losses: number[] = history.map(({ trainLoss }: { trainLoss: number }) => trainLoss);
  assert.ok(losses.length >= 3, `${losses.length} epochs`);
  assert.ok(losses.at(-1)! < losses[0] / 2, `training loss by epoch: ${losses}`);
});

test("the figures are scikit-learn's", () => {
  // What speaks of trust has its own tests.
  const { per_class, calibration, assigned, prediction_sets, unlike, second_opinion, ...figures } =
    JSON.parse(read("evaluation_results.json"));
  assert.deepEqual(Object.keys(figures).sort(), Object.keys(outside.figures).sort());
  for (const [name, value] of Object.entries(outside.figures)) close(figures[name], value, name);
  for (const [name, scores] of Object.entries(outside.per_class))
    for (const [score, value] of Object.entries(scores))
      close(per_class[name][score], value, `${score} of ${name}`);
});

test("the labels beat the majority class by far", () => {
  const { figures, majority_weighted_f1: majority } = outside;
  assert.ok(
    figures.weighted_f1 > majority + 0.3,
    `weighted F1 ${figures.weighted_f1}, majority class ${majority}`,
  );
});

test("the split is 80 / 10 / 10, with every class in each part", () => {
  const { train, validation, test } = outside.split;
  const all = train + validation + test;
  assert.equal(all, 700);
  for (const [part, share] of [
    [train, 0.8],
    [validation, 0.1],
    [test, 0.1],
  ])
    assert.ok(Math.abs(part / all - share) < 0.01, JSON.stringify(outside.split));
  assert.deepEqual(new Set(Object.values(outside.classes_of_split)), new Set([10]));
});

test("a new process with the saved model gives the same predictions to the bit", () => {
  const args = ["dist/test/notebook/predictAgain.js", `${RESULTS}/model`, DATA];
  const again = execFileSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(again, read("predictions.csv"));
});

test("scanpy reads the labelled file: our labels, and all else as it was", () => {
  assert.deepEqual(
    { labels: outside.labels_agree, values: outside.same_values, given: outside.same_labels },
    { labels: true, values: true, given: true },
  );
  const { embsize } = JSON.parse(read("model/args.json"));
  assert.deepEqual(outside.embedding_shape, [700, embsize]);
});

test("the pictures are drawn", () => {
  for (const name of ["umap_truth", "umap_prediction", "confusion_matrix", "learning_curves"]) {
    const { width, share } = inked(readFileSync(`${RESULTS}/${name}.png`));
    assert.ok(
      width >= 400 && share > 0.005,
      `${name}.png: ${width} wide, ${(100 * share).toFixed(2)} % drawn`,
    );
  }
});

test("the executed notebook has no error, and an output below every step", () => {
  const { cells } = JSON.parse(read("protocol.ipynb"));
  const code = cells.filter((cell: { cell_type: string }) => cell.cell_type === "code");
  assert.ok(code.length >= 9, `${code.length} steps`);
  for (const { source, outputs } of code) {
    assert.ok(outputs.length > 0, `no output below ${source}`);
    for (const output of outputs) assert.notEqual(output.output_type, "error", output.evalue);
  }
});

test("the page opens without server and network", () => {
  const page = read("protocol.html");
  assert.ok(page.includes("data:image/png;base64,"));
  const loads = page.match(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?!data:)[^"]*"/g) ?? [];
  assert.deepEqual(loads, []);
  assert.doesNotMatch(page, /import\(\s*["']https?:|url\(\s*["']?https?:/);
});

test("the page's views are live, and hold no names of cells", () => {
  const held = [...read("protocol.html").matchAll(/<script type="application\/json">(.*?)<\/script>/gs)];
  const views = held.map(([, json]) => Object.entries(JSON.parse(json))[0]);
  assert.deepEqual([...new Set(views.map(([mime]) => mime))].sort(), [
    "application/vnd.cellkernel.embedding.v1+json",
    "application/vnd.cellkernel.evaluation.v1+json",
    "application/vnd.cellkernel.training.v1+json",
  ]);
  for (const [, payload] of views)
    for (const name of ["cellIds", "more", "tooltip", "view"])
      assert.ok(!(name in (payload as object)), name);
});

test("nothing is left under a temporary name", () => {
  const names = readdirSync(RESULTS, { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    names.filter((name) => /(^|[/\\])\.|tmp|partial/.test(name)),
    [],
  );
  assert.ok(!existsSync("output/.protocol-earlier"));
});

/** Every file that the main job may touch, with its size and time. */
function snapshot(): string[] {
  return ["output", "notebooks"].filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`)
      .sort(),
  );
}

const skip = process.platform === "win32" && "Windows has no process groups to send Ctrl-C to";

test("Ctrl-C while the main job trains leaves no process and no file behind", { skip }, async () => {
  const earlier = snapshot();
  // A group of its own stands for the terminal's foreground job, all of which gets Ctrl-C.
  const job = spawn("npm", ["run", "protocol"], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [job.stdout, job.stderr]) {
    stream.on("data", (chunk) => {
      printed += chunk;
    });
  }
  const closed = once(job, "close");
  let family: number[] = [];
  try {
    await until("the fine-tuning to begin", () => job.exitCode !== null || /Fine-tun/.test(printed), 240);
    const kernel = descendants(job.pid!).find(({ command }) => command.includes("kernel/main.js"));
    assert.ok(kernel, "the kernel is not among the job's processes");
    const before = secondsComputed(kernel.pid);
    const trains = () => job.exitCode !== null || secondsComputed(kernel.pid) >= before + 2;
    await until("the kernel to train for two seconds", trains, 120);
    assert.equal(job.exitCode, null, `the job ended by itself:\n${printed}`);
    family = descendants(job.pid!).map(({ pid }) => pid);
    process.kill(-job.pid!, "SIGINT");
    await closed;
  } finally {
    if (job.exitCode === null && job.signalCode === null) process.kill(-job.pid!, "SIGKILL");
  }
  await until("its processes to end", () => !processes().some(({ pid }) => family.includes(pid)), 10);
  assert.notEqual(job.exitCode, 0);
  assert.match(printed, /Stopped\./);
  assert.deepEqual(snapshot(), earlier);
});

function close(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what}: ${actual}, scikit-learn: ${expected}`);
}
