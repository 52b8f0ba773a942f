import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("a training leaves nothing in the home folder: onnxruntime's telemetry is off", () => {
  const home = mkdtempSync(join(tmpdir(), "cellkernel-home-"));
  try {
    const script = fileURLToPath(new URL("../support/telemetryChild.js", import.meta.url));
    const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
    execFileSync(process.execPath, [script], { env: { ...env, HOME: home } });
    assert.deepEqual(readdirSync(home), []);
  } finally {
    rmSync(home, { recursive: true });
  }
});
