import ts = require("typescript");

/** What later cells can do with a name. */
interface Use {
  /** `let` and `var` can be assigned from any cell; an import could not be. */
  assignable: boolean;
  /** `let best = null` waits for a value of any type. */
  evolves: boolean;
}

/** How a name that an earlier cell declared comes into a later one. */
export interface SessionName extends Use {
  /** The earlier cell, as a module specifier. */
  from: string;
}

/** A name that a cell declares at its top level, with the nodes that declare it. */
export interface Declared extends Use {
  nodes: ts.Node[];
  /** Interfaces and type aliases have no value. */
  hasValue: boolean;
  exported: boolean;
}

const CONSTANT = { assignable: false, evolves: false, hasValue: true };

/** The names that a file declares at its top level, before position `end`. */
export function declaredNames(file: ts.SourceFile | ts.ModuleBlock, end = file.end): Map<string, Declared> {
  const names = new Map<string, Declared>();
  const add = (
    name: ts.Identifier,
    node: ts.Node,
    statement: ts.Statement,
    options: Partial<Declared> = {},
  ) => {
    const known = names.get(name.text);
    const exported = hasModifier(statement, ts.SyntaxKind.ExportKeyword);
    if (known) {
      known.nodes.push(node);
      known.hasValue ||= options.hasValue ?? true;
    } else names.set(name.text, { nodes: [node], ...CONSTANT, exported, ...options });
  };
  const addBinding = (
    declaration: ts.VariableDeclaration | ts.BindingElement,
    statement: ts.Statement,
    assignable: boolean,
  ) => {
    if (ts.isIdentifier(declaration.name)) {
      add(declaration.name, declaration, statement, {
        assignable,
        evolves: ts.isVariableDeclaration(declaration) && startsEmpty(declaration),
        hasValue: !hasModifier(statement, ts.SyntaxKind.DeclareKeyword),
      });
      return;
    }
    for (const element of declaration.name.elements) {
      if (ts.isBindingElement(element)) addBinding(element, statement, assignable);
    }
  };
  for (const statement of file.statements) {
    if (statement.getStart() >= end) break;
    for (const declaration of nestedVars(statement)) addBinding(declaration, statement, true);
    if (ts.isVariableStatement(statement)) {
      const flags = statement.declarationList.flags & ts.NodeFlags.BlockScoped;
      // A `using` declaration is disposed of when the cell ends: nothing to keep.
      if (flags & ts.NodeFlags.Using && !(flags === ts.NodeFlags.Let || flags === ts.NodeFlags.Const))
        continue;
      const assignable = flags !== ts.NodeFlags.Const;
      for (const declaration of statement.declarationList.declarations)
        addBinding(declaration, statement, assignable);
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (statement.name) add(statement.name, statement, statement);
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      add(statement.name, statement, statement, { hasValue: false });
    } else if (ts.isEnumDeclaration(statement) || ts.isImportEqualsDeclaration(statement)) {
      add(statement.name, statement, statement);
    } else if (ts.isModuleDeclaration(statement)) {
      if (ts.isIdentifier(statement.name) && statement.name.text !== "global")
        add(statement.name, statement, statement);
    } else if (ts.isImportDeclaration(statement)) {
      for (const node of importedBindings(statement)) add(node.name!, node, statement);
    }
  }
  return names;
}

/** Those of the names that a file declares which are types: their own words stand for them. */
export function declaredTypes(file: ts.SourceFile): string[] {
  const isType = (node: ts.Node) =>
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node);
  return [...declaredNames(file)].filter(([, { nodes }]) => nodes.some(isType)).map(([name]) => name);
}

/** What a file adds to the global scope and to other modules: `global.name`, `arquero.name`. */
export function augmentations(file: ts.SourceFile): string[] {
  return file.statements.filter(ts.isModuleDeclaration).flatMap(({ name, body, flags }) => {
    const isOwn = ts.isIdentifier(name) && !(flags & ts.NodeFlags.GlobalAugmentation);
    if (isOwn || !body || !ts.isModuleBlock(body)) return [];
    return [...declaredNames(body).keys()].map((each) => `${name.text}.${each}`);
  });
}

/** `var` in blocks and loops, which declares a name of the whole file. */
function nestedVars(statement: ts.Statement): ts.VariableDeclaration[] {
  const found: ts.VariableDeclaration[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclaration(node) && isVar(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  if (!ts.isVariableStatement(statement)) visit(statement);
  return found;
}

/** Whether `var` declares this variable, or the pattern that it is in. */
export function isVar(node: ts.Node): boolean {
  if (ts.isBindingElement(node)) return isVar(node.parent.parent);
  return (
    ts.isVariableDeclaration(node) &&
    ts.isVariableDeclarationList(node.parent) &&
    (node.parent.flags & ts.NodeFlags.BlockScoped) === 0
  );
}

/** `let best = null`, `let best = undefined`. */
function startsEmpty({ type, initializer }: ts.VariableDeclaration): boolean {
  return (
    !type &&
    initializer !== undefined &&
    (initializer.kind === ts.SyntaxKind.NullKeyword ||
      (ts.isIdentifier(initializer) && initializer.text === "undefined"))
  );
}

/** The nodes that bind a name in an import declaration. */
export function importedBindings(
  statement: ts.ImportDeclaration,
): (ts.ImportClause | ts.NamespaceImport | ts.ImportSpecifier)[] {
  const clause = statement.importClause;
  if (!clause) return [];
  const bindings = clause.namedBindings;
  return [
    ...(clause.name ? [clause] : []),
    ...(bindings ? (ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements) : []),
  ];
}

/** The modules that a file imports, as it names them. */
export function importedModules(file: ts.SourceFile): string[] {
  return file.statements
    .filter((statement) => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))
    .flatMap(({ moduleSpecifier }) =>
      moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [],
    );
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false)
  );
}

/** What Node's types declare for CommonJS, and cells do not have. */
const ABSENT = new Set(["module", "exports"]);

/** Every identifier's text in a file, to see which names of the session it may mean. */
function identifiers(file: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/**
 * What is appended to a cell so that it is a module of its own: the names of the session that it
 * uses come in, its own names go out. Behind the code, so that positions are those of the user;
 * a name that the cell declares itself stays out, so that cells can declare a name again.
 *
 * @param all bring in every name of the session, not only those that the code mentions (completion)
 */
export function moduleSuffix(file: ts.SourceFile, session: Map<string, SessionName>, all = false): string {
  const declared = declaredNames(file);
  // The semicolon ends a code that breaks off, such as `name.`, before it can take in what follows.
  const lines = ["", ";"];
  for (const name of all ? session.keys() : identifiers(file)) {
    const known = session.get(name);
    if (declared.has(name)) continue;
    if (!known) {
      if (ABSENT.has(name)) lines.push(`declare const ${name}: undefined;`);
      continue;
    }
    const from = JSON.stringify(known.from);
    const type = known.evolves ? "any" : `typeof import(${from}).${name}`;
    lines.push(known.assignable ? `declare let ${name}: ${type};` : `import { ${name} } from ${from};`);
  }
  for (const [name, { nodes, exported }] of declared) {
    // In a block TypeScript would not declare it to later cells.
    if (!exported && nodes.some(isVar)) lines.push(`var ${name};`);
  }
  const out = [...declared].filter(([, name]) => !name.exported).map(([name]) => name);
  lines.push(`export { ${out.join(", ")} };`);
  return lines.join("\n");
}
