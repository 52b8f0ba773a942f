import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { repositoryFiles } from "./sources.js";

/** What ties a checkout to one machine or one network. Written in parts, so that this file passes its own test. */
const FORBIDDEN = [
  [
    "a registry's host",
    new RegExp(["registry\\.npm", "pypi\\.org/simple", "files\\.pythonhosted", "deb\\.debian"].join("|")),
  ],
  [
    "an absolute path of somebody's machine",
    new RegExp(`(^|["'\\s=(:])/(${["home", "root", "Users", "work"].join("|")})/\\w`),
  ],
] as const;

const BINARY = /\.(h5ad|pt|png|safetensors|onnx|ico|woff2?|npz|gz)$/;

test("no file of the repository is tied to one machine or network", () => {
  const found: string[] = [];
  for (const path of repositoryFiles()) {
    if (BINARY.test(path)) continue;
    const lines = readFileSync(path, "utf8").split("\n");
    lines.forEach((line, i) => {
      for (const [what, pattern] of FORBIDDEN)
        if (pattern.test(line)) found.push(`${path}:${i + 1}: ${what}: ${line.trim().slice(0, 120)}`);
    });
  }
  assert.deepEqual(found, []);
});

test("the lock file pins every package by version, without a host", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { version?: string; resolved?: string; link?: boolean }>;
  };
  for (const [path, entry] of Object.entries(packages)) {
    assert.ok(!entry.resolved?.includes("://"), `${path} names a host: ${entry.resolved}`);
    assert.ok(entry.version || entry.link, `${path} has no version`);
  }
});
