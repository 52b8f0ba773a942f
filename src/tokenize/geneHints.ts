import { CellkernelError } from "../support/error.js";
import type { Species } from "./geneTable.js";
import { isId, readGeneText } from "./geneText.js";
import { countMatches, type GeneNames, type MatchedGenes } from "./matchGenes.js";
import { SPECIAL_TOKENS, type Vocabulary } from "./vocabulary.js";
import { MOUSE } from "./vocabularyNames.js";

/** Share of the genes below which a file is looked at for another species. */
const FEW = 0.2;
/** How many times as many genes must be found with the names of mice upper-cased. */
const TIMES = 4;

const REMEDY = 'If they are of mice, species: "mouse" (--species mouse) matches them by upper-cased symbol.';

/**
 * @param places where the names were looked for
 * @param matrix names the matrix in the error
 * @throws when no gene was found, or so few that the cells must be of another species, with examples and a guess at the
 *   reason
 */
export function checkMatched(
  matched: MatchedGenes,
  places: GeneNames[],
  vocabulary: Vocabulary,
  species: Species | undefined,
  matrix: string,
): void {
  const { column, texts } = matched;
  const found = matched.genes.filter((gene) => gene !== undefined).length;
  const lead = places.find((place) => place.column === column)!;
  const of = Math.min(texts.length, vocabulary.ids.size - SPECIAL_TOKENS.length);
  const upper = () => countMatches(lead, vocabulary, "mouse");
  if (found > 0 && (species !== undefined || found >= FEW * of || upper() <= TIMES * found)) return;
  const has = found === 0 ? `None of the ${texts.length}` : `Only ${found} of the ${texts.length}`;
  const known = vocabulary.genes();
  const missing = texts.filter((_, i) => matched.genes[i] === undefined);
  throw new CellkernelError(
    "few-genes",
    `${has} genes of ${matrix} (${column}) ${found > 1 ? "are" : "is"} in ${vocabulary.source}. ` +
      `The file has ${quote(missing)}; the vocabulary has ${quote(known)}. ${likelyReason(texts, known)}` +
      (found === 0 ? "" : ' To go on with these genes alone: species: "human" (--species human).'),
    { column, found, of: texts.length },
  );
}

function quote(list: readonly string[]): string {
  return list
    .slice(0, 5)
    .map((name) => `"${name}"`)
    .join(", ");
}

/** Why names and genes may not agree. */
export function likelyReason(names: readonly string[], genes: readonly string[]): string {
  const most = (list: readonly string[], test: (name: string) => boolean) =>
    list.filter(test).length > list.length / 2;
  const ensembl = (list: readonly string[]) => most(list, isId);
  if (ensembl(names) && !ensembl(genes)) {
    const species = (name: string) => readGeneText(name).id?.replace(/G\d+$/, "");
    if (most(names, (name) => species(name) === "ENSMUS") && !most(genes, (name) => MOUSE.test(name)))
      return `These are Ensembl ids of mouse genes, perhaps of another species than the model. ${REMEDY}`;
    if (!most(names, (name) => ["ENS", "ENSMUS"].includes(species(name)!)))
      return "These are Ensembl ids of another species than human and mouse: add a column of the symbols of their human orthologs to var.";
    return "These look like Ensembl ids: add a column of gene symbols to var, or name it by geneColumn if there is one.";
  }
  if (!ensembl(names) && ensembl(genes))
    return "The vocabulary holds Ensembl ids: add a column of them to var, or name it by geneColumn if there is one.";
  const upper = new Set(genes.map((name) => name.toUpperCase()));
  const others = names.filter((name) => upper.has(name.toUpperCase())).length;
  if (others > 0)
    return `${others} of them are found when case is ignored: perhaps the cells are of another species than the model (mouse genes are written Cd3d, human ones CD3D). ${REMEDY}`;
  if (names.every((name) => /^\d+$/.test(name)))
    return "These are row numbers: the names may stand in another column of var, to be given as geneColumn, or were lost.";
  return "Perhaps the names stand in another column of var (geneColumn), or the model is for another species.";
}
