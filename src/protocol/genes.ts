import type { AnnData } from "../anndata/anndata.js";
import { type ChosenMatrix, chooseMatrix } from "../anndata/chooseMatrix.js";
import { readCells } from "../anndata/formats/readCells.js";
import type { RowMatrix } from "../anndata/matrix.js";
import { mergeColumns } from "../preprocess/lazy.js";
import type { GeneFindings } from "../preprocess/statistics.js";
import type { PreparationSettings } from "../settings/preparation.js";
import type { GeneStatistics, VocabularyMatch } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";

import type { FoundBy } from "../tokenize/geneFinder.js";
import { checkMatched } from "../tokenize/geneHints.js";
import { type GeneNames, type MatchedGenes, type MatchOptions, matchGenes } from "../tokenize/matchGenes.js";

import { LEFT_OUT, TOTAL_ONLY } from "../tokenize/tokenizer.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import { genePlaces, VAR_INDEX } from "./genePlaces.js";
import type { PreprocessOptions } from "./preprocessOptions.js";
import { refuseTurned } from "./turned.js";

/** Below this share of matched genes the note is a warning. */
const FEW_MATCHED = 0.5;
/** Unmatched genes that are named. */
const NAMED_LOST = 10;

/** The genes of a file as the steps take them. */
export interface Genes extends MatchedGenes {
  matrix: RowMatrix;
  /** The same, for a reading after one in which every value was checked. */
  checked: RowMatrix;
  vocabulary: Vocabulary;
  /** Whether columns of the same name were added up. */
  summed: boolean;
  /** Int32 [columns of the source]: which sum each was added to, where they were. */
  target?: Int32Array;
  /** Whether the place of the names was asked for. */
  asked: boolean;
}

/** How the genes of a file are found. */
export type FindOptions = Pick<PreparationSettings, "geneColumn" | "duplicates" | "species" | "renamed"> &
  // Where a run found them; a place that is asked for stands alone.
  Pick<MatchOptions, "column" | "idColumn">;

/**
 * Finds the genes of the chosen matrix in the vocabulary; adds up columns of the same gene where that is asked for. That
 * none or few are found is no error here.
 */
export function findGenes(
  source: ChosenMatrix,
  places: GeneNames[],
  vocabulary: Vocabulary,
  { geneColumn, ...options }: FindOptions,
): Genes {
  const matched = matchGenes(
    places,
    vocabulary,
    geneColumn === undefined ? options : { ...options, column: geneColumn, idColumn: null },
  );
  const asked = geneColumn !== undefined;
  if (options.duplicates !== "sum" || matched.repeated === 0)
    return { ...matched, matrix: source.matrix, checked: source.stored, vocabulary, summed: false, asked };
  const names = [...new Set(matched.names)];
  const column = new Map(names.map((name, i) => [name, i]));
  const target = Int32Array.from(matched.names, (name) => column.get(name) as number);
  const ids = new Int32Array(names.length);
  target.forEach((merged, i) => {
    ids[merged] = matched.ids[i];
  });
  const matrix = mergeColumns(source.matrix, target, names.length);
  return { ...matched, names, ids, target, matrix, checked: matrix, vocabulary, summed: true, asked };
}

/**
 * The genes of a file that is to be prepared.
 * @param where names the matrix in the error
 * @throws when no gene is found, or so few that the cells must be of another species
 */
export function genesOf(
  cells: AnnData,
  source: ChosenMatrix,
  where: string,
  settings: FindOptions,
  options: Pick<PreprocessOptions, "model" | "vocabulary">,
): Genes {
  const places = genePlaces(cells, source, settings.geneColumn);
  const vocabulary = openVocabulary(options, places[0].names);
  const genes = findGenes(source, places, vocabulary, settings);
  refuseTurned(source, genes.ids, vocabulary, where);
  checkMatched(genes, places, vocabulary, settings.species, where);
  return genes;
}

/** The genes that another file has as well; the others are as good as unknown. */
export async function sharedGenes(
  genes: Genes,
  file: string,
  path: string,
  { species, renamed }: Pick<PreparationSettings, "species" | "renamed">,
  notes: string[],
): Promise<Genes> {
  const other = await readCells(file);
  try {
    const theirs = genesOf(
      other,
      chooseMatrix(other, undefined, "counts"),
      file,
      { geneColumn: undefined, duplicates: "unique", species, renamed },
      genes,
    );
    const there = new Set(theirs.names.filter((_, gene) => theirs.ids[gene] >= 0));
    const ids = genes.ids.map((id, gene) => (id >= 0 && there.has(genes.names[gene]) ? id : -1));
    const [shared, known] = [ids, genes.ids].map((all) => all.filter((id) => id >= 0).length);
    if (shared === 0)
      throw new CellkernelError(
        "option",
        `${file}, which genesOf names, shares no gene of the vocabulary with ${path}`,
        { option: "genesOf", path: file },
      );
    notes.push(
      `Of the ${known} genes in the vocabulary, ${shared} are in ${file} too: only these were taken (genesOf).`,
    );
    return { ...genes, ids };
  } finally {
    other.close();
  }
}

function openVocabulary(
  { model, vocabulary }: Pick<PreprocessOptions, "model" | "vocabulary">,
  names: string[],
): Vocabulary {
  if (typeof vocabulary === "string") return Vocabulary.fromFile(vocabulary);
  return (
    vocabulary ??
    model?.vocabulary ??
    new Vocabulary(
      [...new Set(names)].map((name, id) => [name, id]),
      "the file itself",
    )
  );
}

/** What was found about each gene, for the plots and for the tokens. */
export function describeGenes(
  { names }: Pick<Genes, "names">,
  { qc, keptGenes, variable }: GeneFindings,
): GeneStatistics {
  const places = Int32Array.from(keptGenes.keys()).filter((gene) => keptGenes[gene] === 1);
  const spreadOut = (values: Float64Array) => {
    const all = new Float64Array(names.length).fill(Number.NaN);
    places.forEach((gene, i) => {
      all[gene] = values[i];
    });
    return all;
  };
  const rank = new Int32Array(names.length).fill(-1);
  places.forEach((gene, i) => {
    rank[gene] = variable === undefined ? i : variable.rank[i];
  });
  return {
    names,
    nCellsByCounts: qc.var.nCellsByCounts,
    totalCounts: qc.var.totalCounts,
    kept: keptGenes,
    highlyVariable: Uint8Array.from(rank, (place) => (place >= 0 ? 1 : 0)),
    rank,
    variability: variable && {
      flavor: variable.flavor,
      means: spreadOut(variable.means),
      spread: spreadOut(variable.spread),
      spreadNorm: spreadOut(variable.spreadNorm),
    },
  };
}

/** For each column of the matrix its gene column among the tokens, or what else it counts for. */
export function tokenTargets({ kept, highlyVariable }: GeneStatistics): Int32Array {
  let column = 0;
  return Int32Array.from(kept, (flag, gene) => {
    if (highlyVariable[gene] === 1) return column++;
    return flag === 1 ? TOTAL_ONLY : LEFT_OUT;
  });
}

/** The match report; its notes say what was lost. */
export function reportMatch(genes: Genes, { qc, range }: GeneFindings, notes: string[]): VocabularyMatch {
  const { names, ids, vocabulary, column, joined, asked, repeated } = genes;
  const totals = qc.var.totalCounts;
  const sum = (keep: (gene: number) => boolean) =>
    totals.reduce((all, counts, gene) => all + (keep(gene) ? counts : 0), 0);
  const matched = ids.filter((id) => id >= 0).length;
  const countsShare = sum((gene) => ids[gene] >= 0) / sum(() => true);
  const lost = Int32Array.from(ids.keys()).filter((gene) => ids[gene] < 0 && totals[gene] > 0);
  lost.sort((a, b) => totals[b] - totals[a]);
  const largestLost = Array.from(lost.subarray(0, NAMED_LOST), (gene) => ({
    gene: names[gene],
    counts: totals[gene],
  }));
  const what = range.integers ? "counts" : "summed values";
  const named =
    largestLost.length > 0
      ? ` Largest lost: ${largestLost
          .slice(0, 5)
          .map(({ gene }) => gene)
          .join(", ")}.`
      : "";
  const report = `${matched} of ${names.length} genes are in ${vocabulary.source}; they carry ${(100 * countsShare).toFixed(1)} % of the ${what}.${named}`;
  notes.push(
    matched < FEW_MATCHED * names.length
      ? `WARNING: only ${report} Check that the model is of the cells' species.`
      : report,
  );
  if (column !== VAR_INDEX) {
    const place = joined ? `column "${column}" of ${joined}, joined by the index` : `var column "${column}"`;
    notes.push(
      `Gene names were taken from the ${place}, ${asked ? "as asked" : "which matches the vocabulary best"}.`,
    );
  }
  notes.push(...otherwiseNotes(genes));
  if (repeated > 0)
    notes.push(
      genes.summed
        ? `${repeated} columns named a gene again and were added to its first column.`
        : `${repeated} columns name a gene again and were renamed ("A-1"), so that they match nothing; duplicates: "sum" adds them up.`,
    );
  return { matched, of: names.length, countsShare, largestLost, column };
}

/** How each way of finding a gene is said. */
const SAID: Record<FoundBy, string> = {
  name: "by their name",
  spelling: "by their name in another spelling",
  species: 'by their upper-cased symbol (species: "mouse")',
  id: "by their Ensembl id",
  date: "as dates that Excel had made of their names",
  release: "by the name that they have in another release",
};

/** Says which genes were found otherwise than by their name. */
export function otherwiseNotes({ otherwise }: Genes): string[] {
  return otherwise.map(
    ({ by, genes, text, gene }) =>
      `${genes} genes were found ${SAID[by]}, for instance "${text}" for ${gene}.`,
  );
}
