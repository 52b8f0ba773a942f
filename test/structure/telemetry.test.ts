import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { importsOf, shippedSources } from "./sources.js";

/** Modules whose first import turns onnxruntime's telemetry off: only before its library is loaded does that count. */
const FIRST = /^(\.\/|\.\.\/src\/runtime\/)telemetry\.js$/;

test("whoever loads onnxruntime, or starts threads or cells that may, turns its telemetry off before all else", () => {
  const loading = shippedSources().filter(
    (path) =>
      importsOf(path).some(({ module, typeOnly }) => module === "onnxruntime-node" && !typeOnly) ||
      ["src/runtime/workerJob.ts", "kernel/main.ts"].includes(path),
  );
  assert.ok(loading.length >= 4, String(loading));
  for (const path of loading) assert.match(importsOf(path)[0].module, FIRST, path);
});

test("so does the kernelspec of the wheel, also for what cells start", () => {
  const { env } = JSON.parse(readFileSync("kernel/kernelspec/kernel.json", "utf8"));
  assert.deepEqual(env, { ORT_DISABLE_TELEMETRY: "1" });
});
