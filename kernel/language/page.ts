import { declaredNames } from "./names.js";
import { needs } from "./needs.js";
import { parseCell } from "./parse.js";

import ts = require("typescript");

/** In which cell the definition of a name stands; `otherwise` where none is known. */
type Meaning = (name: string, otherwise: string) => string;

/** Where the declarations of a cell name another one: the specifier in `import("./__cell3").name`. */
interface Reference {
  specifier: string;
  name: string;
  start: number;
  end: number;
}

interface Statement {
  start: number;
  end: number;
  /** Names that it declares. */
  own: string[];
  references: Reference[];
}

/** The declarations of one cell, whose names may come to mean those of another. */
export class Page {
  /** Names that it declares or takes from other cells. */
  readonly mentions = new Set<string>();
  /** What each of its names needs. */
  readonly needs: Map<string, Set<string>>;
  /** Names that go on meaning an earlier definition here, each with its cell. */
  readonly pinned = new Map<string, string>();
  readonly #statements: Statement[];

  /** @param lasts whether it says more than its names, such as what is global */
  constructor(
    readonly source: string,
    readonly lasts: boolean,
  ) {
    const file = parseCell(source);
    const declared = [...declaredNames(file)];
    this.needs = needs(file);
    this.#statements = file.statements.map((statement) => {
      const references = referencesIn(statement);
      const declares = (node: ts.Node) => node.pos >= statement.pos && node.end <= statement.end;
      const isImport = ts.isImportDeclaration(statement) && references.length > 0;
      const own = isImport
        ? []
        : declared.filter(([, { nodes }]) => nodes.some(declares)).map(([name]) => name);
      for (const name of [...own, ...references.map(({ name }) => name)]) this.mentions.add(name);
      return { start: statement.pos, end: statement.end, own, references };
    });
  }

  /** The text as the module `cell`: what means a definition of another cell comes from there. */
  text(cell: string, meaning: Meaning): string {
    const out: string[] = [];
    const imported = new Set<string>();
    let at = 0;
    for (const { start, end, own, references } of this.#statements) {
      if (own.length > 0 && own.every((name) => meaning(name, cell) !== cell)) {
        out.push(this.source.slice(at, start));
        for (const name of own) {
          if (!imported.has(name)) out.push(`\nimport { ${name} } from "${meaning(name, cell)}";`);
          imported.add(name);
        }
        at = end;
      } else {
        for (const { specifier, name, start, end } of references) {
          out.push(this.source.slice(at, start), `"${meaning(name, specifier)}"`);
          at = end;
        }
      }
    }
    return [...out, this.source.slice(at)].join("");
  }
}

function referencesIn(statement: ts.Statement): Reference[] {
  const found: Reference[] = [];
  const add = (specifier: ts.Node, name: ts.Node | undefined) => {
    if (!name || !ts.isIdentifier(name) || !ts.isStringLiteral(specifier) || !isCell(specifier.text)) return;
    found.push({
      specifier: specifier.text,
      name: name.text,
      start: specifier.getStart(),
      end: specifier.end,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, node.qualifier && leftmost(node.qualifier));
    ts.forEachChild(node, visit);
  };
  if (ts.isImportDeclaration(statement)) {
    const bindings = statement.importClause?.namedBindings;
    const [first] = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
    add(statement.moduleSpecifier, first && (first.propertyName ?? first.name));
  } else visit(statement);
  return found;
}

const leftmost = (name: ts.EntityName): ts.Identifier => (ts.isIdentifier(name) ? name : leftmost(name.left));

/** A cell, as a module specifier. */
const isCell = (specifier: string) => /^\.\/__cell\d*$/.test(specifier);
