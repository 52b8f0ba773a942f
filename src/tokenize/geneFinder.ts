import { GeneTable, type Species } from "./geneTable.js";
import { readGeneText } from "./geneText.js";
import type { Vocabulary } from "./vocabulary.js";
import { VocabularyNames } from "./vocabularyNames.js";

/** How a gene was found: by its name as it is, or by another one. */
export type FoundBy =
  | "name"
  /** The name, written in another way: with a prefix or an id, as R or Seurat changes it. */
  | "spelling"
  /** A mouse symbol, upper-cased. */
  | "species"
  | "id"
  /** A date that Excel made of the name. */
  | "date"
  /** The name that the gene has in another release. */
  | "release";

/** A gene of a vocabulary. */
export interface Found {
  /** Its name there. */
  gene: string;
  by: FoundBy;
}

/** Finds genes of a vocabulary by what files call them. What was found is kept, so that repeated texts cost nothing. */
export class GeneFinder {
  private readonly names: VocabularyNames;
  private readonly kept = new Map<string, Found | undefined>();

  /**
   * @param species of the cells, where it is said: symbols of mice are upper-cased where the vocabulary lacks them
   * @param renamed symbols are looked for by the names in other releases, too
   */
  constructor(
    vocabulary: Vocabulary,
    readonly species?: Species,
    private readonly renamed = false,
  ) {
    this.names = VocabularyNames.of(vocabulary);
  }

  /** By the symbol that is written, in whatever spelling. */
  named(text: string): Found | undefined {
    if (this.names.has(text)) return { gene: text, by: "name" };
    return this.once(`n${text}`, () => {
      const { symbols } = readGeneText(text);
      return this.symbol(symbols, "spelling");
    });
  }

  /** By the Ensembl id that is written: one that the vocabulary holds, or one of which it has a symbol. */
  byId(text: string): Found | undefined {
    return this.once(`i${text}`, () => {
      const { id } = readGeneText(text);
      return id === undefined ? undefined : this.ofId(id);
    });
  }

  /**
   * By the symbol that the gene has in another release, where all genes that ever had the one that is written lead to
   * one gene of the vocabulary. Where that was not asked for, only in a vocabulary of ids.
   */
  byRelease(text: string): Found | undefined {
    if (!this.renamed && !this.names.areIds) return undefined;
    return this.once(`r${text}`, () => {
      const table = GeneTable.of(this.species ?? this.names.species);
      for (const symbol of readGeneText(text).symbols) {
        const genes = new Set(table.ids(symbol).map((id) => this.ofId(id)?.gene));
        const [gene] = genes;
        if (genes.size === 1 && gene !== undefined) return { gene, by: "release" };
      }
      return undefined;
    });
  }

  /** The first of some symbols, all of one gene, that the vocabulary has. */
  symbol(symbols: readonly string[], by: FoundBy): Found | undefined {
    for (const symbol of symbols) {
      const gene = this.names.has(symbol) ? symbol : this.names.spelled(symbol);
      if (gene !== undefined) return { gene, by };
    }
    if (this.species !== "mouse") return undefined;
    for (const symbol of symbols) {
      const gene = this.names.upper(symbol);
      if (gene !== undefined) return { gene, by: "species" };
    }
    return undefined;
  }

  private ofId(id: string): Found | undefined {
    const holding = this.names.holding(id);
    if (holding !== undefined) return { gene: holding, by: "id" };
    const table = GeneTable.ofId(id);
    if (!table) return undefined;
    const symbols = table.symbols(id);
    const known = symbols.filter((symbol) => this.names.has(symbol));
    // Symbols pass from gene to gene: one that no other gene has had is surer.
    const own = known.length > 1 ? known.find((symbol) => table.ids(symbol).length === 1) : undefined;
    if (own !== undefined || known.length > 0) return { gene: own ?? known[0], by: "id" };
    return this.symbol(symbols, "id");
  }

  private once(key: string, find: () => Found | undefined): Found | undefined {
    if (!this.kept.has(key)) this.kept.set(key, find());
    return this.kept.get(key);
  }
}
