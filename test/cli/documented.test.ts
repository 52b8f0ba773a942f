import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS } from "../../src/cli/commands.js";
import { repositoryFiles } from "../structure/sources.js";

/** Where commands stand that readers type, or that the workflow calls. */
const PAGES = /^(README\.md|docs\/[\w-]+\.md|workflow\/.*)$/;
/** A call, with its lines that go on, up to what ends it: a comment, a pipe, the end of the code. */
const CALL = /(?:^|[\s"`(])(?:npx )?cellkernel ([a-z]+)\b((?:\\\n|"\n\s*"|[^\n`#|;<])*)/g;

function callsIn(path: string): { line: number; command: string; flags: string[] }[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(CALL)]
    .filter(
      ({ index }) => !/(install[^\n]*|--to ?)$/.test(text.slice(text.lastIndexOf("\n", index) + 1, index)),
    )
    .map(({ index, 1: command, 2: rest }) => ({
      ...{ line: text.slice(0, index + 1).split("\n").length, command },
      flags: [...rest.matchAll(/(?<=[\s`"[])--([a-z][\w-]*)/g)].map(([, flag]) => flag),
    }));
}

test("the commands that the documentation and the workflow call exist, with the options that they are given", async () => {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const path of repositoryFiles().filter((path) => PAGES.test(path)))
    for (const { line, command, flags } of callsIn(path)) {
      seen.add(`${path.split("/")[0]} ${command}`);
      // It takes words, not options of a table.
      if (command === "kernel") continue;
      if (!Object.hasOwn(COMMANDS, command)) {
        faults.push(`${path}:${line}: there is no command ${command}`);
        continue;
      }
      const { options } = await COMMANDS[command]();
      for (const flag of flags)
        if (!Object.hasOwn(options, flag) && flag !== "json" && flag !== "help")
          faults.push(`${path}:${line}: ${command} has no --${flag}`);
    }
  assert.deepEqual(faults, []);
  for (const call of [
    "docs annotate",
    "docs status",
    "workflow resume",
    "workflow merge",
    "README.md annotate",
  ])
    assert.ok(seen.has(call), `${call} was not found`);
});
