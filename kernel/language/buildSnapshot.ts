import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFileAtomically } from "../../src/support/atomic.js";
import { PACKAGE_ROOT } from "../package.js";
import { makeFolder } from "../platform.js";
import { LANGUAGE_ENVIRONMENT, LANGUAGE_FLAGS, snapshotFiles, snapshotKey } from "./snapshot.js";

import ts = require("typescript");

/**
 * A snapshot of the language process's heap, taken when TypeScript is loaded, has parsed the types
 * of the language and of Node, and has compiled a first cell: starting from it takes a tenth of the
 * time (https://nodejs.org/api/cli.html#--build-snapshot). It is of one Node and one version of
 * this package.
 */

const LANGUAGE = join(PACKAGE_ROOT, "dist", "kernel", "language");
const TYPESCRIPT = ts.sys.getExecutingFilePath();

/** A build that was begun this long ago was cut off. */
const STALE_MS = 120_000;

/** Builds the snapshot, in a process of its own; takes a few seconds. Resolves to whether it worked. */
async function buildSnapshot(): Promise<boolean> {
  const { blob: target, key, building: blob } = snapshotFiles();
  const folder = dirname(target);
  makeFolder(folder);
  const begun = statSync(blob, { throwIfNoEntry: false });
  // A wheel brings an empty one.
  if (begun && begun.size > 0 && Date.now() - begun.mtimeMs < STALE_MS) return true;
  writeFileSync(blob, "begun\n");
  // Of the files as they are before the build: where they change meanwhile, the snapshot fits no more.
  const made = snapshotKey();
  const scratch = mkdtempSync(join(tmpdir(), "cellkernel-"));
  try {
    const script = join(scratch, "language.cjs");
    writeFileSync(script, snapshotScript());
    const env = { ...process.env, ...LANGUAGE_ENVIRONMENT };
    const args = [...LANGUAGE_FLAGS, "--snapshot-blob", blob, "--build-snapshot", script];
    const code = await new Promise((resolve) => {
      spawn(process.execPath, args, { stdio: "ignore", env }).on("exit", resolve).on("error", resolve);
    });
    if (code !== 0) return false;
    // Without a key, the snapshot of before is not used while this one takes its place.
    rmSync(key, { force: true });
    renameSync(blob, target);
    writeFileAtomically(key, made);
    return true;
  } finally {
    rmSync(blob, { force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Our modules and TypeScript as the one script that Node takes a snapshot of. */
function snapshotScript(): string {
  const modules = new Map<string, string>();
  const add = (file: string) => {
    if (modules.has(file)) return;
    modules.set(file, "");
    const source = readFileSync(file, "utf8").replaceAll(
      "import.meta.url",
      JSON.stringify(pathToFileURL(file).href),
    );
    const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
    const { outputText } = ts.transpileModule(source, { compilerOptions: options });
    modules.set(file, outputText);
    for (const [, name] of source.matchAll(/^import .*?"(\.{1,2}\/[^"]+)";$/gm))
      add(join(dirname(file), name));
  };
  const entry = join(LANGUAGE, "warm.js");
  add(entry);
  const table = [...modules].map(
    ([file, source]) => `${JSON.stringify(file)}: (exports, require) => {${source}\n}`,
  );
  return `
const { dirname, join } = require("node:path");
const { readFileSync } = require("node:fs");
const sources = {${table.join(",\n")}};
const loaded = {};
function load(file) {
  if (!loaded[file]) sources[file]((loaded[file] = {}), (name) => find(name, dirname(file)));
  return loaded[file];
}
function find(name, directory) {
  if (name === "module") return { createRequire: () => (inner) => find(inner, directory) };
  if (name === "typescript") return typescript;
  return name.startsWith(".") ? load(join(directory, name)) : require(name);
}
const file = ${JSON.stringify(TYPESCRIPT)};
const module_ = { exports: {} };
new Function("exports", "require", "module", "__filename", "__dirname", readFileSync(file, "utf8"))(
  module_.exports, require, module_, file, dirname(file));
const typescript = module_.exports;
load(${JSON.stringify(entry)});
`;
}

if (!(await buildSnapshot())) process.exitCode = 1;
