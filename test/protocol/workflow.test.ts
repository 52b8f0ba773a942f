import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { copyWorkflow } from "../../src/protocol/workflow.js";
import { temporaryFolder } from "../support/folder.js";

test("the workflow is written with a config.yaml of which the rules take every entry, and not over another", (context) => {
  const folder = join(temporaryFolder(context), "project");
  assert.deepEqual(copyWorkflow(folder), ["config.yaml", "workflow"]);
  assert.deepEqual(readdirSync(folder).sort(), ["config.yaml", "workflow"]);
  const rules = readdirSync(join(folder, "workflow/rules")).map((name) =>
    readFileSync(join(folder, "workflow/rules", name), "utf8"),
  );
  const config: Record<string, unknown> = parse(readFileSync(join(folder, "config.yaml"), "utf8"));
  const entries = Object.entries(config).flatMap(([name, value]) =>
    typeof value === "object" ? [name, ...Object.keys(value as object)] : [name],
  );
  assert.ok(entries.includes("seeds") && entries.includes("shards"));
  for (const entry of entries)
    assert.ok(
      rules.some((text) => text.includes(`"${entry}"`) || text.includes(`'${entry}'`)),
      `no rule takes ${entry}`,
    );
  assert.throws(() => copyWorkflow(folder), /config\.yaml is there already: choose another folder/);
});
