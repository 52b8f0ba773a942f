import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { choiceIn, stemOf, stepsOf } from "../../extension/src/launcher/steps.js";

/** The steps that a new notebook has, and that are inserted into others. */

const trans = { __: (text: string) => text } as Parameters<typeof stepsOf>[0];
const choice = { file: 'my "cells"/blood.h5ad', column: 'cell "type"' };

test("all steps together are TypeScript that the library's types allow, whatever the names", () => {
  const sources = stepsOf(trans).map((step) => step.code(choice));
  const imports = sources.flatMap((source) => source.match(/^import .*$/gm) ?? []);
  const rest = sources.map((source) => source.replace(/^import .*$/gm, ""));
  const folder = resolve("output/steps");
  mkdirSync(folder, { recursive: true });
  try {
    const path = join(folder, "steps.ts");
    writeFileSync(path, [...imports, ...rest].join("\n"));
    const program = ts.createProgram([path], {
      ...{ noEmit: true, strict: true, skipLibCheck: true, types: ["node"], lib: ["lib.es2023.d.ts"] },
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext },
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    assert.deepEqual(faults, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("files that are written stand beside the notebook, under the cells' name", () => {
  assert.equal(stemOf("data/blood.v2.H5AD"), "blood.v2");
  const code = stepsOf(trans).map((step) => step.code({ file: "data/blood.h5ad", column: "type" }));
  for (const name of ["blood-labelled.h5ad", "blood-results", "blood-model", "blood-mapped.h5ad"])
    assert.ok(
      code.some((source) => source.includes(`"${name}"`)),
      name,
    );
});

test("inserted steps go on from the file and column of the notebook", () => {
  const written = stepsOf(trans).map((step) => step.code({ file: "data/blood.h5ad", column: "type" }));
  assert.deepEqual(choiceIn(written), { file: "data/blood.h5ad", column: "type" });
  assert.deepEqual(choiceIn(["1 + 1"]), { file: "cells.h5ad", column: "cell_type" });
});
