import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeH5ad } from "../../src/index.js";
import { inspect } from "../../src/protocol/inspect.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { memoryCells } from "./cells.js";

test("a file's matrices, columns and the choice are shown; where none can serve, why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "inspect-"));
  const path = join(folder, "cells.h5ad");
  const scaled = denseMatrix([
    [-1, 0.5],
    [1, -0.5],
  ]);
  const counts = denseMatrix([
    [3, 0],
    [1, 2],
  ]);
  const obs = { type: ["B", "T"] };
  await writeH5ad(memoryCells(scaled, { obs, layers: { counts }, varNames: ["CD3D", "LYZ"] }), path);
  const found = await inspect(path);
  assert.deepEqual([found.cells, found.genes, found.firstGenes], [2, 2, ["CD3D", "LYZ"]]);
  assert.deepEqual(found.obs, [{ column: "type", values: 2, examples: ["B", "T"] }]);
  assert.match(found.matrices[0].holds, /^scaled values/);
  assert.match(found.choice, /^Chose layer "counts", which holds counts/);
  const both = await inspect([path], { sampleColumn: "file" });
  assert.deepEqual(both.obs.at(-1), { column: "file", values: 1, examples: ["cells"] });
  const other = join(folder, "scaled.h5ad");
  await writeH5ad(memoryCells(scaled), other);
  assert.match(
    (await inspect(other)).choice,
    /has no matrix of counts or log-normalised values: X holds scaled values/,
  );
});
