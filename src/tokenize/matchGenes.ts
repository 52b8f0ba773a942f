import type { Vocabulary } from "./vocabulary.js";

/** A place where a file names its genes: the `var` index, or a column of `var`. */
export interface GeneNames {
  /** "var index" or the column. */
  column: string;
  /** [columns of the matrix] */
  names: string[];
}

/** The genes of a file, by the name that the vocabulary knows. */
export interface MatchedGenes {
  column: string;
  /**
   * [columns of the matrix]: names, as the vocabulary has them where it knows them, made unique ("A", "A-1") unless
   * repeated ones are to be added up.
   */
  names: string[];
  /** Int32 [columns of the matrix]: id in the vocabulary, −1 for none. */
  ids: Int32Array;
  /** Columns whose name an earlier one has. */
  repeated: number;
}

const ENSEMBL = /^ENS[A-Z]*[GT]\d{6,}/;

/**
 * Finds the genes of a file in a vocabulary.
 *
 * @param places where names may stand, the `var` index first; the place that matches best is taken, the first of equals
 * @param duplicates what is done with columns of the same name: "unique" renames the later ones, "sum" keeps the name
 * @param matrix names the matrix in the error
 * @throws when no gene is found, with examples and a guess at the reason
 */
export function matchGenes(
  places: GeneNames[],
  vocabulary: Vocabulary,
  duplicates: "unique" | "sum",
  matrix: string,
): MatchedGenes {
  const matches = places.map((place) => countMatches(place, vocabulary));
  const best = places[matches.indexOf(Math.max(...matches))];
  const known = best.names.map((name) => find(vocabulary, name) ?? name);
  const names = duplicates === "unique" ? uniqueNames(known) : known;
  const ids = Int32Array.from(names, (name) => vocabulary.id(name) ?? -1);
  if (ids.every((id) => id < 0)) throw new Error(noneFound(best, vocabulary, matrix));
  return { column: best.column, names, ids, repeated: known.length - new Set(known).size };
}

/** How many different genes of the vocabulary a place names. */
export function countMatches({ names }: GeneNames, vocabulary: Vocabulary): number {
  return new Set(names.flatMap((name) => find(vocabulary, name) ?? [])).size;
}

/** The vocabulary's name of a gene; Ensembl ids are also looked for without their version ("ENSG00000000003.15"). */
export function find(vocabulary: Vocabulary, name: string): string | undefined {
  if (vocabulary.has(name)) return name;
  const plain = ENSEMBL.test(name) ? name.replace(/\.\d+$/, "") : name;
  return vocabulary.has(plain) ? plain : undefined;
}

/** Renames repeated names as anndata's `var_names_make_unique` does: the second "A" becomes "A-1", and so on. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Map<string, number>();
  return names.map((name) => {
    const before = seen.get(name);
    seen.set(name, before ?? 0);
    if (before === undefined) return name;
    let suffix = before + 1;
    while (taken.has(`${name}-${suffix}`)) suffix++;
    seen.set(name, suffix);
    taken.add(`${name}-${suffix}`);
    return `${name}-${suffix}`;
  });
}

function noneFound({ column, names }: GeneNames, vocabulary: Vocabulary, matrix: string): string {
  const genes = vocabulary.genes();
  const quote = (list: string[]) =>
    list
      .slice(0, 5)
      .map((name) => `"${name}"`)
      .join(", ");
  return (
    `None of the ${names.length} genes of ${matrix} (${column}) is in ${vocabulary.source}. ` +
    `The file has ${quote(names)}; the vocabulary has ${quote(genes)}. ${likelyReason(names, genes)}`
  );
}

/** Why names and genes may not agree. */
export function likelyReason(names: readonly string[], genes: readonly string[]): string {
  const ensembl = (list: readonly string[]) =>
    list.filter((name) => ENSEMBL.test(name)).length > list.length / 2;
  if (ensembl(names) && !ensembl(genes))
    return "These look like Ensembl ids: add a column of gene symbols to var, or name it by geneColumn if there is one.";
  if (!ensembl(names) && ensembl(genes))
    return "The vocabulary holds Ensembl ids: add a column of them to var, or name it by geneColumn if there is one.";
  const upper = new Set(genes.map((name) => name.toUpperCase()));
  const others = names.filter((name) => upper.has(name.toUpperCase())).length;
  if (others > 0)
    return `${others} of them are found when case is ignored: perhaps the cells are of another species than the model (mouse genes are written Cd3d, human ones CD3D).`;
  if (names.every((name) => /^\d+$/.test(name)))
    return "These are row numbers: the names may stand in another column of var, to be given as geneColumn, or were lost.";
  return "Perhaps the names stand in another column of var (geneColumn), or the model is for another species.";
}
