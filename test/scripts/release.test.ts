import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { temporaryFolder } from "../support/folder.js";

const { releaseFaults } = (await import(pathToFileURL("scripts/release/faults.mjs").href)) as {
  releaseFaults(folder: string, tag: string): string[];
};

/** A repository as far as a release looks at it. */
function repository(context: TestContext, changed: Record<string, string> = {}): string {
  const folder = temporaryFolder(context);
  const files = {
    "package.json": '{ "version": "1.2.3", "repository": { "url": "git+https://example.org/us/it.git" } }',
    "extension/package.json": '{ "version": "1.2.3" }',
    "python/cellkernel/__init__.py": 'import os\n__version__ = "1.2.3"\n',
    "package-lock.json": JSON.stringify({
      packages: { "": { version: "1.2.3" }, extension: { version: "1.2.3" } },
    }),
    "CITATION.cff": "title: it\nversion: 1.2.3\ndate-released: 2026-01-01\n",
    "CHANGELOG.md": "# Changelog\n\n## 1.2.3 (2026-01-01)\n\n- all\n",
    ...changed,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test("a state whose versions agree can be released under their tag, and under no other", (t) => {
  const folder = repository(t);
  assert.deepEqual(releaseFaults(folder, "v1.2.3"), []);
  assert.deepEqual(releaseFaults(folder, "1.2.3"), [
    'A release has a tag such as v1.2.3, not "1.2.3": npm run release -- v1.2.3',
  ]);
  assert.equal(releaseFaults(folder, "v1.2.4").length, 7);
});

test("a file of another version, a changelog without the version and an owner who is missing are named", (t) => {
  const folder = repository(t, {
    "extension/package.json": '{ "version": "1.2.2" }',
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n",
    "package.json": '{ "version": "1.2.3", "repository": { "url": "git+https://example.org/OWNER/it.git" } }',
  });
  assert.deepEqual(releaseFaults(folder, "v1.2.3"), [
    "extension/package.json is of version 1.2.2; the tag says 1.2.3.",
    'CHANGELOG.md has no heading "## 1.2.3 (date)", the date as 2026-01-31.',
    "package.json: repository.url still says OWNER; put in the address of the repository.",
  ]);
});

test("a lock file that was left behind and a date that differs are named", (t) => {
  const folder = repository(t, {
    "package-lock.json":
      '{ "packages": { "": { "version": "1.2.3" }, "extension": { "version": "1.2.2" } } }',
    "CHANGELOG.md": "# Changelog\n\n## 1.2.3 (2026-02-01)\n\n- all\n",
  });
  assert.deepEqual(releaseFaults(folder, "v1.2.3"), [
    "package-lock.json (extension) is of version 1.2.2; the tag says 1.2.3.",
    "CITATION.cff is of 2026-01-01 (date-released); the CHANGELOG says 2026-02-01.",
  ]);
});

test("the versions of this repository agree", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const faults = releaseFaults(process.cwd(), `v${version}`);
  assert.deepEqual(
    faults.filter((fault) => fault.includes("is of version")),
    [],
  );
});

test("each step of the workflows is one command, of a script that is there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };
  const commands: string[] = [];
  for (const file of readdirSync(".github/workflows")) {
    const { jobs } = parse(readFileSync(join(".github/workflows", file), "utf8")) as {
      jobs: Record<string, { steps: { run?: string; uses?: string }[] }>;
    };
    for (const { steps } of Object.values(jobs))
      for (const { run, uses } of steps) {
        assert.ok(run !== undefined || uses !== undefined, file);
        if (run !== undefined) commands.push(run);
      }
  }
  assert.ok(commands.length >= 4);
  for (const command of commands) {
    assert.doesNotMatch(command, /\n|&&|;/, command);
    const script = /^npm (?:run )?(\S+)/.exec(command)?.[1];
    // `npm publish` is npm's own.
    if (script && script !== "publish") assert.ok(script in scripts, command);
    else assert.ok(script === "publish" || command === "bash .ci/run", command);
  }
});
