import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { isSuitable, NODES, nodeFault } from "../../src/support/nodeVersion.js";

const setup = await import(pathToFileURL("scripts/setup/node.mjs").href);

test("a Node is suitable where package.json says so, to the library, set-up and Python", () => {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.equal(engines.node, "^20.19 || >=22.12");
  for (const version of ["20.19.0", "20.20.2", "22.12.0", "23.0.0", "24.19.0"])
    assert.ok(isSuitable(version) && setup.isSuitable(version), version);
  for (const version of ["18.20.8", "20.18.3", "21.7.0", "22.11.0"])
    assert.ok(!isSuitable(version) && !setup.isSuitable(version), version);
  assert.equal(setup.WANTED, NODES);
  assert.ok(readFileSync("python/cellkernel/node.py", "utf8").includes(`WANTED = "Node ${NODES}"`));
});

test("another is told what is needed", () => {
  assert.equal(nodeFault("24.19.0"), undefined);
  assert.equal(
    nodeFault("18.20.8"),
    `Cellkernel needs Node 20.19 or a newer 20, or 22.12 or newer; this is 18.20.8 (${process.execPath}). Install Node 24, for instance.`,
  );
});
