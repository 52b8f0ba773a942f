import { GeneFinder } from "../../tokenize/geneFinder.js";
import { isId } from "../../tokenize/geneText.js";
import { Vocabulary } from "../../tokenize/vocabulary.js";
import { VocabularyNames } from "../../tokenize/vocabularyNames.js";

/** Finds genes of a file by what people call them: whatever the case, by ids, and by the names of other releases. */
export class GeneLookup {
  /** What the genes are called to people, each once. */
  readonly names: readonly string[];
  /** The first column of each name. */
  private readonly columns = new Map<string, number>();
  private readonly vocabulary: Vocabulary;
  private readonly others: readonly ReadonlyMap<string, number>[];

  /** @param places [columns of the matrix] each: what a place of the file calls them, empty where nothing; the first is the `var` index */
  constructor(places: readonly (readonly string[])[]) {
    const shown = places.find(areSymbols) ?? places[0];
    shown.forEach((name, column) => {
      const own = name || places[0][column];
      if (!this.columns.has(own)) this.columns.set(own, column);
    });
    this.names = [...this.columns.keys()];
    this.vocabulary = new Vocabulary(
      this.names.map((name, id) => [name, id]),
      "the file",
    );
    this.others = places
      .filter((place) => place !== shown)
      .map((place) => {
        const columns = new Map<string, number>();
        place.forEach((name, column) => {
          if (name && !columns.has(name)) columns.set(name, column);
        });
        return columns;
      });
  }

  /** The gene's column, and what it is called here; undefined where there is no such gene. */
  find(text: string): { name: string; column: number } | undefined {
    const named = (name: string | undefined) =>
      name === undefined ? undefined : { name, column: this.columns.get(name)! };
    if (this.columns.has(text)) return named(text);
    const other = this.others.find((columns) => columns.has(text));
    if (other) return { name: text, column: other.get(text)! };
    const finder = new GeneFinder(this.vocabulary, undefined, true);
    const found = finder.named(text) ?? finder.byId(text);
    return named(
      found?.gene ?? VocabularyNames.of(this.vocabulary).upper(text) ?? finder.byRelease(text)?.gene,
    );
  }
}

/** Whether a place holds names for people: few of them ids, and most of them different. */
function areSymbols(names: readonly string[]): boolean {
  const given = names.filter((name) => name !== "");
  const ids = given.filter(isId).length;
  return given.length > names.length / 2 && ids < given.length / 2 && new Set(given).size > given.length / 2;
}
