import { type ChosenMatrix, chooseMatrix } from "../anndata/chooseMatrix.js";
import { readCells } from "../anndata/formats/readCells.js";
import type { RowMatrix } from "../anndata/matrix.js";
import { mergeColumns } from "../preprocess/lazy.js";
import type { Statistics } from "../preprocess/statistics.js";
import type { PreparationSettings } from "../settings/preparation.js";
import type { GeneStatistics, VocabularyMatch } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { countMatches, type GeneNames, type MatchedGenes, matchGenes } from "../tokenize/matchGenes.js";
import { LEFT_OUT, TOTAL_ONLY } from "../tokenize/tokenizer.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import type { PreprocessOptions } from "./preprocessOptions.js";
import { refuseTurned } from "./turned.js";

/** Below this share of matched genes the note is a warning. */
const FEW_MATCHED = 0.5;
/** Unmatched genes that are named. */
const NAMED_LOST = 10;

/** What the index of `var` is called where a column could stand. */
const VAR_INDEX = "var index";

/** The genes of a file as the steps take them. */
export interface Genes extends MatchedGenes {
  matrix: RowMatrix;
  /** The same, for a reading after one in which every value was checked. */
  checked: RowMatrix;
  vocabulary: Vocabulary;
  /** Whether columns of the same name were added up. */
  summed: boolean;
}

/** Finds the genes of the chosen matrix in the vocabulary; adds up columns of the same gene where that is asked for. */
export function findGenes(
  source: ChosenMatrix,
  where: string,
  { geneColumn, duplicates }: Pick<PreparationSettings, "geneColumn" | "duplicates">,
  options: Pick<PreprocessOptions, "model" | "vocabulary">,
): Genes {
  const places = genePlaces(source, geneColumn);
  const vocabulary = openVocabulary(options, places[0].names);
  const most = Math.max(...places.map((one) => countMatches(one, vocabulary)));
  refuseTurned(source, most, vocabulary, where);
  const matched = matchGenes(places, vocabulary, duplicates, where);
  if (duplicates !== "sum" || matched.repeated === 0)
    return { ...matched, matrix: source.matrix, checked: source.stored, vocabulary, summed: false };
  const names = [...new Set(matched.names)];
  const column = new Map(names.map((name, i) => [name, i]));
  const target = Int32Array.from(matched.names, (name) => column.get(name) as number);
  const ids = new Int32Array(names.length);
  target.forEach((merged, i) => {
    ids[merged] = matched.ids[i];
  });
  const matrix = mergeColumns(source.matrix, target, names.length);
  return { ...matched, names, ids, matrix, checked: matrix, vocabulary, summed: true };
}

/** The genes that another file has as well; the others are as good as unknown. */
export async function sharedGenes(genes: Genes, file: string, path: string, notes: string[]): Promise<Genes> {
  const other = await readCells(file);
  try {
    const { names } = findGenes(
      chooseMatrix(other, undefined, "counts"),
      file,
      { geneColumn: undefined, duplicates: "unique" },
      genes,
    );
    const there = new Set(names);
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

/** The places of a file that may name its genes: all, or the `var` column that is asked for. */
export function genePlaces(source: ChosenMatrix, geneColumn?: string): GeneNames[] {
  if (geneColumn === undefined) return allPlaces(source);
  return [geneColumn === VAR_INDEX ? allPlaces(source)[0] : place(source, geneColumn)];
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

function allPlaces(source: ChosenMatrix): GeneNames[] {
  const columns = source.var
    .columnNames()
    .filter((name) => typeof source.var.column(name)?.at(0) === "string");
  return [{ column: VAR_INDEX, names: source.varNames }, ...columns.map((name) => place(source, name))];
}

function place(source: ChosenMatrix, column: string): GeneNames {
  const values = source.var.column(column);
  if (!values)
    throw new CellkernelError(
      "option",
      `geneColumn is "${column}", but var has no such column. Its columns are: ${source.var.columnNames().join(", ") || "none"}.`,
      { option: "geneColumn", column },
    );
  return { column, names: Array.from({ length: values.length }, (_, i) => String(values.at(i) ?? "")) };
}

/** What was found about each gene, for the plots and for the tokens. */
export function describeGenes({ names }: Genes, { qc, keptGenes, variable }: Statistics): GeneStatistics {
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
export function reportMatch(genes: Genes, { qc, range }: Statistics, notes: string[]): VocabularyMatch {
  const { names, ids, vocabulary, column, repeated } = genes;
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
  if (column !== VAR_INDEX)
    notes.push(`Gene names were taken from the var column "${column}", which matches the vocabulary best.`);
  if (repeated > 0)
    notes.push(
      genes.summed
        ? `${repeated} columns named a gene again and were added to its first column.`
        : `${repeated} columns name a gene again and were renamed ("A-1"), so that they match nothing; duplicates: "sum" adds them up.`,
    );
  return { matched, of: names.length, countsShare, largestLost, column };
}
