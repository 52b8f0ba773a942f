import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LEAST_NODE, nodeFault } from "../../src/support/nodeVersion.js";

test("an old Node is told what is needed", () => {
  for (const version of ["20.19.0", "22.0.0", "24.19.0"]) assert.equal(nodeFault(version), undefined);
  for (const version of ["18.20.8", "20.18.3"])
    assert.equal(
      nodeFault(version),
      `Cellkernel needs Node 20.19 or newer; this is ${version} (${process.execPath}). Install Node 24, for instance.`,
    );
});

test("what is needed is what package.json says", () => {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.equal(engines.node, `>=${LEAST_NODE.join(".")}`);
});
