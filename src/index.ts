export { AnnData, type AnnDataParts, type Raw } from "./anndata/anndata.js";
export { type ChosenMatrix, chooseMatrix, type MatrixName } from "./anndata/chooseMatrix.js";
export type { Categorical, TypedColumn, Value } from "./anndata/columns.js";
export type { Contents, Kind } from "./anndata/contents.js";
export { type ConcatenateOptions, concatenate } from "./anndata/edit/concatenate.js";
export { downsample } from "./anndata/edit/downsample.js";
export { setObs } from "./anndata/edit/setObs.js";
export { type Selection, subset } from "./anndata/edit/subset.js";
export type { DenseArray, Element, LazyMapping, NamedTable, Records, Stored } from "./anndata/element.js";
export { type Read10xOptions, read10xH5 } from "./anndata/formats/read10xH5.js";
export { type ReadCellsOptions, readCells } from "./anndata/formats/readCells.js";
export { type ReadCsvOptions, readCsv } from "./anndata/formats/readCsv.js";
export { type ReadMtxOptions, readMtx } from "./anndata/formats/readMtx.js";
export { readSamples, type SamplesOptions } from "./anndata/formats/readSamples.js";
export type { Decoded, TypedArray } from "./anndata/hdf5/decode.js";
export type { JoinOptions } from "./anndata/join.js";
export type { CsrBlock, RowMatrix } from "./anndata/matrix.js";
export { readH5ad } from "./anndata/readH5ad.js";

export { readZarr } from "./anndata/readZarr.js";

export type { Unread } from "./anndata/unread.js";

export type { Writable } from "./anndata/write/element.js";
export { type Annotations, H5adWriter, type Members, writeH5ad } from "./anndata/write/h5ad.js";
export { type Results, type ResultsOptions, writeResults } from "./anndata/write/results.js";
export { writeZarr } from "./anndata/write/zarr.js";
export type { Coverage } from "./checkpoint/coverage.js";
export type { CheckpointFolder } from "./checkpoint/folder.js";
export type { Weight, Weights } from "./checkpoint/weights.js";
export {
  type BaselinePrediction,
  type LabelledCells,
  logisticRegression,
  nearestNeighbours,
} from "./evaluate/baselines.js";
export type { Reliability, ReliabilityBin } from "./evaluate/calibration.js";
export type { SetCoverage } from "./evaluate/conformal.js";
export type { Hierarchy } from "./evaluate/hierarchy.js";
export {
  type ClassificationReport,
  classificationReport,
  logLoss,
  type MeanScores,
  topKAccuracy,
} from "./evaluate/metrics.js";
export { type Projection, type ProjectionOptions, projectUmap } from "./evaluate/projection.js";
export { trustworthiness } from "./evaluate/trustworthiness.js";
export type { GroupMarkers } from "./evaluate/wilcoxon.js";
export type { Displayable } from "./host/displayable.js";
export { type DisplayHandle, type Host, type HostComm, host, type MimeBundle } from "./host/host.js";
export type { ModelArgs } from "./model/args.js";
export { filterCells } from "./preprocess/filterCells.js";
export { filterGenes } from "./preprocess/filterGenes.js";
export { highlyVariableGenes } from "./preprocess/highlyVariableGenes.js";
export type { CellBatches, CellColumn, Labels } from "./preprocess/labels.js";
export { loess } from "./preprocess/loess.js";
export { log1p } from "./preprocess/log1p.js";
export { normalizeTotal } from "./preprocess/normalizeTotal.js";
export { calculateQcMetrics, type QcMetrics } from "./preprocess/qc.js";
export type { CellFigures, CellQuality } from "./preprocess/quality.js";
export type { HighlyVariableGenes, HvgFlavor } from "./preprocess/ranking.js";
export { type AnnotateOptions, Annotation, annotate } from "./protocol/annotate.js";
export type { PredictOptions } from "./protocol/applyRun.js";
export type { ApplyOptions } from "./protocol/applyToFile.js";
export { calibrateEnsemble } from "./protocol/calibrateEnsemble.js";
export type { CellReference, SearchOptions } from "./protocol/cellReference.js";
export { crossValidate } from "./protocol/crossValidate.js";
export { type Embedding, embed } from "./protocol/embed.js";
export type { EmbedderRecipe } from "./protocol/embedder.js";
export { ensemble } from "./protocol/ensemble.js";
export { type EvaluateOptions, evaluate, type Part } from "./protocol/evaluate.js";
export { type ExplainOptions, explain } from "./protocol/explain.js";
export type { ExplainedCell, ExplainedType, Explanation, ExplanationParts } from "./protocol/explanation.js";
export type { CellsInput } from "./protocol/explore/cellsFile.js";
export type { CellsToSelect, Exploration, SelectedCells } from "./protocol/explore/exploration.js";
export { type ColoringOptions, type ExploreOptions, explore } from "./protocol/explore/explore.js";
export { type Exported, exportModel } from "./protocol/exportModel.js";
export { type FinetuneOptions, finetune } from "./protocol/finetune.js";
export { type Forecast, forecast } from "./protocol/forecast.js";
export { buildIndex, CellIndex, type IndexOptions, loadIndex } from "./protocol/indexCells.js";
export { interruptedRun } from "./protocol/interruptedRun.js";
export type { LabelledFile } from "./protocol/labelledFile.js";
export { type MapOptions, Mapping, mapCells } from "./protocol/mapCells.js";
export { Model, type OpenModelOptions, openModel } from "./protocol/model.js";
export type { OpinionLabels } from "./protocol/opinion.js";
export { plotQuality, plotVariableGenes, plotViolins } from "./protocol/preparedViews.js";
export { preprocess } from "./protocol/preprocess.js";
export type { PreprocessSummary } from "./protocol/preprocessFile.js";
export type { PreprocessOptions, PreprocessProgress } from "./protocol/preprocessOptions.js";
export { type PretrainOptions, pretrain, resumePretraining } from "./protocol/pretrain.js";
export type { Pretrained } from "./protocol/pretrained.js";
export { loadPublishedIndex, PublishedIndex } from "./protocol/publishedIndex.js";
export type { PublishedRunOptions } from "./protocol/publishedRun.js";
export type { ReplayOptions } from "./protocol/reading.js";
export type { NewCells } from "./protocol/replay.js";
export type { Report, ReportExploreOptions, ReportParts } from "./protocol/report.js";
export type { Mistakes, MistakesOptions } from "./protocol/reportCells.js";
export { resume } from "./protocol/resume.js";
export type { ResumeOptions } from "./protocol/resumeTraining.js";
export { type MergePreprocessOptions, mergePreprocess } from "./protocol/rounds/mergePreprocess.js";
export type { RoundKind } from "./protocol/rounds/plan.js";
export {
  type PlannedPreprocess,
  type PlanPreprocessOptions,
  planPreprocess,
} from "./protocol/rounds/planPreprocess.js";
export {
  type MergedRound,
  mergePreprocessRound,
  type PreprocessShardOptions,
  preprocessShard,
  type RoundOptions,
} from "./protocol/rounds/preprocessShard.js";
export { loadRun, type Run } from "./protocol/run.js";
export type { MethodFigures, SecondOpinion } from "./protocol/secondOpinion.js";
export {
  type MergedShards,
  type MergeOptions,
  mergeShards,
} from "./protocol/shards/mergeShards.js";
export {
  type PlannedShards,
  type PlanShardsOptions,
  planShards,
} from "./protocol/shards/planShards.js";
export type { ShardOptions, ShardResult } from "./protocol/shards/runShard.js";
export { annotateShard, embedShard, mapShard } from "./protocol/shards/steps.js";
export { type SimulatedFile, type SimulateOptions, simulate } from "./protocol/simulate.js";
export { type CrossValidationOptions, crossValidationSplits } from "./protocol/splitCells.js";
export type { ShardStep } from "./protocol/task.js";
export type { TrackedRun, Tracker } from "./protocol/tracker.js";
export { readTrainArgs, type TrainArgs } from "./protocol/trainArgs.js";
export type { CrossValidateOptions } from "./protocol/trainings.js";
export { type TransferOptions, type TransferReport, transferReport } from "./protocol/transferReport.js";
export type { TrustFigures, UnlikeFigures } from "./protocol/trustFigures.js";
export type { WatchOptions } from "./protocol/visibleTraining.js";
export type { Neighbours } from "./reference/neighbours.js";
export type { AnnotationOptions, HierarchyOptions } from "./settings/annotation.js";
export type { ExplanationOptions } from "./settings/explanation.js";
export type { ExportOptions } from "./settings/export.js";
export type { FreezeOption } from "./settings/freeze.js";
export type { IndexingOptions, MappingOptions } from "./settings/mapping.js";
export type { ModelOptions } from "./settings/model.js";
export type { NewCellsOptions, PredictionOptions } from "./settings/prediction.js";
export type { PreparationOptions, PreparationSettings } from "./settings/preparation.js";
export type { PretrainingOptions } from "./settings/pretraining.js";
export type { RanksOptions } from "./settings/ranks.js";
export type { SeriesOptions } from "./settings/series.js";
export type { Options, Resolved, Setting, Table, YamlPlace } from "./settings/setting.js";
export type { PlannedOptions, ShardingOptions } from "./settings/shards.js";
export type { SimulationOptions } from "./settings/simulation.js";
export type { TrainingOptions, TrainingSettings } from "./settings/training.js";
export type { Embedder, IndexParts } from "./store/indexFolder.js";
export type {
  GeneStatistics,
  ModelFolder,
  Prepared,
  PreparedSettings,
  VocabularyMatch,
} from "./store/prepared.js";
export { loadPrepared, type Origin, savePrepared } from "./store/preparedFolder.js";
export type { PretrainedParts } from "./store/pretrainedFolder.js";
export type { RunReference } from "./store/reference.js";
export type {
  HeldOutFigures,
  Provenance,
  RowSplit,
  RunCells,
  RunParts,
  RunSettings,
  RunTrust,
  Series,
  SeriesPart,
  TrainingCourse,
} from "./store/runParts.js";
export { CellkernelError, type ErrorCode } from "./support/error.js";
export { Random } from "./support/random.js";
export { binValues } from "./tokenize/bin.js";
export type { Recipe } from "./tokenize/recipe.js";
export type { TokenStore } from "./tokenize/tokens.js";
export { Vocabulary } from "./tokenize/vocabulary.js";
export type { CellSplit } from "./train/split.js";
export { confusionView } from "./views/confusion.js";
export type { EpochPoint, LossPoint, TrainingPace, TrainingPayload } from "./views/contract.js";
export { dotPlotView } from "./views/dotPlot.js";
export { embeddingView } from "./views/embedding.js";
export { histogramView } from "./views/histogram.js";
export { hvgView } from "./views/hvg.js";
export type { PageContents } from "./views/page/sharedEmbedding.js";
export { writeHtml } from "./views/page/writeHtml.js";
export { writePng } from "./views/picture.js";
export { reportView } from "./views/report.js";
export { tableView } from "./views/table.js";
export { trainingUpdate, trainingView } from "./views/training.js";
export type {
  AssignedCells,
  CategoryPanel,
  ClassScores,
  ConfusionInput,
  DotPlotInput,
  EmbeddingInput,
  EmbeddingPanel,
  HistogramInput,
  HvgInput,
  NumberPanel,
  ReportInput,
  TableInput,
  TrainingProgress,
  ViolinInput,
} from "./views/types.js";
export { type VegaSpec, vegaBundle } from "./views/vega.js";
export { violinView } from "./views/violin.js";
