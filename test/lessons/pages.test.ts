import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LESSONS, type Lesson, lessonCells, solutions, TEACHING } from "./support.js";

/** What the lessons' pages say of one another. */

const text = (lesson: Lesson) => lessonCells(lesson).map(({ source }) => source.join(""));
const exercises = (lesson: Lesson) => lessonCells(lesson).flatMap(({ metadata }) => metadata.exercise ?? []);
const squeezed = (code: string) => code.replace(/\s+/g, "").replaceAll(",}", "}");

test("lessons are kept without outputs, with four to six exercises whose holes are empty", () => {
  for (const lesson of LESSONS) {
    for (const { cell_type, outputs } of lessonCells(lesson))
      if (cell_type === "code") assert.deepEqual(outputs, []);
    const holes = lessonCells(lesson).filter(({ metadata }) => metadata.exercise);
    assert.ok(holes.length >= 4 && holes.length <= 6, `${lesson}: ${holes.length} exercises`);
    for (const { source } of holes) assert.match(source.join(""), /^const \w+ = undefined; \/\/ your \w+/);
    const numbers = text(lesson).flatMap((cell) => /\*\*Exercise (\d+)\.\*\*/.exec(cell)?.[1] ?? []);
    assert.deepEqual(
      numbers,
      Array.from(holes.keys(), (i) => `${i + 1}`),
    );
  }
});

test("every exercise has its solution on the instructor's page, and every solution its exercise", () => {
  assert.deepEqual([...solutions().keys()], LESSONS.flatMap(exercises));
  for (const lesson of LESSONS)
    for (const { metadata, source } of lessonCells(lesson)) {
      const name = /const (\w+)/.exec(source.join(""))?.[1];
      if (metadata.exercise)
        assert.ok(solutions().get(metadata.exercise)!.includes(`const ${name} = `), name);
    }
});

test("the instructor's page times each section, 30 to 45 minutes a lesson", () => {
  const page = readFileSync(TEACHING, "utf8");
  for (const lesson of LESSONS) {
    const [, part] = page.split(new RegExp(`^## .*${lesson}\\.ipynb.*$`, "m"));
    const rows = [...part.split(/^## /m)[0].matchAll(/^\| (?:\d\. )?([^|]+?) \| (\d+) \|/gm)];
    const titles = text(lesson).flatMap((cell) => /^## (?:\d\. )?(.*)$/m.exec(cell)?.[1] ?? []);
    assert.deepEqual(
      rows.map(([, title]) => title),
      titles,
    );
    const minutes = rows.reduce((sum, [, , minutes]) => sum + Number(minutes), 0);
    assert.ok(minutes >= 30 && minutes <= 45, `${lesson}: ${minutes} minutes`);
  }
});

test("checkpoints are made by the code that the lessons show", () => {
  const steps = readFileSync("notebooks/lessons/steps.ts", "utf8");
  const body = (name: string) =>
    squeezed(new RegExp(`const ${name}[^=]*= \\{([^}]*)\\}`).exec(steps)![1]).replace(/,$/, "");
  const fineTune = squeezed(text("fine-tune").join("\n"));
  assert.ok(fineTune.includes(`constoptions:FinetuneOptions={${body("OPTIONS")}}`));
  assert.ok(fineTune.includes(`{...options,split:few,${body("RISKY").replace("...OPTIONS,", "")}}`));
  assert.ok(fineTune.includes(`{...risky,${body("UNWATCHED").replace("...RISKY,", "")}}`));
  const few = "{train:train.filter((_,i)=>i%3===0),validation,test}";
  for (const code of [fineTune, squeezed(steps)]) assert.ok(code.includes(few));
  // The other lesson says them in full, so that its function can be read by itself.
  assert.ok(squeezed(text("trust").join("\n")).includes(`{${body("OPTIONS")}}`));
  const protocol = squeezed(
    (JSON.parse(readFileSync("notebooks/protocol.ipynb", "utf8")) as { cells: { source: string[] }[] }).cells
      .map(({ source }) => source.join(""))
      .join("\n"),
  );
  assert.ok(
    protocol.includes(`cellType:"bulk_labels",model,nHvg:600`) &&
      body("PREPARATION") === `cellType:"bulk_labels",nHvg:600`,
  );
});
