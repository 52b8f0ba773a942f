import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { decode } from "../../src/anndata/hdf5/decode.js";
import { tableOf } from "../../src/anndata/table.js";
import { readH5ad } from "../../src/index.js";
import { temporaryFolder } from "../support/folder.js";
import { python } from "../support/python.js";

test("texts of a fixed width end where their type says", () => {
  const read = (text: string, strpad: number) => {
    const type = { type: 3, size: text.length, strpad, vlen: false, signed: false, littleEndian: true };
    return (decode(undefined as never, type as never, Buffer.from(text, "latin1"), 1).values as string[])[0];
  };
  // H5T_STR_NULLTERM, H5T_STR_NULLPAD and H5T_STR_SPACEPAD
  assert.equal(read("ab\0xyz", 0), "ab");
  assert.equal(read("ab cd ", 0), "ab cd ");
  assert.equal(read("a\0b\0\0\0", 1), "a\0b", "as NumPy has it");
  assert.equal(read("ab cd ", 2), "ab cd");
  assert.equal(read("      ", 2), "");
});

test("a category that stands twice is refused, as pandas does", async (context) => {
  const path = join(temporaryFolder(context), "twice.h5ad");
  python("test/trials/twice.py", path);
  await assert.rejects(
    readH5ad(path),
    /obs\/celltype has the category "T cell" twice, where each stands once/,
  );
});

test("columns have the names that they have", () => {
  const cells = tableOf([
    ["__proto__", [1, 2] as never],
    ["length", ["a", "b"]],
    ["10", ["x", "y"]],
    ["2", ["z", "z"]],
  ]);
  assert.deepEqual(cells.columnNames(), ["__proto__", "length", "10", "2"]);
  assert.deepEqual([cells.numRows(), cells.get("__proto__", 1), cells.get("length", 0)], [2, 2, "a"]);
});
