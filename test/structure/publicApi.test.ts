import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";
import * as cellkernel from "../../src/index.js";

/** What users may rely on. A change here is a change for them: it needs a line in the CHANGELOG. */
const VALUES = [
  "AnnData",
  "Annotation",
  "CellkernelError",
  "H5adWriter",
  "Model",
  "Vocabulary",
  "annotate",
  "binValues",
  "calculateQcMetrics",
  "chooseMatrix",
  "classificationReport",
  "concatenate",
  "confusionView",
  "crossValidationSplits",
  "downsample",
  "embeddingView",
  "evaluate",
  "filterCells",
  "filterGenes",
  "finetune",
  "highlyVariableGenes",
  "histogramView",
  "host",
  "hvgView",
  "interruptedRun",
  "loadPrepared",
  "loadRun",
  "loess",
  "log1p",
  "logLoss",
  "logisticRegression",
  "nearestNeighbours",
  "normalizeTotal",
  "openModel",
  "plotQuality",
  "plotVariableGenes",
  "preprocess",
  "projectUmap",
  "read10xH5",
  "readCells",
  "readCsv",
  "readH5ad",
  "readMtx",
  "readTrainArgs",
  "reportView",
  "savePrepared",
  "setObs",
  "simulate",
  "subset",
  "tableView",
  "topKAccuracy",
  "trustworthiness",
  "vegaBundle",
  "writeH5ad",
  "writePng",
  "writeResults",
];

const TYPES = [
  "AnnDataParts",
  "AnnotateOptions",
  "Annotations",
  "BaselinePrediction",
  "Categorical",
  "CellBatches",
  "CellColumn",
  "CellQuality",
  "CellSplit",
  "CheckpointFolder",
  "ChosenMatrix",
  "ClassScores",
  "ClassificationReport",
  "ConcatenateOptions",
  "ConfusionInput",
  "Contents",
  "Coverage",
  "CrossValidationOptions",
  "CsrBlock",
  "Decoded",
  "DenseArray",
  "DisplayHandle",
  "Displayable",
  "Element",
  "EmbeddingInput",
  "EmbeddingPanel",
  "EpochPoint",
  "ErrorCode",
  "EvaluateOptions",
  "FinetuneOptions",
  "GeneStatistics",
  "HighlyVariableGenes",
  "HistogramInput",
  "Host",
  "HostComm",
  "HvgFlavor",
  "HvgInput",
  "JoinOptions",
  "Kind",
  "LabelledCells",
  "Labels",
  "LazyMapping",
  "LossPoint",
  "MatrixName",
  "MeanScores",
  "Members",
  "MimeBundle",
  "ModelArgs",
  "ModelFolder",
  "ModelOptions",
  "NamedTable",
  "NewCells",
  "NewCellsOptions",
  "OpenModelOptions",
  "Options",
  "Origin",
  "Part",
  "PredictOptions",
  "PredictionOptions",
  "PreparationOptions",
  "PreparationSettings",
  "Prepared",
  "PreparedSettings",
  "PreprocessOptions",
  "PreprocessProgress",
  "Projection",
  "ProjectionOptions",
  "QcMetrics",
  "Random",
  "Raw",
  "Read10xOptions",
  "ReadCsvOptions",
  "Recipe",
  "Records",
  "ReplayOptions",
  "Report",
  "ReportInput",
  "ReportParts",
  "Resolved",
  "Results",
  "ResultsOptions",
  "RowMatrix",
  "Run",
  "RunCells",
  "RunParts",
  "RunSettings",
  "Selection",
  "Setting",
  "SimulateOptions",
  "SimulatedFile",
  "SimulationOptions",
  "Table",
  "TableInput",
  "TokenStore",
  "TrainArgs",
  "TrainingCourse",
  "TrainingOptions",
  "TrainingPayload",
  "TrainingProgress",
  "TrainingSettings",
  "TypedArray",
  "TypedColumn",
  "Value",
  "VegaSpec",
  "VocabularyMatch",
  "Weight",
  "Weights",
  "Writable",
  "YamlPlace",
];

/** Names that `src/index.ts` exports as types only. */
function exportedTypes(): string[] {
  const index = ts.createSourceFile(
    "index.ts",
    readFileSync("src/index.ts", "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const names: string[] = [];
  for (const statement of index.statements) {
    assert.ok(
      ts.isExportDeclaration(statement),
      `src/index.ts holds more than exports: ${statement.getText()}`,
    );
    const { exportClause, isTypeOnly } = statement;
    assert.ok(exportClause && ts.isNamedExports(exportClause), "src/index.ts names what it exports");
    for (const element of exportClause.elements)
      if (isTypeOnly || element.isTypeOnly) names.push(element.name.text);
  }
  return names.sort();
}

test("the library exports these values", () => {
  assert.deepEqual(Object.keys(cellkernel).sort(), VALUES);
});

test("the library exports these types", () => {
  assert.deepEqual(exportedTypes(), TYPES);
});

test("notebook cells can load the library by require: nothing in it awaits at top level", () => {
  const required = process.getBuiltinModule("node:module").createRequire(import.meta.url)(
    "../../src/index.js",
  );
  assert.deepEqual(Object.keys(required).sort(), VALUES);
});
