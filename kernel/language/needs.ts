import ts = require("typescript");

/**
 * What TypeScript has to know of other names before it knows a name at all: what a class extends, what an
 * alias stands for, what a variable is the `typeof`. Two names that need each other mean nothing; members,
 * parameters and elements are looked at later, and may refer to whatever they like.
 */
export function needs(file: ts.SourceFile): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (name: ts.Node | undefined, needed: Iterable<string>) => {
    if (!name || !ts.isIdentifier(name)) return;
    const known = found.get(name.text) ?? new Set();
    for (const each of needed) known.add(each);
    found.set(name.text, known);
  };
  for (const statement of file.statements) {
    if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
      const bases = (statement.heritageClauses ?? []).flatMap(({ types }) => types);
      add(statement.name, mentioned(...bases.map(({ expression }) => expression)));
    } else if (ts.isTypeAliasDeclaration(statement)) {
      add(statement.name, mentioned(statement.type));
    } else if (ts.isVariableStatement(statement)) {
      for (const { name, type, initializer } of statement.declarationList.declarations)
        add(name, mentioned(type ?? initializer));
    }
  }
  return found;
}

/** What is looked at later. */
function isDeferred(node: ts.Node): boolean {
  return (
    ts.isTypeLiteralNode(node) ||
    ts.isMappedTypeNode(node) ||
    ts.isArrayTypeNode(node) ||
    ts.isTupleTypeNode(node) ||
    ts.isFunctionLike(node)
  );
}

function mentioned(...nodes: (ts.Node | undefined)[]): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (isDeferred(node)) return;
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  for (const node of nodes) if (node) visit(node);
  return names;
}
