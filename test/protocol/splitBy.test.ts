import assert from "node:assert/strict";
import { test } from "node:test";
import { crossValidationSplits, evaluate, finetune } from "../../src/index.js";
import type { Prepared } from "../../src/store/prepared.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import "../support/withoutProjection.js";

const DONORS = 12;
const training = { epochs: 1, device: "cpu", threads: 1 } as const;

/** 150 simulated cells of twelve donors of unlike sizes; the donor says nothing of the class. */
async function cells(): Promise<Prepared> {
  const ready = preparedCells(await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }));
  const codes = Int32Array.from({ length: 150 }, (_, cell) => Math.floor(Math.sqrt(cell * 0.95)) % DONORS);
  const donor = { column: "donor", names: Array.from({ length: DONORS }, (_, i) => `D${i}`), codes };
  return { ...ready, batches: donor, obs: [donor] };
}

test("split by donor: no donor is in two parts, and the report warns of none", async () => {
  const ready = await cells();
  const run = await finetune(ready, { ...training, splitBy: "donor" });
  const { train, validation, test } = run.parts.cells.split;
  const donors = [train, validation, test].map(
    (rows) => new Set(Array.from(rows, (row) => ready.batches!.codes[row])),
  );
  assert.equal(
    donors.reduce((sum, { size }) => sum + size, 0),
    DONORS,
  );
  assert.equal(train.length + validation.length + test.length, 148);
  // Whole donors: as good as a tenth each.
  for (const part of [validation, test])
    assert.ok(part.length >= 5 && part.length <= 15, `${part.length} cells`);
  assert.equal(run.settings.splitBy, "donor");
  assert.deepEqual((await evaluate(run)).parts.notes, []);
});

test("split at random: the report says in its first lines that the donors straddle", async () => {
  const report = await evaluate(await finetune(await cells(), training));
  assert.match(
    report.parts.notes[0],
    /^WARNING: of the (\d+) values of "donor" among these cells, \1 have other cells that were trained on: .* splitBy: "donor"/,
  );
  const bundle = (await report[Symbol.for("Jupyter.mime") as never]) as unknown as () => Promise<
    Record<string, string>
  >;
  const text = (await bundle.call(report))["text/plain"];
  assert.ok(text.startsWith("WARNING: of the"), text.slice(0, 80));
});

test("cross-validation: each labelled cell is in one test, donors stay together", async () => {
  const ready = await cells();
  for (const splitBy of [undefined, "donor"]) {
    const splits = crossValidationSplits(ready, { folds: 4, splitBy });
    const tests = splits.flatMap(({ test }) => [...test]).sort((a, b) => a - b);
    assert.deepEqual(
      tests,
      Array.from({ length: 148 }, (_, cell) => cell),
    );
    for (const { train, validation, test } of splits) {
      assert.equal(train.length + validation.length + test.length, 148);
      assert.ok(Math.abs(test.length - 37) < (splitBy ? 12 : 2), `${test.length} test cells`);
      if (splitBy === undefined) continue;
      const of = (rows: Int32Array) => new Set(Array.from(rows, (row) => ready.batches!.codes[row]));
      const [a, b, c] = [of(train), of(validation), of(test)];
      assert.equal(a.size + b.size + c.size, DONORS);
    }
  }
});

test("columns that can't split are refused with the remedy", async () => {
  const ready = await cells();
  const refused = (change: Partial<Prepared>, options: object, message: RegExp) =>
    assert.rejects(finetune({ ...ready, ...change }, { ...training, splitBy: "donor", ...options }), message);
  await refused(
    { obs: [] },
    {},
    /splitBy is "donor", but the prepared cells have no such obs column .*; they have none/,
  );
  const two = { ...ready.batches!, codes: ready.batches!.codes.map((code) => code % 2) };
  await refused({ obs: [two] }, {}, /"donor", which splitBy names, has 2 values .*; the split needs 3/);
  const holes = { ...ready.batches!, codes: ready.batches!.codes.map((code) => (code === 3 ? -1 : code)) };
  await refused({ obs: [holes] }, {}, /\d+ labelled cells have no value in obs column "donor"/);
  const given = { train: Int32Array.of(0, 1), validation: Int32Array.of(2), test: new Int32Array(0) };
  await refused({}, { split: given }, /splitBy is "donor", but the option split names the cells themselves/);
  await assert.rejects(
    finetune(ready, { ...training, split: { ...given, test: Int32Array.of(1) } }),
    /cell 1 stands in the split more than once/,
  );
});
