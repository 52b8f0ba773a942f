import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { importsOf, repositoryFiles, shippedSources } from "./sources.js";

const STAGES = [
  ...[
    "anndata",
    "preprocess",
    "tokenize",
    "graph",
    "model",
    "checkpoint",
    "runtime",
    "store",
    "train",
    "predict",
  ],
  ...["evaluate", "reference", "simulate", "support", "host", "settings"],
];

/** Who may import whom: the folders (of `src/`, else as named) whose modules a folder's modules may load. */
const MAY_IMPORT: Record<string, string[]> = {
  support: [],
  host: [],
  settings: ["support"],
  anndata: ["support"],
  preprocess: ["anndata", "support"],
  tokenize: ["anndata", "support"],
  graph: ["support"],
  model: ["graph"],
  checkpoint: ["support"],
  runtime: ["graph", "support"],
  store: ["checkpoint", "tokenize", "settings", "support"],
  train: ["model", "runtime", "tokenize", "checkpoint", "predict", "store", "support", "settings"],
  predict: ["model", "runtime", "tokenize", "checkpoint", "support"],
  evaluate: ["anndata", "reference", "support"],
  reference: ["graph", "runtime", "checkpoint", "support"],
  simulate: ["anndata", "support"],
  views: ["support", "host"],
  protocol: [...STAGES, "views"],
  cli: ["protocol", "store", "views", "settings", "support"],
  // The public surface shows what stands elsewhere; it has nothing of its own.
  index: [...STAGES, "protocol", "views"],
  // Plots that a cell makes itself look like ours.
  kernel: ["index", "views", "support"],
  extension: [],
};

/** Single modules that a folder may load besides: what the page shares with the library, what comes before all else. */
const MAY_LOAD: Record<string, string[]> = {
  extension: ["src/views/contract.js", "src/support/csv.js"],
  kernel: ["src/runtime/telemetry.js"],
};

/** Types cost nothing at run time, but they too follow the direction of the data. */
const MAY_IMPORT_TYPES: Record<string, string[]> = {
  evaluate: ["predict", "tokenize"],
  store: ["model", "preprocess", "train"],
  checkpoint: ["model"],
  kernel: ["host"],
  extension: ["views"],
};

/** The folder that a source path belongs to, as the tables name it. */
function folderOf(path: string): string {
  const parts = path.split("/");
  if (parts[0] !== "src") return parts[0];
  return parts.length === 2 ? "index" : parts[1];
}

function violations(): string[] {
  const found: string[] = [];
  for (const path of shippedSources()) {
    const from = folderOf(path);
    for (const { module, typeOnly } of importsOf(path)) {
      if (!module.startsWith(".")) continue;
      const target = posix.join(posix.dirname(path), module);
      const to = folderOf(target);
      const allowed = [...(MAY_IMPORT[from] ?? []), ...(typeOnly ? (MAY_IMPORT_TYPES[from] ?? []) : [])];
      if (from !== to && !allowed.includes(to) && !MAY_LOAD[from]?.includes(target))
        found.push(`${path}: ${from} may not import ${typeOnly ? "types of " : ""}${to} (${module})`);
    }
  }
  return found;
}

test("modules import only what stands before them on the way of the data", () => {
  assert.deepEqual(violations(), []);
});

test("every folder of shipped code stands in the table", () => {
  const folders = new Set(shippedSources().map(folderOf));
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in MAY_IMPORT)),
    [],
  );
  assert.ok(folders.size >= 5, `few sources were found: ${[...folders]}`);
});

test("importsOf sees every way to name a module", () => {
  const modules = importsOf("test/structure/sources.ts").map(({ module }) => module);
  assert.deepEqual(modules, ["node:child_process", "node:fs", "typescript"]);
});

test("what the page shares with the library imports nothing but itself", () => {
  const parts = repositoryFiles().filter((path) => path.startsWith("src/views/contract/"));
  assert.ok(parts.length > 3, `few parts were found: ${parts}`);
  const elsewhere = parts.flatMap(importsOf).filter(({ module }) => !/^\.\/\w+\.js$/.test(module));
  assert.deepEqual(elsewhere, []);
  for (const { module } of importsOf("src/views/contract.ts"))
    assert.match(module, /^\.\/contract\/\w+\.js$/);
});

test("what few calls need is not loaded with the library", () => {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { module, typeOnly, called } of importsOf(path)) {
      if (typeOnly || called) continue;
      if (module.startsWith(".")) load(posix.join(posix.dirname(path), module).replace(/\.js$/, ".ts"));
      else loaded.add(module);
    }
  };
  load("src/index.ts");
  const packages = [...loaded].filter((module) => !/^(src\/|node:)/.test(module));
  assert.deepEqual(packages.sort(), ["arquero", "h5wasm/node"]);
});
