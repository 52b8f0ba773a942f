import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nativeLibrary } from "../../src/runtime/nativeLibrary.js";
import { temporaryFolder } from "../support/folder.js";

const skip = process.platform === "linux" ? false : "asks Linux what is mapped";

test("a library stays loaded when nothing but its code is in use", { skip }, async (t) => {
  const home = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const path = join(temporaryFolder(t), "stays.so");
  copyFileSync(join(home, "bin", "napi-v6", "linux", process.arch, "libonnxruntime.so.1"), path);
  nativeLibrary(path);
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (let i = 0; i < 3; i++) {
    collect();
    await setTimeout(10);
  }
  assert.ok(readFileSync("/proc/self/maps", "utf8").includes(path));
});
