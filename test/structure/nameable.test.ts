import assert from "node:assert/strict";
import { test } from "node:test";
import ts from "typescript";

/**
 * Types of ours that stand in what the package exports: in signatures, properties, base types and type arguments,
 * and in theirs.
 */
function reachable(): { exported: Set<string>; used: Map<string, string> } {
  const config = ts.readConfigFile("tsconfig.json", ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ".");
  const program = ts.createProgram(["src/index.ts"], { ...options, noEmit: true, incremental: false });
  const checker = program.getTypeChecker();
  const index = program.getSourceFile("src/index.ts")!;
  const unalias = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(index)!);
  const exported = new Set(exports.map(({ name }) => name));
  const used = new Map<string, string>();
  const seen = new Set<ts.Symbol>();
  const look = (symbol: ts.Symbol, path: string): void => {
    if (seen.has(symbol)) return;
    seen.add(symbol);
    for (const declaration of symbol.declarations ?? []) {
      if (!/\/src\//.test(declaration.getSourceFile().fileName)) continue;
      visit(declaration, path);
    }
  };
  const visit = (node: ts.Node, path: string): void => {
    // Bodies are nobody's business, nor is what is private.
    if (
      ts.isBlock(node) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
    )
      return;
    if (ts.isVariableDeclaration(node) && node.initializer && !node.type) return;
    // Of a property with its type, the type says it all.
    if (ts.isPropertyDeclaration(node) && node.type) {
      visit(node.type, path);
      return;
    }
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression;
      const found = checker.getSymbolAtLocation(name);
      const symbol = found && unalias(found);
      const file = symbol?.declarations?.[0].getSourceFile().fileName ?? "";
      if (symbol && /\/src\//.test(file) && !(symbol.flags & ts.SymbolFlags.TypeParameter)) {
        if (!used.has(symbol.name)) used.set(symbol.name, path);
        look(symbol, `${path} → ${symbol.name}`);
      }
    }
    ts.forEachChild(node, (child) => visit(child, path));
  };
  for (const symbol of exports) look(unalias(symbol), symbol.name);
  return { exported, used };
}

test("every type in what the package exports can be named from it", () => {
  const { exported, used } = reachable();
  const unnamed = [...used]
    .filter(([name]) => !exported.has(name))
    .map(([name, path]) => `${name} (${path})`);
  assert.deepEqual(unnamed.sort(), []);
});
