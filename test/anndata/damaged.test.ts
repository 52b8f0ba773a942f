import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { File } from "h5wasm/node";

import { loadLibrary } from "../../src/anndata/hdf5/library.js";
import { H5Output } from "../../src/anndata/hdf5/output.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { H5adWriter } from "../../src/anndata/write/h5ad.js";
import { temporaryFolder } from "../support/folder.js";
import { dense } from "./support/dense.js";

const FIXTURES = "test/fixtures/h5ad";

describe("one bit flipped at each of 200 seeded places", () => {
  // Texts stand in HDF5's global heap, which no filter or checksum covers; all else in these files is
  // gzipped, whose own checksum tells, or (X of the second) has Fletcher's.
  const protectedKeys: [string, (key: string) => boolean][] = [
    ["gzip.h5ad", (key) => !/names|obs\/s|cell_type|stage|uns\/(strs|s|rec|num|nest)|frame/.test(key)],
    ["gzip_shuffle_fletcher.h5ad", (key) => key === "X"],
  ];
  for (const [name, isProtected] of protectedKeys) {
    test(`${name}: the right answer or an error, never a crash, a hang or garbage that a checksum tells`, (context) => {
      const script = fileURLToPath(new URL("./support/flips.js", import.meta.url));
      const run = spawnSync(
        process.execPath,
        [script, join(FIXTURES, name), temporaryFolder(context), "200"],
        {
          encoding: "utf8",
          timeout: 300_000,
        },
      );
      assert.equal(run.status, 0, run.stderr);
      const outcomes = run.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.equal(outcomes.length, 200);
      for (const { at, differ = [], error } of outcomes) {
        assert.deepEqual(differ.filter(isProtected), [], `byte ${at}`);
        if (error) assert.match(error, /flipped\.h5ad/, `byte ${at}`);
      }
      assert.ok(outcomes.some(({ error }) => error) && outcomes.some(({ differ }) => differ?.length === 0));
      assert.equal(run.stderr, "");
    });
  }
});

test("a file that is cut short anywhere is an error that says so", async (context) => {
  const path = join(temporaryFolder(context), "cut.h5ad");
  const bytes = readFileSync(join(FIXTURES, "csr.h5ad"));
  for (const share of [0.001, 0.1, 0.5, 0.9, 0.9999]) {
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
    await assert.rejects(
      readH5ad(path),
      /cut\.h5ad cannot be opened as an HDF5 file: .*(truncated|signature)/,
      `${share}`,
    );
  }
});

test("what is not there, no HDF5 and HDF5 of something else are told apart", async (context) => {
  const folder = temporaryFolder(context);
  await assert.rejects(readH5ad(join(folder, "none.h5ad")), /none\.h5ad does not exist\.$/);
  await assert.rejects(readH5ad(folder), /is not a file\.$/);
  const text = join(folder, "text.h5ad");
  writeFileSync(text, "cell,gene\n".repeat(100));
  await assert.rejects(readH5ad(text), /text\.h5ad cannot be opened as an HDF5 file: .*signature/);
  const other = join(folder, "other.h5");
  const file = await H5Output.open(other, "w");
  file.group("/matrix");
  file.close();
  await assert.rejects(
    readH5ad(other),
    /other\.h5 is an HDF5 file but not an \.h5ad file: it has no \/obs\. Its members are: matrix\./,
  );
});

test("a filter that we lack is refused by name; the bytes are not taken for data", async (context) => {
  const path = join(temporaryFolder(context), "strange.h5ad");
  const bytes = readFileSync(join(FIXTURES, "zstd.h5ad"));
  const zstd = Buffer.of(0x0f, 0x7d);
  let replaced = 0;
  for (let at = bytes.indexOf(zstd); at >= 0; at = bytes.indexOf(zstd, at + 1)) {
    bytes.writeUInt16LE(32_999, at);
    replaced++;
  }
  assert.ok(replaced > 0);
  writeFileSync(path, bytes);
  const cells = await readH5ad(path).then(
    (opened) => () => dense(opened.X!),
    (error) => () => {
      throw error;
    },
  );
  assert.throws(
    cells,
    /strange\.h5ad, \/X\/data is compressed with .*\(HDF5 filter 32999\), which cannot be read here\. Readable are gzip, .*zstd/,
  );
});

/** A file whose X has what it is told to have, right or wrong. */
async function fileWith(
  path: string,
  indptr: number[],
  indices: number[],
  data: number[],
  columns = 3,
  mostEntries = 0,
): Promise<void> {
  const rows = indptr.length - 1;
  const writer = await H5adWriter.create(path, columns, "float32", mostEntries);
  const block = {
    indptr: Int32Array.from(indptr),
    indices: Int32Array.from(indices),
    data: Float32Array.from(data),
  };
  writer.append({ start: 0, rows, columns, ...block });
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);
  await writer.close({ obsNames: names("c", rows), varNames: names("g", columns) });
}

describe("a matrix whose parts do not fit is found when it is read", () => {
  const cases: [string, number[], number[], RegExp][] = [
    [
      "indices beyond the columns",
      [0, 1, 2],
      [0, 3],
      /\/X: row 1 has an entry outside of columns 0 to 2; the file is/,
    ],
    ["negative indices", [0, 1, 2], [-1, 0], /row 0 has an entry outside of columns/],
    [
      "indptr that decreases",
      [0, 2, 1, 2],
      [0, 1],
      /\/X: indptr decreases at element 2; the file is damaged/,
    ],
    ["indptr beyond the data", [0, 1, 5], [0, 1], /indptr ends at 5, but there are 2 values/],
  ];
  for (const [what, indptr, indices, message] of cases) {
    test(what, async (context) => {
      const path = join(temporaryFolder(context), "wrong.h5ad");
      await fileWith(path, indptr, indices, [1, 2]);
      const cells = await readH5ad(path);
      assert.throws(() => dense(cells.X!), message);
      assert.match(
        (cells as never as Record<symbol, () => { "text/plain": string }>)[Symbol.for("Jupyter.mime")]()[
          "text/plain"
        ],
        /matrices: cannot be read/,
      );
      cells.close();
    });
  }

  test("unsorted rows, repeated columns and explicit zeros are put right", async (context) => {
    const path = join(temporaryFolder(context), "loose.h5ad");
    await fileWith(path, [0, 3, 5, 6], [2, 0, 2, 1, 1, 0], [1, 2, 3, 4, -4, 0]);
    const cells = await readH5ad(path);
    assert.deepEqual(dense(cells.X!), [
      [2, 0, 4],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    cells.close();
  });
});

test("indptr that does not begin at 0 is an error", async (context) => {
  const path = join(temporaryFolder(context), "shifted.h5ad");
  await fileWith(path, [0, 1, 2], [0, 1], [1, 2]);
  await loadLibrary();
  const file = new File(path, "a");
  (file.get("X/indptr") as never as Resizable).write_slice([[0, 1]], Int32Array.of(1));
  file.close();
  const cells = await readH5ad(path);
  assert.throws(() => dense(cells.X!), /\/X: indptr begins at 1, not at 0; the file is damaged/);
  cells.close();
});

test("X of another size than obs and var is an error when the file is opened", async (context) => {
  const path = join(temporaryFolder(context), "sizes.h5ad");
  await fileWith(path, [0, 1], [0], [1]);
  const file = await H5Output.open(path, "a");
  file.attribute("/X", "shape", BigInt64Array.of(1n, 4n));
  file.close();
  await assert.rejects(
    readH5ad(path),
    /sizes\.h5ad, \/X is 1 × 4, but obs and var ask for 1 × 3; the file is damaged/,
  );
});

test("no cells, no genes and no matrix are read as what they are", async (context) => {
  const path = join(temporaryFolder(context), "empty.h5ad");
  await fileWith(path, [0], [], []);
  const cells = await readH5ad(path);
  assert.deepEqual([cells.nObs, cells.nVars, [...cells.X!.blocks()]], [0, 3, []]);
  cells.close();
  await fileWith(path, [0, 0], [], [], 0);
  const none = await readH5ad(path);
  assert.deepEqual(dense(none.X!), [[]]);
  none.close();
});

test("more than 2^31 entries: positions are exact, and a row of far more entries than it has places is refused", async (context) => {
  const path = join(temporaryFolder(context), "huge.h5ad");
  const many = 2 ** 31 + 5;
  await fileWith(path, [0, 0, 3], [0, 1, 2], [1, 2, 3], 3, many);
  await loadLibrary();
  // The chunks before the last are never written: they read as zeros and take no room on the disk.
  const file = new File(path, "a");
  const part = (name: string) => file.get(`X/${name}`) as never as Resizable;
  for (const [name, values] of [
    ["indices", BigInt64Array.of(0n, 1n, 2n)],
    ["data", Float32Array.of(7, 8, 9)],
  ] as const) {
    part(name).resize([many + 3]);
    part(name).write_slice([[many, many + 3]], values);
  }
  part("indptr").write_slice([[0, 3]], BigInt64Array.of(0n, BigInt(many), BigInt(many + 3)));
  file.close();
  const cells = await readH5ad(path);
  const [block] = [...cells.X!.blocks({ start: 1 })];
  assert.deepEqual(
    [[...block.indices], [...block.data]],
    [
      [0, 1, 2],
      [7, 8, 9],
    ],
  );
  assert.throws(
    () => [...cells.X!.blocks({ end: 1 })],
    /\/X: line 0 has 2147483653 entries in 3 places; the file is damaged/,
  );
  cells.close();
});

interface Resizable {
  resize(shape: number[]): void;
  write_slice(ranges: [number, number][], values: object): void;
}

test("categories and columns that do not fit are errors", async (context) => {
  const path = join(temporaryFolder(context), "codes.h5ad");
  copyFileSync(join(FIXTURES, "csr.h5ad"), path);
  await loadLibrary();
  const file = new File(path, "a");
  (file.get("obs/cell_type/codes") as never as Resizable).write_slice([[3, 4]], Int8Array.of(9));
  file.close();
  await assert.rejects(
    readH5ad(path),
    /\/obs\/cell_type: row 3 has category code 9, but there are 3 categories; the file is damaged/,
  );
});
