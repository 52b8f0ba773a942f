import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { table } from "arquero";

import { showText } from "../../src/anndata/show.js";
import {
  type AnnData,
  chooseMatrix,
  readCells,
  readH5ad,
  readSamples,
  writeH5ad,
  writeResults,
} from "../../src/index.js";
import { dense } from "../anndata/support/dense.js";
import { temporaryFolder } from "../support/folder.js";
import { python } from "../support/python.js";

/** What anndata and scanpy read of a file. */
interface Read {
  X: number[][];
  obs: string[];
  var: string[];
  columns: [string, unknown[]][];
  layers?: Record<string, number[][]>;
}

const TRIALS = "test/fixtures/trials";
const folder = `${TRIALS}/more`;
const expected = ["more", "further"].flatMap((name) =>
  Object.entries<Read>(JSON.parse(readFileSync(`${TRIALS}/${name}/expected.json`, "utf8"))).map(
    ([file, read]): [string, Read] => [`${name}/${file}`, read],
  ),
);

function compare(cells: AnnData, { X, obs, var: genes, columns, layers = {} }: Read): void {
  const { matrix, varNames, contents, reason } = chooseMatrix(cells, undefined, "counts");
  assert.deepEqual([cells.obsNames, varNames], [obs, genes]);
  for (const [name, values] of Object.entries(layers))
    assert.deepEqual(dense(cells.layers.get(name)!), values);
  if (Object.keys(layers).length > 0) assert.match(reason, /^Chose X, which holds counts/);
  if (X.every((row) => row.every(Number.isInteger))) assert.equal(contents.kind, "counts");
  dense(matrix).forEach((row, cell) => {
    row.forEach((value, gene) => {
      const wanted = X[cell][gene];
      assert.ok(
        Math.abs(value - wanted) <= 1e-6 * wanted,
        `cell ${cell}, gene ${gene}: ${value}, not ${wanted}`,
      );
    });
  });
  assert.deepEqual(
    cells.obs.columnNames(),
    columns.map(([name]) => name),
  );
  for (const [name, values] of columns)
    assert.deepEqual(Array.from(cells.obs.column(name) as Iterable<unknown>), values, name);
}

for (const [name, wanted] of expected)
  test(`${name}, as anndata reads it, and again once it is written`, async (context) => {
    const [file, genome] = name.split(" of ");
    const cells = await readSamples(join(TRIALS, file), { genome });
    compare(cells, wanted);
    const written = join(temporaryFolder(context), "written.h5ad");
    await writeH5ad(cells, written);
    cells.close();
    const again = await readCells(written);
    compare(again, wanted);
    again.close();
  });

test("what is not read is said, and kept to the last attribute in a file that is written anew", async (context) => {
  const input = join(folder, "later.h5ad");
  const out = join(temporaryFolder(context), "out.h5ad");
  const cells = await readH5ad(input);
  assert.match(showText(cells), /obs\/when is not read: it has the encoding "from-the-future"/);
  await writeResults(cells, out, { obs: table({ celltype: new Array(12).fill("X") }) }, { byRow: true });
  cells.close();
  assert.deepEqual(JSON.parse(python("test/trials/sameParts.py", input, out, "obs/when", "layers/packed")), {
    same: true,
    columns: ["celltype", "when"],
  });
});

test("of two genomes of Cell Ranger 2 one is to be named, in the words of the command line too", async () => {
  await assert.rejects(
    readCells(join(folder, "v2.h5")),
    /v2\.h5 holds the genomes GRCh38, mm10; name one of them \(option genome, on the command line --genome\)/,
  );
  await assert.rejects(
    readCells(join(folder, "barnyard.h5"), { genome: "hg19" }),
    /holds the genomes GRCh38, mm10/,
  );
});

test("counts in parts are summed, and that is said; folders of the same cells are not joined", async () => {
  const cells = await readCells(`${TRIALS}/further/velocyto`);
  const said =
    /X is the sum of the layers ambiguous, spliced, unspliced, for .*velocyto holds no counts as a whole\./;
  assert.match(chooseMatrix(cells, undefined, "counts").reason, said);
  assert.match(showText(cells), said);
  await assert.rejects(
    readSamples(`${TRIALS}/further/Solo.out`),
    /holds counts of the same cells by several rules \(Gene, Velocyto\); name one of them: .*Gene\./,
  );
});
