import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import { read10xH5 } from "../../../src/anndata/formats/read10xH5.js";
import { readCells } from "../../../src/anndata/formats/readCells.js";
import { readCsv } from "../../../src/anndata/formats/readCsv.js";
import { readMtx } from "../../../src/anndata/formats/readMtx.js";
import { temporaryFolder } from "../../support/folder.js";
import { python } from "../../support/python.js";
import { dense } from "../support/dense.js";

/** What scanpy reads of a file. */
interface Read {
  X: number[][];
  obs: string[];
  var: string[];
  columns: Record<string, string[]>;
}

test("10x files of both versions, Matrix Market folders and tables equal what scanpy reads", async (context) => {
  const folder = temporaryFolder(context);
  const files: Record<string, Read> = JSON.parse(python("test/anndata/support/formats.py", folder));
  assert.equal(Object.keys(files).length, 6);
  for (const [name, wanted] of Object.entries(files)) {
    const path = join(folder, name);
    const cells = name.startsWith("genes_by")
      ? await readCsv(path, { transpose: true })
      : await readCells(path);
    assert.deepEqual(cells.obsNames, wanted.obs, name);
    assert.deepEqual(cells.varNames, wanted.var, name);
    assert.deepEqual(dense(cells.X!), wanted.X, name);
    assert.deepEqual(dense(cells.X!, 5), wanted.X, name);
    for (const [column, values] of Object.entries(wanted.columns)) {
      assert.deepEqual([...(cells.var.column(column) as Iterable<unknown>)], values, `${name}, ${column}`);
    }
    cells.close();
  }

  const all = await read10xH5(join(folder, "v3.h5"), { genesOnly: false });
  assert.equal(all.varNames[11], "CD3 antibody");
  all.close();
  await assert.rejects(
    read10xH5(join(folder, "v2.h5"), { genome: "mm10" }),
    /holds the genomes hg19; name one/,
  );
  await assert.rejects(
    read10xH5("test/fixtures/h5ad/csr.h5ad"),
    /is an HDF5 file but not a matrix of 10x Genomics: it has no barcodes/,
  );
});

describe("readMtx", () => {
  function folderWith(
    context: Parameters<typeof temporaryFolder>[0],
    matrix: string | Buffer,
    name = "matrix.mtx",
  ) {
    const folder = temporaryFolder(context);
    writeFileSync(join(folder, name), matrix);
    writeFileSync(join(folder, "barcodes.tsv"), "a\nb\n");
    writeFileSync(
      join(folder, "features.tsv"),
      "E1\tG1\tGene Expression\nE2\tG2\tGene Expression\nE3\tG3\tGene Expression\n",
    );
    return folder;
  }
  const HEAD = "%%MatrixMarket matrix coordinate integer general\n% a comment\n";

  test("entries in any order, either orientation, large and real values", async (context) => {
    const folder = folderWith(context, `${HEAD}3 2 3\n3 2 7\n1 2 20000001\n2 1 5\n`);
    const cells = await readMtx(folder);
    assert.deepEqual(dense(cells.X!), [
      [0, 5, 0],
      [20_000_001, 0, 7],
    ]);
    writeFileSync(
      join(folder, "matrix.mtx"),
      "%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 -2.5e1\n2 3 0.25\n",
    );
    assert.deepEqual(dense((await readMtx(folder)).X!), [
      [-25, 0, 0],
      [0, 0, 0.25],
    ]);
  });

  const wrong: [string, string | Buffer, RegExp][] = [
    [
      "an entry outside of the matrix",
      `${HEAD}3 2 1\n4 1 5\n`,
      /wrong entry in line 4: "4 1 5" in a matrix of 3 × 2/,
    ],
    ["an entry that is no number", `${HEAD}3 2 1\n1 1 x\n`, /wrong entry in line 4: "1 1 x"/],
    ["an entry without a value", `${HEAD}3 2 1\n1 1\n`, /wrong entry in line 4: "1 1"/],
    ["a line of more fields than a value", `${HEAD}3 2 1\n1 1 5 6\n`, /wrong entry in line 4: "1 1 5 6"/],
    [
      "fewer entries than announced",
      `${HEAD}3 2 2\n1 1 5\n`,
      /has 1 entries, but announces 2; the file is cut short/,
    ],
    ["more entries than announced", `${HEAD}3 2 1\n1 1 5\n2 1 5\n`, /has more entries than the 1/],
    [
      "another format",
      "%%MatrixMarket matrix array real general\n3 2\n",
      /is a array real general matrix; expected/,
    ],
    ["no Matrix Market file", "hello\n", /is not a Matrix Market file/],
    ["names for another matrix", `${HEAD}4 2 0\n`, /is 4 × 2, but there are 3 features and 2 barcodes/],
  ];
  for (const [what, matrix, message] of wrong) {
    test(`${what} is an error`, async (context) => {
      await assert.rejects(readMtx(folderWith(context, matrix)), message);
    });
  }

  test("a gzipped file that is cut short is an error", async (context) => {
    const packed = gzipSync(`${HEAD}3 2 2\n1 1 5\n2 1 5\n`);
    const folder = folderWith(context, packed.subarray(0, packed.length - 12), "matrix.mtx.gz");
    await assert.rejects(readMtx(folder), /matrix\.mtx\.gz cannot be read: unexpected end of file/);
  });

  test("missing and doubled files are named", async (context) => {
    const folder = temporaryFolder(context);
    await assert.rejects(readMtx(folder), /has no matrix\.mtx or matrix\.mtx\.gz/);
    await assert.rejects(readMtx(join(folder, "none")), /none does not exist/);
    writeFileSync(join(folder, "matrix.mtx"), "");
    writeFileSync(join(folder, "GSM1_matrix.mtx"), "");
    await assert.rejects(
      readMtx(folder),
      /several files that could be matrix\.mtx: GSM1_matrix\.mtx, matrix\.mtx/,
    );
    await assert.rejects(readMtx(join(folder, "matrix.mtx")), /is a file; give the folder/);
  });
});

describe("readCsv", () => {
  const read = async (context: Parameters<typeof temporaryFolder>[0], text: string | Buffer) => {
    const path = join(temporaryFolder(context), "table.csv");
    writeFileSync(path, text);
    return readCsv(path);
  };

  test("a missing corner, quotes, semicolons and Windows lines", async (context) => {
    const cells = await read(context, '\ufeff"g;1";g2\r\n"c ""1""";0;1.5\r\nc2;-2;0\r\n');
    assert.deepEqual(
      [cells.varNames, cells.obsNames],
      [
        ["g;1", "g2"],
        ['c "1"', "c2"],
      ],
    );
    assert.deepEqual(dense(cells.X!), [
      [0, 1.5],
      [-2, 0],
    ]);
  });

  test("rows of another length and fields that are no numbers are errors that name the place", async (context) => {
    await assert.rejects(
      read(context, ",g1,g2\nc1,1\n"),
      /row "c1" \(line 2\) has 1 values, expected 2; is the separator/,
    );
    await assert.rejects(read(context, ",g1,g2\nc1,1,NA\n"), /"NA" at row "c1", column "g2" is not a number/);
    await assert.rejects(read(context, ",g1\nc1,\n"), /"" at row "c1", column "g1" is not a number/);
    await assert.rejects(read(context, ",g1\n"), /has no rows of values/);
    await assert.rejects(read(context, ",g1\rc1,1\r"), /has lines that end as on an old Macintosh/);
    await assert.rejects(read(context, "AAAC-1\nAAAG-1\n"), /is no table of cells and genes: its first line/);
    await assert.rejects(read(context, Buffer.from(",Tä\nc1,1\n", "latin1")), /is not in UTF-8/);
  });
});

describe("readCells", () => {
  test("formats are told apart by content, not by name", async (context) => {
    const folder = temporaryFolder(context);
    const path = join(folder, "cells.csv");
    copyFileSync("test/fixtures/h5ad/csr.h5ad", path);
    const cells = await readCells(path);
    assert.deepEqual([cells.nObs, cells.nVars], [60, 40]);
    cells.close();
  });

  test("what is no cells says what was expected", async (context) => {
    const folder = temporaryFolder(context);
    const path = join(folder, "x");
    await assert.rejects(readCells(path), /x does not exist/);
    writeFileSync(path, "");
    await assert.rejects(readCells(path), /x is empty/);
    writeFileSync(path, readFileSync("test/fixtures/h5ad/csr.h5ad").subarray(100, 5000));
    await assert.rejects(readCells(path), /is in no format that is known here: expected \.h5ad, 10x \.h5/);
    writeFileSync(path, "%%MatrixMarket matrix coordinate integer general\n1 1 0\n");
    await assert.rejects(readCells(path), /is a Matrix Market file; give its folder/);
    mkdirSync(join(folder, "empty"));
    await assert.rejects(readCells(join(folder, "empty")), /has no matrix\.mtx/);
  });
});
