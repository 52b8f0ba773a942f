import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hierarchyAnswer, hierarchyFigures, hierarchyOf } from "../../src/evaluate/hierarchy.js";
import { near } from "../support/trustFixture.js";

/** Written by test/fixtures/evaluate/make_hierarchy.py with hiclass. */
const hiclass: {
  parents: Record<string, string>;
  classes: string[];
  truth: number[];
  answers: string[];
  figures: number[];
} = JSON.parse(readFileSync("test/fixtures/evaluate/hierarchy.json", "utf8"));
const parents = new Map(Object.entries(hiclass.parents).map(([child, parent]) => [child, [parent]]));
const tree = hierarchyOf(hiclass.classes, parents);

test("precision, recall and F1 are hiclass's", () => {
  const answered = hiclass.answers.map((name) => tree.names.indexOf(name));
  const { precision, recall, f1 } = hierarchyFigures(tree, hiclass.truth, answered);
  [precision, recall, f1].forEach((value, i) => {
    near(value, hiclass.figures[i], 1e-12);
  });
  // No answer, no node of one: by hand, one of two right, of 3 and 1 nodes.
  const open = hierarchyFigures(tree, [0, 3], [-1, 3]);
  assert.deepEqual(open, { precision: 1, recall: 1 / 4, f1: 2 / 5 });
});

test("probability rolls up: the most special kind that is probable enough is answered", () => {
  // naive, memory, CD8, B
  const answer = (least: number, ...scores: number[]) => {
    const { node, probability } = hierarchyAnswer(tree, scores.indexOf(Math.max(...scores)), scores, least);
    return [tree.names[node], probability];
  };
  assert.deepEqual(answer(0.8, 0.875, 0.125, 0, 0), ["naive", 0.875]);
  assert.deepEqual(answer(0.8, 0.5, 0.375, 0.125, 0), ["CD4", 0.875]);
  assert.deepEqual(answer(0.8, 0.5, 0.125, 0.25, 0.125), ["T", 0.875]);
  assert.deepEqual(answer(0.8, 0.375, 0.125, 0, 0.5), ["cell", 1]);
  assert.deepEqual(answer(1.1, 1, 0, 0, 0), [undefined, Number.NaN]);
});

test("a node of several parents: of the kinds of as many classes the deepest is answered", () => {
  const both = hierarchyOf(
    ["NK", "T", "B"],
    new Map([
      ["NK", ["lymphocyte", "killer"]],
      ["T", ["lymphocyte"]],
      ["B", ["lymphocyte"]],
      ["killer", ["effector"]],
      ["lymphocyte", ["cell"]],
    ]),
  );
  assert.deepEqual(
    Array.from(both.answers[0], (node) => both.names[node]),
    ["NK", "killer", "effector", "lymphocyte", "cell"],
  );
  assert.deepEqual([...both.classesOf[both.names.indexOf("lymphocyte")]], [0, 1, 2]);
});

test("a class that is a kind of another adds to it", () => {
  const nested = hierarchyOf(["T", "CD4 T"], new Map([["CD4 T", ["T"]]]));
  assert.deepEqual(hierarchyAnswer(nested, 1, [0.25, 0.75], 0.9), { node: 0, probability: 1 });
});

test("a cycle is named", () => {
  const cycle = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["d", ["b"]],
  ]);
  assert.throws(
    () => hierarchyOf(["a"], cycle, "tree.yml"),
    /tree\.yml has a cycle: "b" is a "d" is a "b"; take one of these steps out/,
  );
  assert.throws(() => hierarchyOf(["x"], new Map([["a", ["a"]]])), /the hierarchy has a cycle: "a" is a "a"/);
});
