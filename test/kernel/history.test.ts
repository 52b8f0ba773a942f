import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { History } from "../../kernel/history.js";

const filled = () => {
  const history = new History();
  ["a = 1", "b = 2", "a = 1", "const long = [\n1]"].forEach((code, i) => {
    history.add(i + 1, code);
  });
  return history;
};
const codes = (history: History, request: Record<string, unknown>) =>
  history.query(request).map((entry) => entry[2]);

test("tail: the last n", () => {
  assert.deepEqual(filled().query({ hist_access_type: "tail", n: 2 }), [
    [1, 3, "a = 1"],
    [1, 4, "const long = [\n1]"],
  ]);
});

test("range: from start up to stop, of a session counted back from this one", () => {
  const request = { hist_access_type: "range", session: 0, start: 2, stop: 4 };
  assert.deepEqual(codes(filled(), request), ["b = 2", "a = 1"]);
  assert.deepEqual(codes(filled(), { ...request, stop: null }), ["b = 2", "a = 1", "const long = [\n1]"]);
  assert.deepEqual(codes(filled(), { ...request, session: -1 }), []);
});

test("search: a glob over the whole cell, the last of each when unique", () => {
  const search = (pattern: string, more = {}) =>
    codes(filled(), { hist_access_type: "search", pattern, ...more });
  assert.deepEqual(search("a*"), ["a = 1", "a = 1"]);
  assert.deepEqual(search("? = ?", { unique: true }), ["b = 2", "a = 1"]);
  assert.deepEqual(search("*1]"), ["const long = [\n1]"]);
  assert.deepEqual(search("a = [1]"), []);
  assert.deepEqual(search("*", { n: 1 }), ["const long = [\n1]"]);
});

test("output asks for pairs", () => {
  assert.deepEqual(filled().query({ hist_access_type: "tail", n: 1, output: true })[0][2], [
    "const long = [\n1]",
    null,
  ]);
});

test("it is kept across kernels, broken lines left out", () => {
  const folder = mkdtempSync(join(tmpdir(), "history-"));
  const file = join(folder, "deep", "history.jsonl");
  new History(file).add(1, "first");
  appendFileSync(file, '[2, 1, "cut o');
  const second = new History(file);
  assert.equal(second.session, 2);
  assert.deepEqual(codes(second, { hist_access_type: "tail", n: 10 }), ["first"]);
  rmSync(folder, { recursive: true });
});

test("the file is nobody else's to read, also one of an earlier version", {
  skip: process.platform === "win32" && "permissions as Unix has them",
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "history-"));
  const mode = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
  writeFileSync(join(folder, "old"), '[1,1,"token = 1"]\n', { mode: 0o644 });
  chmodSync(join(folder, "old"), 0o644);
  for (const name of ["old", "new"]) new History(join(folder, name)).add(1, "secret");
  assert.deepEqual([mode("old"), mode("new")], ["600", "600"]);
});
