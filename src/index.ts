export { AnnData, type Raw } from "./anndata/anndata.js";
export { type ChosenMatrix, chooseMatrix, type MatrixName } from "./anndata/chooseMatrix.js";
export { type ConcatenateOptions, concatenate } from "./anndata/edit/concatenate.js";
export { downsample } from "./anndata/edit/downsample.js";
export { setObs } from "./anndata/edit/setObs.js";
export { type Selection, subset } from "./anndata/edit/subset.js";
export { type Read10xOptions, read10xH5 } from "./anndata/formats/read10xH5.js";
export { readCells } from "./anndata/formats/readCells.js";
export { type ReadCsvOptions, readCsv } from "./anndata/formats/readCsv.js";
export { readMtx } from "./anndata/formats/readMtx.js";
export type { JoinOptions } from "./anndata/join.js";
export type { CsrBlock, RowMatrix } from "./anndata/matrix.js";
export { readH5ad } from "./anndata/readH5ad.js";
export { H5adWriter, writeH5ad } from "./anndata/write/h5ad.js";
export { type Results, type ResultsOptions, writeResults } from "./anndata/write/results.js";
export {
  type BaselinePrediction,
  type LabelledCells,
  logisticRegression,
  nearestNeighbours,
} from "./evaluate/baselines.js";
export {
  type ClassificationReport,
  classificationReport,
  logLoss,
  topKAccuracy,
} from "./evaluate/metrics.js";
export { type Projection, type ProjectionOptions, projectUmap } from "./evaluate/projection.js";
export { trustworthiness } from "./evaluate/trustworthiness.js";
export { host } from "./host/host.js";
export { filterCells } from "./preprocess/filterCells.js";
export { filterGenes } from "./preprocess/filterGenes.js";
export { highlyVariableGenes } from "./preprocess/highlyVariableGenes.js";
export { loess } from "./preprocess/loess.js";
export { log1p } from "./preprocess/log1p.js";
export { normalizeTotal } from "./preprocess/normalizeTotal.js";
export { calculateQcMetrics } from "./preprocess/qc.js";
export { type AnnotateOptions, Annotation, annotate } from "./protocol/annotate.js";
export { type EvaluateOptions, evaluate } from "./protocol/evaluate.js";
export { type FinetuneOptions, finetune } from "./protocol/finetune.js";
export { interruptedRun } from "./protocol/interruptedRun.js";
export { Model, openModel } from "./protocol/model.js";
export { plotQuality, plotVariableGenes } from "./protocol/preparedViews.js";
export { preprocess } from "./protocol/preprocess.js";
export type { PreprocessOptions, PreprocessProgress } from "./protocol/preprocessOptions.js";
export type { Report } from "./protocol/report.js";
export { loadRun, type Run } from "./protocol/run.js";
export { type SimulateOptions, simulate } from "./protocol/simulate.js";
export { type CrossValidationOptions, crossValidationSplits } from "./protocol/splitCells.js";
export { readTrainArgs, type TrainArgs } from "./protocol/trainArgs.js";
export type { Prepared } from "./store/prepared.js";
export { loadPrepared, savePrepared } from "./store/preparedFolder.js";
export { binValues } from "./tokenize/bin.js";
export { Vocabulary } from "./tokenize/vocabulary.js";
export type { CellSplit } from "./train/split.js";
export { confusionView } from "./views/confusion.js";
export { embeddingView } from "./views/embedding.js";
export { histogramView } from "./views/histogram.js";
export { hvgView } from "./views/hvg.js";
export { writePng } from "./views/picture.js";
export { reportView } from "./views/report.js";
export { tableView } from "./views/table.js";
export { vegaBundle } from "./views/vega.js";
