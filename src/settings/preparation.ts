import { seed } from "./common.js";
import { choice, type Options, type Resolved, real, text, toggle, whole } from "./setting.js";

/** Options of the preparation of cells, under the published protocol's names in camel case. */
export const PREPARATION = {
  cellType: text({
    value: "COLUMN",
    help: "obs column of cell types",
    yaml: { section: "preprocess", key: "dataset_cell_type_col" },
  }),
  batch: text({
    value: "COLUMN",
    help: "obs column of batches: variable genes are chosen per batch",
    yaml: { section: "preprocess", key: "dataset_batch_id_col" },
  }),
  nHvg: whole({
    flag: "hvg",
    least: 0,
    default: 5000,
    help: "highly variable genes to keep, 0 for all",
    unit: "genes",
    yaml: { section: "preprocess", key: "n_hvg" },
  }),
  hvgFlavor: choice(["seurat_v3", "cell_ranger", "seurat"], {
    flag: "flavor",
    default: "seurat_v3",
    help: "how they are found: seurat_v3 (on counts; cell_ranger where there are none), cell_ranger or seurat",
    yaml: { section: "preprocess", key: "hvg_flavor" },
  }),
  doNorm: toggle({
    default: true,
    help: "false: the values are taken as they are, neither normalised nor logged",
    yaml: { section: "preprocess", key: "do_norm" },
  }),
  normalizeTotal: real({
    default: 1e4,
    help: "counts a cell after normalisation",
    unit: "counts",
    yaml: { section: "preprocess", key: "normalize_total" },
  }),
  minGenes: whole({
    least: 0,
    help: "least genes of a cell that is kept, of all that the file has; default: none",
    unit: "genes",
    yaml: { section: "preprocess", key: "min_genes" },
  }),
  maxGenes: whole({
    help: "most genes of a cell that is kept, of all that the file has; default: none",
    unit: "genes",
    yaml: { section: "preprocess", key: "max_genes" },
  }),
  maxCounts: real({
    help: "most counts of a cell that is kept, in all genes of the file; default: none",
    unit: "counts",
    yaml: { section: "preprocess", key: "max_counts" },
  }),
  maxPctMt: real({
    least: 0,
    most: 100,
    help: "most of a cell's counts, in percent, that may be in mitochondrial genes (MT-…); default: none",
    unit: "%",
    yaml: { section: "preprocess", key: "max_pct_mt" },
  }),
  minCells: whole({
    least: 0,
    help: "least cells, of those within these limits, that a gene which is kept is expressed in; default: none",
    unit: "cells",
    yaml: { section: "preprocess", key: "min_cells" },
  }),
  filterGeneByCounts: real({
    least: 0,
    default: 0,
    help: "least counts of a gene that is kept",
    unit: "counts",
    yaml: { section: "preprocess", key: "filter_gene_by_counts" },
  }),
  filterCellByCounts: real({
    least: 0,
    default: 0,
    help: "least counts of a cell that is kept, in the genes that are kept",
    unit: "counts",
    yaml: { section: "preprocess", key: "filter_cell_by_counts" },
  }),
  nBins: whole({
    flag: "bins",
    least: 3,
    most: 256,
    help: "bins of the values, 0 for unexpressed included; default: the model's, else 51",
    unit: "bins",
    yaml: { section: "task_configs", key: "n_input_bins" },
  }),
  includeZeroGene: toggle({
    help: "unexpressed genes become tokens of bin 0",
    yaml: { section: "task_configs", key: "include_zero_gene" },
  }),
  matrix: text({
    value: "NAME",
    help: "X, raw or a layer; default: the one that holds counts, else logged values",
  }),
  values: choice(["counts", "logged"], {
    value: "WHAT",
    help: "what the matrix holds: counts (to be normalised and logged) or logged (neither); default: by its look",
  }),
  geneColumn: text({ value: "COLUMN", help: "var column of gene names; default: the best match" }),
  genesOf: text({
    value: "FILE",
    help: "only the genes that this file has as well: for a model that is to label it, say a targeted panel",
    yaml: { section: "preprocess", key: "genes_of" },
  }),
  duplicates: choice(["unique", "sum"], {
    value: "HOW",
    default: "unique",
    help: "genes named twice: unique (one keeps the name, the others match nothing) or sum (added up)",
  }),
  renamed: toggle({
    help: "symbols that the model lacks are looked for by the names that their genes had in other releases",
    yaml: { section: "preprocess", key: "renamed" },
  }),
  species: choice(["human", "mouse"], {
    help: "species of the cells, where it isn't the model's: symbols of mouse are matched upper-cased",
    yaml: { section: "preprocess", key: "species" },
  }),
  seed: { ...seed, yaml: { section: "preprocess", key: "seed" } },
} as const;

/** What a user may give to `preprocess`. @interface */
export type PreparationOptions = Options<typeof PREPARATION>;
/** The options of a preparation after checks, with defaults. @interface */
export type PreparationSettings = Resolved<typeof PREPARATION>;
