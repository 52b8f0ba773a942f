import ts = require("typescript");

/** How a name that an earlier cell declared comes into a later one. */
export interface SessionName {
  /** The earlier cell, as a module specifier. */
  from: string;
  /** `let` and `var` can be assigned from any cell; an import could not be. */
  assignable: boolean;
}

/** A name that a cell declares at its top level, with the nodes that declare it. */
export interface Declared {
  nodes: ts.Node[];
  assignable: boolean;
  /** Interfaces and type aliases have no value. */
  hasValue: boolean;
  exported: boolean;
}

/** The names that a file declares at its top level, before position `end`. */
export function declaredNames(file: ts.SourceFile, end = file.end): Map<string, Declared> {
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
    } else names.set(name.text, { nodes: [node], assignable: false, hasValue: true, exported, ...options });
  };
  const addBinding = (
    declaration: ts.VariableDeclaration | ts.BindingElement,
    statement: ts.Statement,
    assignable: boolean,
  ) => {
    if (ts.isIdentifier(declaration.name)) {
      add(declaration.name, declaration, statement, {
        assignable,
        hasValue: !hasModifier(statement, ts.SyntaxKind.DeclareKeyword),
      });
      return;
    }
    for (const element of declaration.name.elements) {
      if (ts.isBindingElement(element)) addBinding(element, statement, assignable);
    }
  };
  for (const statement of file.statements) {
    if (statement.getStart(file) >= end) break;
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

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false)
  );
}

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
    if (!known || declared.has(name)) continue;
    const from = JSON.stringify(known.from);
    lines.push(
      known.assignable
        ? `declare let ${name}: typeof import(${from}).${name};`
        : `import { ${name} } from ${from};`,
    );
  }
  const out = [...declared].filter(([, name]) => !name.exported).map(([name]) => name);
  lines.push(`export { ${out.join(", ")} };`);
  return lines.join("\n");
}
