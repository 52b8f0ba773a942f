import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { chooseMatrix } from "../../src/anndata/chooseMatrix.js";
import { setObs } from "../../src/anndata/edit/setObs.js";
import { subset } from "../../src/anndata/edit/subset.js";
import { readCells } from "../../src/anndata/formats/readCells.js";
import { readH5ad } from "../../src/anndata/readH5ad.js";
import { normalizeTotal } from "../../src/preprocess/normalizeTotal.js";
import { CellkernelError, type ErrorCode } from "../../src/support/error.js";
import { temporaryFolder } from "../support/folder.js";
import { cellsOf } from "./support/cells.js";
import { matrixOf } from "./support/matrix.js";

test("a mistake that the user can mend has a code and names the thing at fault", async (context) => {
  const folder = temporaryFolder(context);
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const damaged = file("damaged.h5ad", "no HDF5 at all");
  const table = file("cells.csv", "cell,A,B\nc1,1,2\nc2,x,4\n");
  const labels = file("labels.csv", "cell,type\nsomebody,T\n");
  const cells = cellsOf([[1, 2]]);
  const mistakes: [() => unknown, ErrorCode, Record<string, unknown>][] = [
    [() => readH5ad(join(folder, "none.h5ad")), "path", { path: join(folder, "none.h5ad") }],
    [() => readH5ad(damaged), "format", { member: `${damaged} cannot be opened as an HDF5 file` }],
    [() => readCells(table), "format", { path: table, row: "c2", column: "A" }],
    [() => chooseMatrix(cells, "raw", "counts"), "option", { option: "matrix", path: "cells.h5ad" }],
    [() => chooseMatrix(cellsOf([[-1]]), undefined, "counts"), "matrix", { path: "cells.h5ad" }],
    [() => subset(cells, { genes: ["nowhere"] }), "names", { names: ["nowhere"] }],
    [() => setObs(cells, labels), "names", { column: "cell" }],
    [() => normalizeTotal(matrixOf([[1]]), { targetSum: -1 }), "option", { option: "normalizeTotal" }],
  ];
  for (const [mistake, code, at] of mistakes) {
    const error = await Promise.resolve()
      .then(mistake)
      .then(
        () => assert.fail("no error came"),
        (thrown) => thrown,
      );
    assert.ok(error instanceof CellkernelError, String(error));
    assert.deepEqual({ code: error.code, at: error.at }, { code, at }, error.message);
  }
});
