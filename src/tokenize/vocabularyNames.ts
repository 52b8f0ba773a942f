import type { Species } from "./geneTable.js";
import { isId, readGeneText } from "./geneText.js";
import { SPECIAL_TOKENS, type Vocabulary } from "./vocabulary.js";

/** What symbols and ids of mice look like. */
export const MOUSE = /^(?:[A-Z][a-z]|ENSMUSG)/;

/** The names of a vocabulary by the ways in which files spell them. */
export class VocabularyNames {
  private static readonly known = new WeakMap<Vocabulary, VocabularyNames>();

  static of(vocabulary: Vocabulary): VocabularyNames {
    const names = VocabularyNames.known.get(vocabulary) ?? new VocabularyNames(vocabulary);
    VocabularyNames.known.set(vocabulary, names);
    return names;
  }

  private readonly special: ReadonlySet<string> = new Set(SPECIAL_TOKENS);
  private readonly genes: readonly string[];
  private readonly made = new Map<string, ReadonlyMap<string, string | undefined>>();
  private byId: Map<string, string> | undefined;
  private ids: boolean | undefined;
  private kind: Species | undefined;

  private constructor(private readonly vocabulary: Vocabulary) {
    this.genes = vocabulary.genes();
  }

  /** Whether most of them are Ensembl ids. */
  get areIds(): boolean {
    this.ids ??= this.most((name) => name.startsWith("ENS") && isId(name));
    return this.ids;
  }

  /** Whose genes they are, by how most of them are written ("Cd3d", "ENSMUSG…"; "CD3D"). */
  get species(): Species {
    this.kind ??= this.most((name) => MOUSE.test(name)) ? "mouse" : "human";
    return this.kind;
  }

  /** Whether this is the name of a gene. */
  has(name: string): boolean {
    return this.vocabulary.has(name) && !this.special.has(name);
  }

  /**
   * The name that a file may spell so, which is no name itself: with Seurat's "-" for "_", or as R's `make.names` leaves
   * column names ("HLA.A" for "HLA-A", "X7SK" for "7SK").
   */
  spelled(symbol: string): string | undefined {
    return this.by("-", withDashes).get(symbol) ?? this.by("R", makeName).get(symbol);
  }

  /** The name that is this one when case is ignored. */
  upper(symbol: string): string | undefined {
    return this.by("upper", (name) => name.toUpperCase(), true).get(symbol.toUpperCase());
  }

  /** The name that is or holds an Ensembl id: "ENSG00000199196.1", "5S_rRNA_ENSG00000276861". */
  holding(id: string): string | undefined {
    if (!this.byId) {
      this.byId = new Map();
      for (const name of this.genes) {
        const own = name.includes("ENS") ? readGeneText(name).id : undefined;
        if (own !== undefined && !this.byId.has(own)) this.byId.set(own, name);
      }
    }
    return this.byId.get(id);
  }

  private most(test: (name: string) => boolean): boolean {
    return this.genes.filter(test).length > this.genes.length / 2;
  }

  /**
   * Names by another spelling, made when it is first asked for; those that two share lead to neither. A name that is spelled
   * as it is leads to itself before anything is looked for here, so that it is left out unless `all` are wanted.
   */
  private by(
    spelling: string,
    spell: (name: string) => string,
    all = false,
  ): ReadonlyMap<string, string | undefined> {
    const made = this.made.get(spelling);
    if (made) return made;
    const names = new Map<string, string | undefined>();
    for (const name of this.genes) {
      const spelled = spell(name);
      if (all || spelled !== name) names.set(spelled, names.has(spelled) ? undefined : name);
    }
    this.made.set(spelling, names);
    return names;
  }
}

function withDashes(name: string): string {
  return name.includes("_") ? name.replaceAll("_", "-") : name;
}

/** What R leaves as it is. */
const VALID = /^(?:[A-Za-z]|\.(?!\d))[A-Za-z0-9._]*$/;

/** R's `make.names`, of names of genes. */
function makeName(name: string): string {
  if (VALID.test(name)) return name;
  const valid = name.replace(/[^A-Za-z0-9._]/g, ".");
  return /^[A-Za-z]|^\.(?!\d)/.test(valid) ? valid : `X${valid}`;
}
