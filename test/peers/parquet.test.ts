import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { table } from "arquero";
import { Categorical, TypedColumn } from "../../src/anndata/columns.js";
import { tableOf } from "../../src/anndata/table.js";
import { writeObsParquet } from "../../src/anndata/write/parquet.js";
import { H5adWriter, readH5ad } from "../../src/index.js";

test("pandas and pyarrow read a table of cells as anndata reads the cells", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parquet-"));
  const [h5ad, parquet] = [join(folder, "cells.h5ad"), join(folder, "cells.parquet")];
  const writer = await H5adWriter.create(h5ad, 1);
  const cells = 3;
  writer.append({
    ...{ start: 0, rows: cells, columns: 1, indptr: Int32Array.of(0, 1, 2, 3) },
    ...{ indices: Int32Array.of(0, 0, 0), data: Float32Array.of(1, 2, 3) },
  });
  const columns = tableOf([
    ["label", new Categorical(Int8Array.of(1, -1, 0), ["T cell", 'B, "naïve"'], false)],
    ["probability", Float32Array.of(0.1, Number.NaN, 1)],
    ["size", Float64Array.of(1e300, 0.1, -2)],
    ["donor", ["a", "", "ü\n"]],
    ["count", Int32Array.of(-5, 0, 2 ** 31 - 1)],
    ["long", new TypedColumn("int64", BigInt64Array.of(2n ** 60n, -1n, 7n))],
    ["doublet", new TypedColumn("bool", Uint8Array.of(1, 0, 1))],
    ["batch", new Categorical(Int8Array.of(0, 1, 0), [3, 12], false)],
  ]);
  await writer.close({ obsNames: ["c1", "c2", "c3"], varNames: ["G"], obs: columns, var: table({}) });
  const adata = await readH5ad(h5ad);
  writeObsParquet(adata, parquet, new Map());
  adata.close();
  const types = execFileSync(".venv-peers/bin/python", ["test/peers/parquet.py", parquet, h5ad], {
    encoding: "utf8",
  });
  for (const type of [
    ...["'label': 'string'", "'probability': 'float'", "'size': 'double'", "'donor': 'string'"],
    ...["'count': 'int32'", "'long': 'int64'", "'doublet': 'bool'", "'batch': 'int32'"],
  ])
    assert.ok(types.includes(type), `${type} in ${types}`);
});
