import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Vocabulary } from "../../src/tokenize/vocabulary.js";
import { expected } from "../preprocess/expected.js";

test("the whole-human vocabulary, its special tokens appended", () => {
  const vocabulary = Vocabulary.fromFile("test/fixtures/preprocess/census_vocab.json");
  assert.equal(vocabulary.genes().length, expected.vocabulary.size);
  assert.equal(vocabulary.size, 60697);
  assert.deepEqual([vocabulary.padId, vocabulary.clsId, vocabulary.eocId], [60694, 60695, 60696]);
  assert.equal(vocabulary.id("ZZZ3"), 36565);
  assert.equal(vocabulary.id("zzz3"), undefined);
});

test("a file is taken apart again only where its content is another", () => {
  const folder = mkdtempSync(join(tmpdir(), "vocabulary-"));
  const read = (text: string) => {
    writeFileSync(join(folder, "vocab.json"), text);
    return Vocabulary.fromFile(join(folder, "vocab.json"));
  };
  try {
    const first = read('{"A": 0}');
    assert.equal(read('{"A": 0}'), first);
    assert.equal(read('{"B": 0}').id("B"), 0);
    assert.equal(first.id("B"), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("special tokens that are there keep their ids", () => {
  const vocabulary = new Vocabulary([
    ["<cls>", 0],
    ["A", 1],
    ["<pad>", 4],
  ]);
  assert.deepEqual([vocabulary.clsId, vocabulary.padId, vocabulary.eocId, vocabulary.size], [0, 4, 5, 6]);
  assert.deepEqual(vocabulary.toJSON(), { "<cls>": 0, A: 1, "<pad>": 4, "<eoc>": 5 });
});

test("what is no vocabulary is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "vocabulary-"));
  const file = (text: string) => {
    const path = join(folder, "vocab.json");
    writeFileSync(path, text);
    return path;
  };
  try {
    assert.throws(
      () => Vocabulary.fromFile(join(folder, "none.json")),
      /Cannot read the vocabulary .*none\.json/,
    );
    assert.throws(() => Vocabulary.fromFile(file("{")), /Cannot read the vocabulary/);
    assert.throws(() => Vocabulary.fromFile(file('["A"]')), /expected one JSON object from gene name to id/);
    assert.throws(
      () => Vocabulary.fromFile(file('{"A": 0.5}')),
      /"A" has the id 0.5; ids are integers from 0/,
    );
    assert.throws(() => Vocabulary.fromFile(file("{}")), /holds no genes/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
