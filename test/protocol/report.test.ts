import assert from "node:assert/strict";
import { test } from "node:test";
import { hierarchyOf } from "../../src/evaluate/hierarchy.js";
import { classificationReport } from "../../src/evaluate/metrics.js";
import type { MimeBundle } from "../../src/host/host.js";
import { labelCells } from "../../src/predict/labels.js";
import { Report } from "../../src/protocol/report.js";
import type { Run } from "../../src/protocol/run.js";
import { trustFigures } from "../../src/protocol/trustFigures.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

async function report() {
  const ready = preparedCells(await tinyModel(), 4);
  // The third cell's label is one that the run does not know; the fourth has none.
  const kinds = {
    column: "celltype",
    names: ["B cell", "NK, bright", "new, type"],
    codes: Int32Array.of(0, 1, 2, -1),
  };
  return new Report({
    run: {
      classes: ["B cell", "NK, bright", "T cell"],
      parts: {
        trust: {
          temperature: 1,
          threshold: { probability: 0.75, wanted: 0.9, precision: 0.9, assigned: 1 },
          sets: { coverage: 0.9, least: [0.5, 0.25, 0.5] },
          notes: [],
        },
      },
    } as unknown as Run,
    ready: { ...ready, obs: [kinds], cellNames: ["a", "a", 'b "x"', "c"] },
    truth: Int32Array.of(0, 1, -1, -1),
    parts: ["test", "test", "none", "none"],
    ...{ subset: "test", evaluated: Int32Array.of(0, 1), embeddings: new Float32Array(0), notes: [] },
    labelled: {
      codes: Int32Array.of(0, 0, 1, 2),
      probabilities: Float32Array.of(0.5, 0.75, 1, 0.25),
      margins: Float32Array.of(0.25, 0.5, 1, 0.125),
      scores: Float32Array.of(0.5, 0.25, 0.25, 0.75, 0.25, 0, 0, 1, 0, 0.125, 0, 0.25),
    },
    trust: trustFigures(undefined, 3, {
      truth: Int32Array.of(0, 1),
      calibrated: [false, false],
      labelled: labelCells(Float32Array.of(1, 0, 0, 1, 0, 0), 3),
      before: labelCells(Float32Array.of(1, 0, 0, 1, 0, 0), 3),
    }),
    metrics: classificationReport([0, 1], [0, 0], ["B cell", "NK, bright", "T cell"]),
  });
}

test("predictions: a row a cell, quoted where needed, with the truth as the file has it", async () => {
  assert.equal(
    (await report()).predictions(),
    [
      "cell_id,true_label,predicted_label,probability,margin,split,assigned_label,prediction_set",
      'a,B cell,B cell,0.5,0.25,test,unassigned,"B cell | NK, bright"',
      'a,"NK, bright",B cell,0.75,0.5,test,B cell,"B cell | NK, bright"',
      '"b ""x""","new, type","NK, bright",1,1,none,"NK, bright","NK, bright"',
      "c,,T cell,0.25,0.125,none,unassigned,none",
      "",
    ].join("\n"),
  );
});

test("figures are scikit-learn's of [0, 1] against [0, 0]", async () => {
  const { accuracy, weighted_f1, macro_f1, kappa, n_cells } = (await report()).results();
  assert.deepEqual([n_cells, accuracy, kappa], [2, 0.5, 0]);
  assert.ok(Math.abs(weighted_f1 - 1 / 3) < 1e-12);
  // Over the two classes that are there.
  assert.ok(Math.abs(macro_f1 - 1 / 3) < 1e-12, `${macro_f1}`);
});

test("the second opinion stands below the figures, and in the results", async () => {
  const plain = await report();
  const figures = { weightedF1: 0.5, accuracy: 0.25, macroF1: 0.125 };
  const methods = [{ method: "logistic regression", ...figures }];
  const counts = { cells: 2, learnt: 2000, ofLearnt: 5000 };
  const both = new Report({ ...plain.parts, secondOpinion: { methods, ...counts } });
  const shown = await (both as unknown as Record<symbol, () => Promise<MimeBundle>>)[
    Symbol.for("Jupyter.mime")
  ]();
  const { "text/plain": text, "text/html": html } = shown;
  assert.match(
    String(text),
    /learnt from 2000 of 5000 training cells, on 2 cells[\s\S]*logistic regression +0\.500 +0\.250 +0\.125/,
  );
  assert.match(String(html), /<td[^>]*>logistic regression<\/td>/);
  assert.deepEqual(both.results().second_opinion!.methods, [
    { method: "logistic regression", weighted_f1: 0.5, accuracy: 0.25, macro_f1: 0.125 },
  ]);
  assert.ok(!("second_opinion" in plain.results()));
});

test("figures in a hierarchy, by hand: B cell and NK are lymphocytes, both labelled B cell, one of them surely", async () => {
  const plain = await report();
  const { classes } = plain.parts.run;
  const hierarchy = hierarchyOf(
    classes,
    new Map([
      ["B cell", ["lymphocyte"]],
      ["NK, bright", ["lymphocyte"]],
    ]),
  );
  const inTree = new Report({ ...plain.parts, hierarchy });
  assert.deepEqual(inTree.results().hierarchy, {
    threshold: 0.75,
    // Two nodes each: all but the NK cell's own are right.
    labels: { precision: 3 / 4, recall: 3 / 4, f1: 3 / 4 },
    // Of 0.5 and 0.25 the lymphocyte; of 0.75 the B cell, which is wrong.
    answers: { precision: 2 / 3, recall: 2 / 4, f1: 4 / 7, share: 1, right: 1 / 2 },
  });
  assert.match(
    inTree.predictions(),
    /^cell_id,.*,hierarchy_label,hierarchy_probability\na,.*,lymphocyte,0\.75\n/,
  );
});

test("fewer than three cells have no embedding", async () => {
  const { embedding } = await report();
  assert.throws(
    () => embedding[Symbol.for("Jupyter.mime")](),
    /there are fewer than 3 cells, too few for an embedding/,
  );
});
