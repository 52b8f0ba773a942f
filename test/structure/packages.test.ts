import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { importsOf, shippedSources, stringsOf } from "./sources.js";

/** The packages that this project is built on. */
const FOUNDATIONS = [
  "tslab",
  "@jupyterlab/application",
  "onnxruntime-node",
  "h5wasm",
  "vega-lite",
  "arquero",
];

function packageOf(module: string): string {
  return module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
}

function packagesUsed(pattern: RegExp): Set<string> {
  const modules = shippedSources()
    .filter((path) => pattern.test(path))
    .flatMap(importsOf);
  return new Set(
    modules
      .map(({ module }) => packageOf(module))
      .filter((name) => !name.startsWith(".") && !name.startsWith("node:")),
  );
}

function dependencies(manifest: string): Record<string, string> {
  return JSON.parse(readFileSync(manifest, "utf8")).dependencies;
}

for (const name of FOUNDATIONS)
  test(`shipped code uses ${name}`, () => {
    assert.ok(packagesUsed(/./).has(name), `no file of src, kernel or extension/src imports ${name}`);
  });

test("the library's dependencies are those that it uses, each at an exact version", () => {
  const declared = dependencies("package.json");
  const sources = shippedSources().filter((path) => !path.startsWith("extension/"));
  const imported = packagesUsed(/^(src|kernel)\//);
  const named = new Set(sources.flatMap(stringsOf).map(packageOf));
  assert.deepEqual(
    [...imported].filter((name) => !(name in declared)),
    [],
    "imported, not declared",
  );
  assert.deepEqual(
    // Cells are compiled with the types of Node, which no string names.
    Object.keys(declared).filter((name) => !named.has(name) && name !== "@types/node"),
    [],
    "declared, not used",
  );
  for (const [name, version] of Object.entries(declared))
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is not pinned`);
});

test("what the wheel's [cluster] brings of Snakemake is what the tests run on", () => {
  const asked = [...readFileSync("pyproject.toml", "utf8").matchAll(/"(snakemake[\w-]*)~=(\d+\.\d+)"/g)];
  const locked = new Map(
    readFileSync("requirements/cluster.txt", "utf8")
      .split("\n")
      .map((line) => line.split("==") as [string, string]),
  );
  assert.equal(asked.length, 2);
  for (const [, name, version] of asked) assert.ok(locked.get(name)?.startsWith(`${version}.`), name);
});

test("docs/dependencies.md names every dependency", () => {
  const page = readFileSync("docs/dependencies.md", "utf8");
  for (const name of Object.keys(dependencies("package.json")))
    assert.ok(page.includes(name), `${name} is missing from docs/dependencies.md`);
});

test("the kernels that training on CUDA loads are part of the package", () => {
  const { files } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.ok(files.includes("kernels/kernels.json") && files.includes("kernels/ptx"));
  const kernels: { file: string }[] = Object.values(
    JSON.parse(readFileSync("kernels/kernels.json", "utf8")).kernels,
  );
  assert.ok(kernels.length > 0);
  for (const { file } of kernels) assert.ok(existsSync(`kernels/ptx/${file}`), `kernels/ptx/${file}`);
});

test("the tables of gene symbols, and their licences, are part of the package", () => {
  const { files } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.ok(files.includes("genes"));
  for (const file of ["human.tsv.gz", "mouse.tsv.gz", "LICENSE"])
    assert.ok(existsSync(`genes/${file}`), file);
});

test("the extension says what its plugins are, under our licence", () => {
  const page = readFileSync("extension/README.md", "utf8");
  const plugins = [...readFileSync("extension/src/index.ts", "utf8").matchAll(/^ {2}id: "(.+)",$/gm)];
  assert.ok(plugins.length >= 3);
  for (const [, id] of plugins)
    assert.ok(page.includes(`\`${id}\``), `${id} is missing from extension/README.md`);
  assert.equal(readFileSync("extension/LICENSE", "utf8"), readFileSync("LICENSE", "utf8"));
});
