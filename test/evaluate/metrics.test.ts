import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { areaUnderRoc, classificationReport, logLoss, topKAccuracy } from "../../src/evaluate/metrics.js";

interface Scores {
  precision: number;
  recall: number;
  f1: number;
}

const sklearn: {
  classes: string[];
  y_true: number[];
  y_pred: number[];
  probabilities: number[][];
  accuracy: number;
  kappa: number;
  log_loss: number;
  macro: Scores;
  weighted: Scores;
  per_class: Record<string, Scores & { support: number }>;
  confusion: number[][];
  confusion_row_normalised: number[][];
} = JSON.parse(readFileSync("test/fixtures/metrics/classification.json", "utf8"));

function close(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12, `${what}: ${actual}, scikit-learn has ${expected}`);
}

test("every figure equals scikit-learn's to 1e-12", () => {
  const report = classificationReport(sklearn.y_true, sklearn.y_pred, sklearn.classes);
  assert.equal(report.cells, 500);
  close(report.accuracy, sklearn.accuracy, "accuracy");
  close(report.kappa, sklearn.kappa, "kappa");
  for (const score of ["precision", "recall", "f1"] as const) {
    close(report.macro[score], sklearn.macro[score], `macro ${score}`);
    close(report.weighted[score], sklearn.weighted[score], `weighted ${score}`);
    sklearn.classes.forEach((name, c) => {
      close(report.perClass[c][score], sklearn.per_class[name][score], `${score} of ${name}`);
      assert.equal(report.perClass[c].support, sklearn.per_class[name].support);
    });
  }
  assert.deepEqual(report.confusion, sklearn.confusion);
  report.confusionByRow.flat().forEach((share, i) => {
    close(share, sklearn.confusion_row_normalised.flat()[i], `row share ${i}`);
  });
  assert.deepEqual(
    report.misclassified,
    sklearn.y_true.flatMap((code, i) => (code === sklearn.y_pred[i] ? [] : [i])),
  );
});

test("log loss and top-k accuracy equal scikit-learn's", () => {
  const probabilities = sklearn.probabilities.flat();
  close(logLoss(sklearn.y_true, probabilities, 7, 1e-7), sklearn.log_loss, "log loss, clipped at 1e-7");
  close(logLoss(sklearn.y_true, probabilities, 7), 2.7195225126193545, "log loss");
  // sklearn.metrics.top_k_accuracy_score
  close(topKAccuracy(sklearn.y_true, probabilities, 7, 1), 0.704, "top 1");
  close(topKAccuracy(sklearn.y_true, probabilities, 7, 2), 0.762, "top 2");
  close(topKAccuracy(sklearn.y_true, probabilities, 7, 3), 0.824, "top 3");
});

test("classes missing from truth or prediction score 0; classes missing from both stay out of the mean", () => {
  const report = classificationReport([0, 1, 1], [0, 1, 2], ["a", "b", "only predicted", "nowhere"]);
  // f1_score([0, 1, 1], [0, 1, 2], average="macro", zero_division=0)
  close(report.macro.f1, 0.5555555555555555, "macro F1");
  assert.deepEqual(report.perClass[2], { precision: 0, recall: 0, f1: 0, support: 0 });
  assert.deepEqual(report.confusionByRow[3], [0, 0, 0, 0]);
  // cohen_kappa_score([0, 0], [0, 0])
  assert.equal(classificationReport([0, 0], [0, 0], ["a"]).kappa, Number.NaN);
});

test("wrong input is named", () => {
  assert.throws(() => classificationReport([], [], ["a"]), { code: "nothing", message: /no cells/ });
  assert.throws(() => classificationReport([0], [0, 1], ["a", "b"]), /1 true classes and 2 predicted/);
  assert.throws(
    () => classificationReport([0, -1], [0, 0], ["a", "b"]),
    /Cell 1 has class index -1; expected 0 to 1/,
  );
  assert.throws(() => logLoss([0], [0.5, 0.5, 0], 2), /3 probabilities; expected 1 cells × 2 classes/);
});

test("the area under the ROC curve is scikit-learn's, with equal scores too", () => {
  close(areaUnderRoc([0.35, 0.8], [0.1, 0.4]), 0.75, "its documentation's example");
  // roc_auc_score([0, 0, 1, 1, 1], [1, 2, 2, 2, 3])
  close(areaUnderRoc([2, 2, 3], [1, 2]), 5 / 6, "with equal scores");
  assert.ok(Number.isNaN(areaUnderRoc([], [1])));
});
