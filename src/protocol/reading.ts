import type { AnnData } from "../anndata/anndata.js";
import { type ChosenMatrix, chooseMatrix, type MatrixName } from "../anndata/chooseMatrix.js";
import { kindName } from "../anndata/contents.js";
import { type LimitsBy, limitsBy } from "../preprocess/cellLimits.js";
import type { NewCellsOptions, PredictionOptions } from "../settings/prediction.js";
import { CellkernelError } from "../support/error.js";
import type { Species } from "../tokenize/geneTable.js";
import type { Recipe } from "../tokenize/recipe.js";
import { LEFT_OUT, TOTAL_ONLY } from "../tokenize/tokenizer.js";
import { checkOverlap } from "./fewGenes.js";
import { genePlaces } from "./genePlaces.js";
import { findGenes, type Genes, otherwiseNotes } from "./genes.js";
import { labelOf, matrixName } from "./matrixName.js";
import type { Run } from "./run.js";
import { refuseTurned } from "./turned.js";

/** How new cells are to be read. */
export type ReplayOptions = NewCellsOptions & Pick<PredictionOptions, "fewGenes">;

/**
 * How the cells of a file are read as those of a run: all that is decided by looking at the whole of it. Whoever reads
 * some of the cells by it, reads them as they are read among all.
 */
export interface Reading {
  /** Which matrix. */
  name: MatrixName;
  /** Why that one. */
  why: string;
  /** Base of logarithms that are turned to natural ones. */
  base?: number;
  /** Int32: the matrix's columns that are genes; absent where all are. */
  columns?: Int32Array;
  /** Int32 [genes of the matrix]: where columns of a gene are added up, the column of the sum. */
  merged?: Int32Array;
  /** [columns] the run's name of each gene, after that. */
  names: string[];
  /** [columns] what the file calls each; absent where that was not kept. */
  texts?: string[];
  /** Int32 [columns]: which of `genes` each is, `TOTAL_ONLY` or `LEFT_OUT`. */
  target: Int32Array;
  /** The run's genes that the file has, in the run's order: the columns of the tokens. */
  genes: string[];
  /** Whether the values are taken as they are. */
  logged: boolean;
  /** Species of the cells, where it was said here or in the training. */
  species?: Species;
  /** How the cells are held against the limits of the training. */
  limits: LimitsBy;
  /** What the user must see. */
  notes: string[];
}

/**
 * Decides how a file is read. Nothing is read but a sample of the matrix, the genes and `obs`.
 * @throws where the file can't be read as the run's, or has too few of its genes
 */
export function decideReading(run: Run, cells: AnnData, options: ReplayOptions): Reading {
  const { recipe, preparation } = run.parts;
  if (cells.nObs === 0 || cells.nVars === 0)
    throw new CellkernelError(
      "nothing",
      `${cells.path} is empty: ${cells.nObs} cells × ${cells.nVars} genes.`,
      { path: cells.path },
    );
  const notes: string[] = [];
  const source = chooseLike(cells, recipe, options.matrix, notes);
  const { kind, base } = source.contents;
  const looksLogged = kind === recipe.looked ? recipe.logged : kind === "logged";
  const { doNorm } = preparation;
  const logged = !doNorm || (options.values === undefined ? looksLogged : options.values === "logged");
  notes.push(source.reason);
  if (!doNorm) notes.push("The values were taken as they are, as those of the training.");
  else if (logged) notes.push("Normalisation and log1p were skipped: the values look logged already.");
  const species = options.species ?? preparation.species;
  const found = genesLike(run, cells, source, options.geneColumn, species);
  const { names, ids, texts } = found;
  const there = new Set(names.filter((_, gene) => ids[gene] >= 0));
  const genes = recipe.genes.filter((gene) => there.has(gene));
  const overlap = {
    file: cells.path,
    run: run.name,
    runGenes: recipe.genes,
    fileGenes: texts,
    runNames: found.genes,
    found: new Set(genes),
  };
  refuseTurned(source, ids, run.vocabulary, `${labelOf(source)} of ${cells.path}`);
  // A warning stands before everything else.
  const said = checkOverlap(overlap, options.fewGenes === true);
  notes.unshift(...said.filter((note) => note.startsWith("WARNING")));
  notes.push(...said.filter((note) => !note.startsWith("WARNING")), ...notesOfGenes(found, recipe));
  const limits = limitsBy(cells, kind === "counts" || kind === "binary", preparation);
  if (limits.unknown.length > 0)
    notes.push(
      `The cells are not held against ${limits.unknown.join(", ")}, as those of the training were: the file does not say what ${limits.unknown.length === 1 ? "it limits" : "they limit"}.`,
    );
  const tokenOf = new Map(genes.map((gene, i) => [gene, i]));
  return {
    ...{ name: source.name, why: source.reason, base, columns: source.columns, merged: found.target },
    ...{ names, texts, genes, logged, species, limits, notes },
    target: Int32Array.from(names, (gene, column) =>
      ids[column] < 0 ? LEFT_OUT : (tokenOf.get(gene) ?? TOTAL_ONLY),
    ),
  };
}

function notesOfGenes(found: Genes, recipe: Recipe): string[] {
  const { column, repeated, summed } = found;
  const notes: string[] = [];
  if (column !== recipe.column)
    notes.push(`Gene names were taken from ${column} (the run's from ${recipe.column}).`);
  notes.push(...otherwiseNotes(found));
  if (repeated > 0)
    notes.push(
      `${repeated} columns name a gene again and were ${summed ? "added to its first column" : "left out"}, as in the training.`,
    );
  return notes;
}

/** The matrix that was asked for, or that of the run's cells where the file has one that holds the like, or the best. */
function chooseLike(
  cells: AnnData,
  recipe: Recipe,
  wanted: string | undefined,
  notes: string[],
): ChosenMatrix {
  if (wanted !== undefined) return chooseMatrix(cells, matrixName(wanted), "counts");
  const { matrix } = recipe;
  const there = matrix === "X" ? cells.X : matrix === "raw" ? cells.raw : cells.layers.get(matrix);
  if (there) {
    const same = chooseMatrix(cells, matrixName(matrix), "counts");
    const { kind } = same.contents;
    if (kind === recipe.looked)
      return { ...same, reason: `Took ${matrix}, as in the training; it holds ${kindName(kind)}.` };
  }
  const other = chooseMatrix(cells, undefined, "counts");
  notes.push(`The run's cells were read from ${matrix}, which held ${recipe.looked}; here it does not.`);
  return other;
}

/**
 * The run's genes in a file: found as those of the run were, in the whole vocabulary, so that no column comes to a gene
 * that it would not have come to there. They are looked for where the run's names and ids were, where the file has that
 * place and as good as all of them there: at another place may be as many by chance, but hardly more.
 */
function genesLike(
  run: Run,
  cells: AnnData,
  source: ChosenMatrix,
  geneColumn: string | undefined,
  species: Species | undefined,
): Genes {
  const { recipe, preparation } = run.parts;
  const places = genePlaces(cells, source, geneColumn);
  const { duplicates, renamed } = preparation;
  const find = (column?: string) =>
    findGenes(source, places, run.vocabulary, {
      ...{ geneColumn, duplicates, renamed, species, column },
      // A column that was asked for had the say alone.
      idColumn: preparation.geneColumn === undefined ? recipe.idColumn : null,
    });
  const best = find();
  const like = best.column === recipe.column ? best : find(recipe.column);
  const counted = new Set(recipe.totalGenes);
  const known = ({ genes }: Genes) => genes.filter((gene) => gene !== undefined && counted.has(gene)).length;
  const found = like.column === recipe.column && known(like) >= 0.9 * known(best) ? like : best;
  return { ...found, ids: found.ids.map((id, gene) => (counted.has(found.names[gene]) ? id : -1)) };
}
