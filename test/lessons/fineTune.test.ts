import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkpoint } from "../../notebooks/lessons/steps.js";
import { Desk, printed, solutions, verdicts } from "./support.js";

const [student, late] = [new Desk(), new Desk()];
after(() => {
  student.remove();
  late.remove();
});

test("the lesson runs as it is, and every check waits", async () => {
  const cells = await student.run("fine-tune", "as it is");
  assert.match(printed(cells), /"prepared" is not there yet/);
  for (const [exercise, said] of verdicts(cells)) assert.match(said, /^Not yet\. (Put|Read)/, exercise);
  assert.equal(verdicts(cells).size, 6);
});

test("with the solutions every check is passed, from the checkpoints of the first time", async () => {
  const cells = await student.run("fine-tune", "with the solutions", solutions());
  assert.match(printed(cells), /"prepared" is taken from/);
  for (const [exercise, said] of verdicts(cells)) assert.match(said, /^✓ Right\. /, exercise);
});

test("a checkpoint that is made for who comes late is that of the lesson, to the bit", async () => {
  const here = process.cwd();
  process.chdir(join(late.root, "notebooks/lessons"));
  try {
    await checkpoint("over-fitted");
  } finally {
    process.chdir(here);
  }
  for (const name of ["fine-tuned", "over-fitted"]) {
    const [shown, made] = [student, late].map(({ root }) =>
      readFileSync(join(root, `output/lessons/${name}/best_model.pt`)),
    );
    assert.ok(shown.equals(made), name);
  }
});
