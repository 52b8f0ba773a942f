import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cellOntology } from "../../src/preprocess/cellOntology.js";
import { readHierarchy } from "../../src/protocol/hierarchy.js";
import { temporaryFolder } from "../support/folder.js";

const namesOf = ({ hierarchy: { names, lines } }: ReturnType<typeof readHierarchy>, node: number) =>
  Array.from(lines[node], (one) => names[one]).sort();

test("classes by id, name and synonym of the Cell Ontology, with its ancestors", () => {
  const classes = ["CD4-positive, alpha-beta T-cell", "cl_0000236".toUpperCase(), "NEURON", "my own"];
  const read = readHierarchy("cell-ontology", classes);
  // From the ontology itself (cellxgene-ontology-guide): the ancestors of CL:0000624.
  const ancestors = [
    ...["0000791", "0000789", "0002419", "0000084", "0000542", "0000842", "0000226", "0000738"],
    ...["0000255", "0002242", "0000219", "0000988", "0000000"],
  ].map((id) => cellOntology().names.get(id)!);
  assert.deepEqual(namesOf(read, 0), [classes[0], ...ancestors].sort());
  assert.ok(namesOf(read, 1).includes("lymphocyte") && !namesOf(read, 1).includes("T cell"));
  assert.deepEqual(namesOf(read, 3), ["my own"]);
  assert.deepEqual(read.notes, ["the Cell Ontology does not say what these classes are kinds of: my own"]);
});

test("a term that is a class itself is that class", () => {
  const read = readHierarchy("cell-ontology", ["T lymphocyte", "CD4-positive, alpha-beta T cell"]);
  assert.ok(namesOf(read, 1).includes("T lymphocyte") && !namesOf(read, 1).includes("T cell"));
});

test("a file of YAML or JSON, also with terms of the ontology", (context) => {
  const folder = temporaryFolder(context);
  const file = (text: string) => {
    const path = join(folder, "tree.yml");
    writeFileSync(path, text);
    return path;
  };
  const yaml = readHierarchy(file("naive: CD4\nmemory: [CD4, old]\nCD4: CL:0000624\n"), ["naive", "memory"]);
  assert.ok(namesOf(yaml, 0).includes("CD4-positive, alpha-beta T cell"));
  assert.ok(namesOf(yaml, 1).includes("old") && namesOf(yaml, 1).includes("lymphocyte"));
  assert.deepEqual(namesOf(readHierarchy(file('{"a": "b"}'), ["a"]), 0), ["a", "b"]);
  for (const [text, message] of [
    ["a: b\nb: a\n", /tree\.yml has a cycle: "a" is a "b" is a "a"/],
    ["a: {b: c}\n", /the parent of "a" is \{"b":"c"\}; expected a name/],
    ["- a\n", /must hold lines "child: parent"/],
    ["a: b: c\n", /is no YAML or JSON/],
    ["x: y\n", /tree\.yml knows none of the classes: a\. It must hold lines "class: parent"/],
    ["a: CL:9999999\n", /the Cell Ontology has no term CL:9999999, or it is obsolete/],
  ] as const)
    assert.throws(() => readHierarchy(file(text), ["a"]), message);
  assert.throws(() => readHierarchy(join(folder, "none.yml"), ["a"]), /there is no file/);
  assert.throws(
    () => readHierarchy("cell-ontology", ["a 1"]),
    /knows none of the classes: a 1\. Give a file/,
  );
});
