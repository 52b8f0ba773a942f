import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import ts from "typescript";
import { codeOf, examplesOf } from "../../scripts/api/examples.js";
import { openLibrary, withModules } from "../../scripts/api/program.js";
import { writeSafetensors } from "../../src/checkpoint/safetensors.js";
import * as cellkernel from "../../src/index.js";
import { smallSpec, smallWeights } from "../support/smallModel.js";

const root = process.cwd();
const library = openLibrary(root);
const { examples, without } = examplesOf(library);
const code = codeOf(library, root, examples);

test("every exported function has an example", () => assert.deepEqual(without, []));

test("the examples are right TypeScript", () => {
  const path = join(root, "src/examples.ts");
  const program = withModules(root, library, new Map([["src/examples.ts", code.module]]));
  const file = program.getSourceFile(path)!;
  const faults = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start, messageText }) => {
      const { line } = file.getLineAndCharacterOfPosition(start!);
      const text = ts.flattenDiagnosticMessageText(messageText, "\n");
      return `${of(line)}: ${code.module.split("\n")[line].trim()}: ${text}`;
    },
  );
  assert.deepEqual(faults, []);
});

/** Whose example stands on a line of the module. */
function of(line: number): string {
  const i = code.lines.findLastIndex((first) => first <= line);
  return i < 0 ? "what the examples start from" : examples[i].of;
}

/** What does one example after the other. */
let run: (() => Promise<void>)[];

const folder = mkdtempSync(join(tmpdir(), "cellkernel-examples-"));
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  await layOut(folder);
  process.chdir(folder);
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  run = await new AsyncFunction("library", "told", "shown", code.body)(cellkernel, told, shown);
});

for (const [i, example] of examples.entries())
  test(`the example of ${example.of}`, async (t) => {
    t.mock.method(console, "log", () => {});
    await run[i]();
  });

/** What the examples read, under the names that they have for it. */
async function layOut(folder: string): Promise<void> {
  const fixtures = {
    "cells.h5ad": "notebooks/data/pbmc68k_reduced.h5ad",
    "counts.h5ad": "test/fixtures/preprocess/counts559.h5ad",
    "donor1.h5ad": "test/fixtures/h5ad/csr.h5ad",
    "donor2.h5ad": "test/fixtures/h5ad/gzip.h5ad",
    "filtered_feature_bc_matrix.h5": "test/fixtures/trials/tenx_target_sets/tenx_target.h5",
    "genes_by_cells.csv": "test/fixtures/trials/csv_turned/csv_turned.csv",
    "atlas/meta.h5ad": "test/fixtures/reference/faiss64/meta.h5ad",
  };
  mkdirSync(join(folder, "atlas"));
  for (const [name, from] of Object.entries(fixtures)) copyFileSync(join(root, from), join(folder, name));
  const faiss = gunzipSync(readFileSync(join(root, "test/fixtures/reference/faiss64/index.faiss.gz")));
  writeFileSync(join(folder, "atlas/index.faiss"), faiss);
  const folders = {
    filtered_feature_bc_matrix: "test/fixtures/trials/quoted_mtx/quoted_mtx",
    "cells.zarr": "test/fixtures/zarr/v2.zarr",
  };
  for (const [name, from] of Object.entries(folders))
    cpSync(join(root, from), join(folder, name), { recursive: true });
  await layOutAtlasModel(join(folder, "atlas_model"));
  writeFileSync(join(folder, "donors.csv"), "cell,donor\nCell_1,A\nCell_2,B\n");
  writeFileSync(join(folder, "train_args.yml"), "model_parameters:\n  epochs: 5\n  lr: 0.0001\n");
}

/** A model whose embeddings are as wide as the atlas's, with random weights, of the genes of the cells. */
async function layOutAtlasModel(folder: string): Promise<void> {
  const cells = await cellkernel.readH5ad("notebooks/data/pbmc68k_reduced.h5ad");
  const tokens = ["<pad>", "<cls>", "<eoc>", ...cells.varNames];
  cells.close();
  const spec = { ...smallSpec({ embsize: 96, d_hid: 96, nlayers: 1 }), genes: tokens.length };
  mkdirSync(folder);
  writeFileSync(join(folder, "args.json"), JSON.stringify(spec.args));
  writeFileSync(
    join(folder, "vocab.json"),
    JSON.stringify(Object.fromEntries(tokens.map((token, id) => [token, id]))),
  );
  writeSafetensors(join(folder, "model.safetensors"), smallWeights(spec), {});
}

/** @param expected "→ 700" or, for a number to so many decimals, "≈ 0.71" */
function told(value: unknown, expected: string): void {
  const text = expected.slice(2).trim();
  if (expected.startsWith("→")) {
    const pattern = text.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    assert.match(written(value), new RegExp(`^${pattern.join(".*")}$`), `${written(value)}, not ${text}`);
    return;
  }
  const decimals = text.split(".")[1]?.length ?? 0;
  assert.equal((value as number).toFixed(decimals), text);
}

/** A value as examples write it. */
function written(value: unknown): string {
  if (ArrayBuffer.isView(value)) return written(Array.from(value as Uint8Array));
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const members = Object.entries(value).map(([key, one]) => `${key}: ${written(one)}`);
  return `{ ${members.join(", ")} }`;
}

/** Makes what a notebook would show of the value. */
async function shown(value: unknown): Promise<void> {
  const mime = (value as Record<symbol, unknown> | undefined)?.[Symbol.for("Jupyter.mime")];
  if (typeof mime === "function") assert.ok((await mime.call(value))["text/plain"]);
}
