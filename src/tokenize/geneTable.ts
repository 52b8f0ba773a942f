import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Species of which the symbols are known. */
export type Species = "human" | "mouse";

const FOLDER = new URL("../../../genes/", import.meta.url);
const PREFIX: Record<Species, string> = { human: "ENSG", mouse: "ENSMUSG" };
const DIGITS = 11;

/** The symbols that the Ensembl genes of a species have had, from `genes/`. A file is read when it is first asked for. */
export class GeneTable {
  private static readonly opened = new Map<Species, GeneTable>();

  static of(species: Species): GeneTable {
    const table = GeneTable.opened.get(species) ?? new GeneTable(species);
    GeneTable.opened.set(species, table);
    return table;
  }

  /** The table of an id's species; undefined for another one, or what is no id of a gene. */
  static ofId(id: string): GeneTable | undefined {
    for (const species of ["human", "mouse"] as const)
      if (id.length === PREFIX[species].length + DIGITS && id.startsWith(PREFIX[species]))
        return GeneTable.of(species);
    return undefined;
  }

  /** The symbols of each gene as they stand in the file, tabs between them. */
  private lines: Map<number, string> | undefined;
  private bySymbol: Map<string, number[]> | undefined;

  private constructor(private readonly species: Species) {}

  /** The symbols of a gene, newest release first. */
  symbols(id: string): readonly string[] {
    return (
      this.read()
        .get(Number(id.slice(PREFIX[this.species].length)))
        ?.split("\t") ?? []
    );
  }

  /** The genes that have had a symbol. */
  ids(symbol: string): string[] {
    if (!this.bySymbol) {
      this.bySymbol = new Map();
      for (const [digits, symbols] of this.read())
        for (const each of symbols.split("\t")) {
          const genes = this.bySymbol.get(each);
          if (genes) genes.push(digits);
          else this.bySymbol.set(each, [digits]);
        }
    }
    return (this.bySymbol.get(symbol) ?? []).map(
      (digits) => PREFIX[this.species] + String(digits).padStart(DIGITS, "0"),
    );
  }

  private read(): Map<number, string> {
    if (this.lines) return this.lines;
    this.lines = new Map();
    const text = gunzipSync(readFileSync(new URL(`${this.species}.tsv.gz`, FOLDER))).toString("utf8");
    let digits = 0;
    for (const line of text.split("\n")) {
      const end = line.indexOf("\t");
      digits += Number(line.slice(0, end));
      this.lines.set(digits, line.slice(end + 1));
    }
    return this.lines;
  }
}
