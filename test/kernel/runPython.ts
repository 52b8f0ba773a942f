import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const FOLDER = "test/kernel";
const PYTHON = join(
  process.cwd(),
  ".venv-test",
  process.platform === "win32" ? "Scripts/python.exe" : "bin/python",
);

/** Runs the tests of one module; resolves to each test's name and outcome. */
function run(module: string): Promise<{ outcomes: [name: string, outcome: string][]; log: string }> {
  const child = spawn(PYTHON, ["report.py", module], { cwd: FOLDER });
  let out = "";
  let log = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      const lines = out.split("\n").filter((line) => line.startsWith('["'));
      resolve({ outcomes: lines.map((line) => JSON.parse(line)), log });
    });
  });
}

/**
 * The tests that talk to a running kernel, as a Jupyter client does: Python's `unittest` with
 * jupyter_client and jupyter_kernel_test. One test here for each of theirs.
 */
export function testPython(module: string): Promise<void> {
  return test(module, async (t) => {
    assert.ok(existsSync(PYTHON), `${PYTHON} is missing: "npm run setup" makes it`);
    const { outcomes, log } = await run(module);
    assert.ok(outcomes.length > 0, log);
    for (const [name, outcome] of outcomes) {
      const skip = outcome.startsWith("skipped") ? outcome : false;
      await t.test(name, { skip }, () => assert.ok(outcome === "ok", `${outcome}\n${log.slice(-4000)}`));
    }
  });
}
