import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** A user's own folder: nothing of this checkout is above it. */
const app = mkdtempSync(join(tmpdir(), "cellkernel package "));
const npmCli = process.env.npm_execpath;
let tarball: Buffer;

function start(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: app, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${error ?? ""}${stdout}${stderr}`);
  return stdout;
}
const npm = (...args: string[]) =>
  npmCli ? start(process.execPath, npmCli, ...args) : start("npm", ...args);

before(() => {
  const packed = JSON.parse(npm("pack", process.cwd(), "--json", "--pack-destination", app)) as {
    filename: string;
  }[];
  const file = join(app, packed[0].filename);
  tarball = readFileSync(file);
  const manifest = { name: "app", private: true, type: "module" };
  writeFileSync(join(app, "package.json"), JSON.stringify(manifest));
  // onnxruntime's install script fetches CUDA's provider from a host of its own.
  npm("install", "--ignore-scripts", file);
});

after(() => rmSync(app, { recursive: true, force: true }));

test("publint finds nothing to mend in the package", async () => {
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(tarball).buffer },
    strict: true,
  });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
});

test("its types are those of its modules, for all who import modules", async () => {
  const { problems } = (await checkPackage(
    createPackageFromTarballData(new Uint8Array(tarball)),
  )) as unknown as { problems: { kind: string; resolutionKind?: string }[] };
  // A CommonJS file can import the package from Node 20.19 on, which the checker does not know.
  assert.deepEqual(
    problems.filter(({ kind }) => kind !== "CJSResolvesToESM"),
    [],
  );
});

test("installed without our overrides, it has arquero with the Arrow library that can be installed", () => {
  const { version } = JSON.parse(
    readFileSync(join(app, "node_modules/cellkernel/node_modules/@uwdata/flechette/package.json"), "utf8"),
  ) as { version: string };
  assert.equal(version, "2.6.0");
  assert.match(start(process.execPath, "node_modules/cellkernel/dist/src/cli/main.js", "--help"), /annotate/);
});

test("the workflow for clusters comes along, with the array of Slurm", () => {
  start(process.execPath, "node_modules/cellkernel/dist/src/cli/main.js", "workflow", "project");
  for (const file of [
    "config.yaml",
    "workflow/Snakefile",
    "workflow/rules/parts.smk",
    "workflow/slurm/array.sbatch",
  ])
    assert.ok(existsSync(join(app, "project", file)), file);
});

test("the protocol as a program: checked against the types that came along, and run", () => {
  cpSync("examples/protocol.ts", join(app, "protocol.ts"));
  cpSync("notebooks/data/pbmc68k_reduced.h5ad", join(app, "cells.h5ad"));
  cpSync("notebooks/models/small", join(app, "model"), { recursive: true });
  // arquero's own declarations do not pass a check.
  const options = { target: "ES2022", module: "NodeNext", strict: true, types: ["node"], skipLibCheck: true };
  writeFileSync(
    join(app, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options, files: ["protocol.ts"] }),
  );
  start(process.execPath, join(process.cwd(), "node_modules/typescript/bin/tsc"));
  const printed = start(process.execPath, "protocol.js", "cells.h5ad", "model", "bulk_labels", "results");
  // Logistic regression, on the same split: 0.83. The most frequent class: 0.34.
  assert.ok(Number(/weighted F1 ([\d.]+)/.exec(printed)?.[1]) > 0.6, printed);
  for (const file of [
    "labelled.h5ad",
    "predictions.csv",
    "confusion_matrix.png",
    "report.html",
    "model/run.json",
  ])
    assert.ok(existsSync(join(app, "results", file)), file);
});
