import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keepMade, otherOptions, type Step, takeOrMake } from "../../notebooks/lessons/checkpoint.js";
import { temporaryFolder } from "../support/folder.js";

/** A step that leaves its options, as a file in a folder. */
function step(options: { epochs: number }): Step<{ epochs: number }> & { times: number } {
  return {
    times: 0,
    async make() {
      this.times++;
      return options;
    },
    save(made, place) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "made.json"), JSON.stringify(made));
    },
    load: (place) => JSON.parse(readFileSync(join(place, "made.json"), "utf8")),
    foreign: (found) => otherOptions(options, found),
  };
}

test("a checkpoint is made once, then taken from memory, and by another kernel from its folder", async (context) => {
  const folder = temporaryFolder(context);
  const [here, told] = [join(folder, "once"), [] as string[]];
  const tell = (line: string) => told.push(line);
  const own = step({ epochs: 16 });
  assert.deepEqual(await takeOrMake("run", own, here, tell), { epochs: 16 });
  assert.match(told.join("\n"), /^"run" is not there yet: it is made now.*\nIt is kept in .*run\.$/);
  const again = await takeOrMake("run", own, here, tell);
  assert.equal(again, await takeOrMake("run", own, here, tell));
  assert.deepEqual([own.times, told.length], [1, 2]);
  // Another place stands for another kernel: nothing is known of it.
  const there = join(folder, "twice");
  cpSync(here, there, { recursive: true });
  assert.deepEqual(await takeOrMake("run", own, there, tell), { epochs: 16 });
  assert.match(told.at(-1)!, /^"run" is taken from /);
  assert.equal(own.times, 1);
});

test("what is damaged or somebody else's is made anew, said, and set aside", async (context) => {
  const folder = temporaryFolder(context);
  for (const [i, [content, said]] of (
    [
      ["{ damaged", /can't be used \(.*JSON.*\): it is made anew/],
      ['{ "epochs": 3 }', /can't be used \(epochs is 3 there, and 16 in the lesson\): it is made anew/],
    ] as const
  ).entries()) {
    const [here, told] = [join(folder, `foreign-${i}`), [] as string[]];
    mkdirSync(join(here, "run"), { recursive: true });
    writeFileSync(join(here, "run/made.json"), content);
    const own = step({ epochs: 16 });
    assert.deepEqual(await takeOrMake("run", own, here, (line) => told.push(line)), { epochs: 16 });
    assert.match(told[0], said);
    assert.deepEqual(readdirSync(here).sort(), ["run", "run-aside-1"]);
    assert.equal(readFileSync(join(here, "run-aside-1/made.json"), "utf8"), content);
    assert.equal(readFileSync(join(here, "run/made.json"), "utf8"), '{"epochs":16}');
  }
});

test("where nothing can be written it lasts as long as the kernel", async (context) => {
  const folder = temporaryFolder(context);
  // A file in the way stands for a folder that can't be written, which there is not for root.
  const [here, told] = [join(folder, "file"), [] as string[]];
  writeFileSync(here, "");
  const own = step({ epochs: 16 });
  const made = await takeOrMake("run", own, here, (line) => told.push(line));
  assert.match(told.at(-1)!, /^It is kept in memory, until the kernel ends: .*can't be written \(ENOTDIR/);
  assert.equal(await takeOrMake("run", own, here), made);
  assert.equal(own.times, 1);
});

test("what a lesson has made is kept once, and only as the lesson makes it", async (context) => {
  const folder = temporaryFolder(context);
  const [here, told] = [join(folder, "kept"), [] as string[]];
  mkdirSync(here);
  const tell = (line: string) => told.push(line);
  const own = step({ epochs: 16 });
  await keepMade("run", { epochs: 3 }, own, here, tell);
  assert.match(told[0], /^It is not kept for later sections \(epochs is 3 there, and 16 in the lesson\)/);
  assert.deepEqual(readdirSync(here), []);
  for (let i = 0; i < 3; i++) await keepMade("run", { epochs: 16 }, own, here, tell);
  assert.deepEqual(readdirSync(here), ["run"]);
  await takeOrMake("run", own, here, tell);
  assert.equal(own.times, 0);
  assert.equal(told.length, 2);
});
