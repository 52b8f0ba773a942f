import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { apiPages } from "../../scripts/api/pages.js";
import { openLibrary } from "../../scripts/api/program.js";

test("the reference is what the doc comments give", async () => {
  const pages = await apiPages(process.cwd(), openLibrary(process.cwd()));
  const written = readdirSync("docs/api").map((name) => [name, readFileSync(join("docs/api", name), "utf8")]);
  const stale = [...pages.keys(), ...written.map(([name]) => name)].filter(
    (name) => new Map(written as [string, string][]).get(name) !== pages.get(name),
  );
  assert.deepEqual([...new Set(stale)], [], "npm run api makes them anew");
});
