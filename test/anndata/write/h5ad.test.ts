import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { table } from "arquero";

import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { H5adWriter, writeH5ad } from "../../../src/anndata/write/h5ad.js";
import { temporaryFolder } from "../../support/folder.js";
import { python } from "../../support/python.js";
import { differences } from "../support/compare.js";
import { dense } from "../support/dense.js";

const FIXTURES = "test/fixtures/h5ad";
/** Compressed by filters that anndata cannot read without more packages: compared with the same data as CSR. */
const NEEDS_PLUGINS = ["bitshuffle", "blosc", "blosc2", "lz4", "zstd"];

test("a file that is read and written again is, to anndata, the same in every key", async (context) => {
  const folder = temporaryFolder(context);
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith(".h5ad"));
  const archives = readdirSync(join(FIXTURES, "archives")).filter((name) => name.endsWith(".h5ad"));
  const names = [...files, ...archives.map((archive) => `archives/${archive}`)];
  assert.equal(names.length, 18);
  const pairs = [];
  for (const name of names) {
    const written = join(folder, name.replace("/", "-"));
    const cells = await readH5ad(join(FIXTURES, name));
    await writeH5ad(cells, written);
    cells.close();
    const original = NEEDS_PLUGINS.includes(name.replace(".h5ad", "")) ? "csr.h5ad" : name;
    pairs.push([join(FIXTURES, original), written] as const);
  }
  const found = differences(pairs);
  for (const [i, name] of names.entries()) assert.deepEqual(found[i], [], name);
});

test("a file that is written block by block holds the rows in order", async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, "blocks.h5ad");
  const cells = await readH5ad(join(FIXTURES, "csr.h5ad"));
  const writer = await H5adWriter.create(path, cells.nVars);
  for (const block of cells.X!.blocks({ rows: 7 })) writer.append(block);
  assert.equal(existsSync(path), false);
  const { obs, obsNames, varNames } = cells;
  await writer.close({ obs, var: cells.var, obsNames, varNames });
  assert.deepEqual(readdirSync(folder), ["blocks.h5ad"]);
  const [found] = differences([[join(FIXTURES, "csr.h5ad"), path]]);
  assert.ok(
    found.length > 0 && found.every((difference) => difference.endsWith("only in the first")),
    `${found}`,
  );
  assert.ok(!found.some((difference) => /^(X|obs|var):/.test(difference)), `${found}`);
  const again = await readH5ad(path);
  assert.deepEqual(dense(again.X!), dense(cells.X!));
  again.close();
  cells.close();
});

test("plain JavaScript columns and uns values become what pandas and NumPy would make of them", async (context) => {
  const path = join(temporaryFolder(context), "columns.h5ad");
  const writer = await H5adWriter.create(path, 2);
  writer.append({
    start: 0,
    rows: 3,
    columns: 2,
    indptr: Int32Array.of(0, 1, 1, 2),
    indices: Int32Array.of(1, 0),
    data: Float32Array.of(5, 7),
  });
  const obs = table({
    type: ["b", "a", "b"],
    some: ["x", null, "x"],
    id: ["p", "q", "r"],
    whole: [1, 2, 3],
    gaps: [1, null, 3],
    real: [0.5, null, 2],
    yes: [true, false, true],
    maybe: [true, null, false],
    small: Int16Array.of(1, 2, 3),
  });
  await writer.close({
    obsNames: ["c1", "c2", "c3"],
    varNames: ["g1", "g2"],
    obs,
    uns: { note: "µ", one: 1, half: 0.5, yes: true, list: [1, 2], empty: {}, deep: { words: ["a", "b"] } },
  });
  const script = join(temporaryFolder(context), "show.py");
  writeFileSync(
    script,
    `import anndata, sys
a = anndata.read_h5ad(sys.argv[1])
print({c: str(a.obs[c].dtype) for c in a.obs})
print({c: [None if v is __import__("pandas").NA or v != v else v for v in a.obs[c].tolist()] for c in a.obs})
print(list(a.obs["type"].cat.categories), a.X.toarray().tolist(), a.uns["note"], a.uns["deep"]["words"].tolist())
print(type(a.uns["yes"]).__name__, a.uns["one"], a.uns["half"], a.uns["list"].tolist(), dict(a.uns["empty"]))
`,
  );
  const lines = python(script, path).trim().split("\n");
  assert.equal(
    lines[0],
    "{'type': 'category', 'some': 'category', 'id': 'object', 'whole': 'int64', 'gaps': 'Int64', " +
      "'real': 'float64', 'yes': 'bool', 'maybe': 'boolean', 'small': 'int16'}",
  );
  assert.equal(
    lines[1],
    "{'type': ['b', 'a', 'b'], 'some': ['x', None, 'x'], 'id': ['p', 'q', 'r'], 'whole': [1, 2, 3], " +
      "'gaps': [1, None, 3], 'real': [0.5, None, 2.0], 'yes': [True, False, True], " +
      "'maybe': [True, None, False], 'small': [1, 2, 3]}",
  );
  assert.equal(lines[2], "['a', 'b'] [[0.0, 5.0], [0.0, 0.0], [7.0, 0.0]] µ ['a', 'b']");
  assert.equal(lines[3], "bool 1 0.5 [1, 2] {}");
});

test("what cannot be written says so, and leaves nothing behind", async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, "wrong.h5ad");
  const writer = await H5adWriter.create(path, 2);
  await assert.rejects(
    writer.close({ obsNames: ["c1"], varNames: ["g1", "g2"] }),
    /wrong\.h5ad could not be written: 1 cell names came for 0 rows\. No file was left behind\./,
  );
  assert.deepEqual(readdirSync(folder), []);
  await assert.rejects(H5adWriter.create(join(folder, "no", "such.h5ad"), 2), /there is no folder .*no\./);
  await assert.rejects(H5adWriter.create(folder, 2), /it is a folder/);
  assert.ok(!existsSync(join(folder, "no")));
  const mixed = await H5adWriter.create(path, 1);
  await assert.rejects(
    mixed.close({ obsNames: [], varNames: ["g"], var: table({ odd: [1] }), uns: { odd: [1, "a"] } }),
    /uns\/odd: a list of mixed values/,
  );
});
