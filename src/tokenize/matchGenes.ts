import { undoDates } from "./excelDates.js";
import { type Found, type FoundBy, GeneFinder } from "./geneFinder.js";
import type { Species } from "./geneTable.js";
import { genomeOf, isId, isMissing } from "./geneText.js";
import type { Vocabulary } from "./vocabulary.js";

/** A place where a file names its genes: the `var` index, or a column of `var`. */
export interface GeneNames {
  /** "var index" or the column. */
  column: string;
  /** [columns of the matrix]; empty where there is none. */
  names: string[];
  /** Where the column is that of another table, joined by the index: what that table is called. */
  joined?: string;
}

/** How genes are matched. */
export interface MatchOptions {
  /** Columns of the same gene: "unique" leaves all but one out, "sum" adds them up. */
  duplicates: "unique" | "sum";
  /** Species of the cells, where it isn't that of the vocabulary. */
  species?: Species;
  /** Whether symbols are looked for by the names that their genes have in other releases. */
  renamed?: boolean;
  /** The place of the names; without it the one that matches best, the first of equals. */
  column?: string;
  /** The place of the ids, preferred to others; `null`: beside the place that is named, ids have no say. */
  idColumn?: string | null;
}

/** The genes of a file, by the name that the vocabulary knows. */
export interface MatchedGenes {
  /** The place of the names. */
  column: string;
  /** What table the column was joined from, where it isn't the matrix's own. */
  joined?: string;
  /** The place of the Ensembl ids by which genes were looked for that their name does not lead to. */
  idColumn?: string;
  /** [columns of the matrix] what the file calls them. */
  texts: string[];
  /** [columns of the matrix] the vocabulary's name of each; undefined where it has none. */
  genes: (string | undefined)[];
  /**
   * [columns of the matrix] names, as the vocabulary has them where it knows them, made unique ("A", "A-1") unless
   * repeated ones are to be added up.
   */
  names: string[];
  /** Int32 [columns of the matrix]: id in the vocabulary, −1 for none. */
  ids: Int32Array;
  /** Columns whose gene another one has. */
  repeated: number;
  /** How genes were found that the file calls otherwise than the vocabulary: how many, and one of them. */
  otherwise: { by: FoundBy; genes: number; text: string; gene: string }[];
}

/**
 * Finds the genes of a file in a vocabulary. A gene is looked for by its symbol as it stands, then by the symbol in
 * another spelling, by its Ensembl id, as a date that Excel made of it, and, where that is asked for, by its name in
 * another release.
 *
 * @param places where names may stand, the `var` index first
 */
export function matchGenes(places: GeneNames[], vocabulary: Vocabulary, options: MatchOptions): MatchedGenes {
  const finder = new GeneFinder(vocabulary, options.species, options.renamed);
  const [lead, ids] = choosePlaces(places, finder, options);
  const texts = lead.names.map((name, i) => (isMissing(name) ? places[0].names[i] : name));
  const found = findAll({ ...lead, names: texts }, ids, finder);
  const { known, keeps, repeated } = keepers(texts, found);
  return {
    ...{ column: lead.column, joined: lead.joined, idColumn: ids?.column, texts, repeated },
    genes: found.map((one) => one?.gene),
    names: options.duplicates === "sum" ? known : withoutRepeats(texts, found, keeps),
    ids: Int32Array.from(found, (one, i) =>
      one && (keeps[i] || options.duplicates === "sum") ? vocabulary.id(one.gene)! : -1,
    ),
    otherwise: tally(
      found,
      (i) => (found[i]?.by === "id" && ids && finder.byId(ids.names[i]) ? ids.names : texts)[i],
    ),
  };
}

/** How many different genes of the vocabulary a place names. */
export function countMatches(place: GeneNames, vocabulary: Vocabulary, species?: Species): number {
  return count(findAll(place, undefined, new GeneFinder(vocabulary, species)));
}

function count(found: readonly (Found | undefined)[]): number {
  return new Set(found.flatMap((one) => one?.gene ?? [])).size;
}

/** The place of the names, and that of the ids where it is another one. */
function choosePlaces(
  places: GeneNames[],
  finder: GeneFinder,
  { column, idColumn }: MatchOptions,
): [lead: GeneNames, ids?: GeneNames] {
  const best = (among: GeneNames[], score: (place: GeneNames) => number): GeneNames | undefined => {
    if (among.length < 2) return among[0];
    const scores = among.map(score);
    return among[scores.indexOf(Math.max(...scores))];
  };
  const given = column === undefined ? undefined : places.find((place) => place.column === column);
  if (given && idColumn === null) return [given];
  const areIds = places.map(holdsIds);
  const ids =
    places.find((place, i) => areIds[i] && place.column === idColumn) ??
    best(
      places.filter((_, i) => areIds[i]),
      (place) => count(findAll(place, undefined, finder)),
    );
  const named = ({ names }: GeneNames) => count(names.map((name) => finder.named(name)));
  const lead =
    given ??
    best(
      places.filter((_, i) => !areIds[i]),
      named,
    );
  if (!lead || !ids || lead === ids) return [lead ?? ids ?? places[0]];
  if (given) return [lead, ids];
  // A column that is no list of names may hold some by chance.
  return named(lead) >= count(findAll(ids, undefined, finder)) / 2 ? [lead, ids] : [ids];
}

/** Names that are looked at to tell what a column holds. */
const SAMPLE = 1000;

function holdsIds({ names }: GeneNames): boolean {
  const step = Math.max(1, Math.floor(names.length / SAMPLE));
  const sample = names.filter((name, i) => i % step === 0 && !isMissing(name));
  return sample.filter(isId).length > sample.length / 2;
}

function findAll(lead: GeneNames, ids: GeneNames | undefined, finder: GeneFinder): (Found | undefined)[] {
  const dates = undoDates(lead.names);
  const found = lead.names.map(
    (text, i) =>
      finder.named(text) ??
      (ids && finder.byId(ids.names[i])) ??
      finder.byId(text) ??
      finder.symbol(dates.get(text) ?? [], "date") ??
      finder.byRelease(text),
  );
  return ofOneGenome(lead.names, found, finder.species);
}

/** Where genes of several genomes stand side by side: those of the cells' species, else of the one that matches best. */
function ofOneGenome(
  texts: readonly string[],
  found: (Found | undefined)[],
  species: Species | undefined,
): (Found | undefined)[] {
  const genomes = texts.map(genomeOf);
  if (!genomes.includes("human") || !genomes.includes("mouse")) return found;
  const genes = (genome: Species) => found.filter((one, i) => one && genomes[i] === genome).length;
  const own = species ?? (genes("human") >= genes("mouse") ? "human" : "mouse");
  return found.map((one, i) =>
    one?.by === "name" || genomes[i] === undefined || genomes[i] === own ? one : undefined,
  );
}

/**
 * Of the columns that name a gene, the one that keeps it: the first that names it as the vocabulary does, else the first.
 */
function keepers(texts: readonly string[], found: readonly (Found | undefined)[]) {
  const keeper = new Map<string, number>();
  found.forEach((one, i) => {
    if (one?.by === "name" && !keeper.has(one.gene)) keeper.set(one.gene, i);
  });
  found.forEach((one, i) => {
    if (one && !keeper.has(one.gene)) keeper.set(one.gene, i);
  });
  const known = texts.map((text, i) => found[i]?.gene ?? text);
  const keeps = found.map((one, i) => one === undefined || keeper.get(one.gene) === i);
  return { known, keeps, repeated: known.length - new Set(known).size };
}

/** The columns' names, none twice; what keeps a gene has its name, and nothing else has. */
function withoutRepeats(
  texts: readonly string[],
  found: readonly (Found | undefined)[],
  keeps: readonly boolean[],
): string[] {
  const columns = [...texts.keys()];
  const known = columns.filter((i) => found[i] && keeps[i]);
  const others = columns.filter((i) => !(found[i] && keeps[i]));
  const names = uniqueNames([...known.map((i) => found[i]!.gene), ...others.map((i) => texts[i])]);
  const unique = new Array<string>(texts.length);
  [...known, ...others].forEach((column, i) => {
    unique[column] = names[i];
  });
  return unique;
}

function tally(
  found: readonly (Found | undefined)[],
  text: (i: number) => string,
): MatchedGenes["otherwise"] {
  const counts = new Map<FoundBy, MatchedGenes["otherwise"][number]>();
  found.forEach((one, i) => {
    if (!one || one.by === "name") return;
    const so = counts.get(one.by);
    if (so) so.genes++;
    else counts.set(one.by, { by: one.by, genes: 1, text: text(i), gene: one.gene });
  });
  return [...counts.values()];
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
