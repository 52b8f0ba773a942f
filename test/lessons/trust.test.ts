import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Desk, printed, solutions, verdicts } from "./support.js";

const student = new Desk();
after(() => student.remove());

test("the lesson runs as it is, without the one before, and every check waits", async () => {
  const cells = await student.run("trust", "as it is");
  for (const name of ["prepared", "fine-tuned", "over-fitted"])
    assert.ok(printed(cells).includes(`"${name}" is not there yet`), name);
  for (const [exercise, said] of verdicts(cells)) assert.match(said, /^Not yet\. Put/, exercise);
  assert.equal(verdicts(cells).size, 6);
});

test("with the solutions every check is passed, from the checkpoints of the first time", async () => {
  const cells = await student.run("trust", "with the solutions", solutions());
  for (const name of ["prepared", "fine-tuned", "over-fitted"])
    assert.ok(printed(cells).includes(`"${name}" is taken from`), name);
  for (const [exercise, said] of verdicts(cells)) assert.match(said, /^✓ Right\. /, exercise);
});
