import type { Edit } from "../originals.js";

import ts = require("typescript");

/** Modifiers that only the checker reads. */
const OF_TYPES = new Set([
  ts.SyntaxKind.PublicKeyword,
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ProtectedKeyword,
  ts.SyntaxKind.ReadonlyKeyword,
  ts.SyntaxKind.AbstractKeyword,
  ts.SyntaxKind.OverrideKeyword,
  ts.SyntaxKind.DeclareKeyword,
]);

/** What makes JavaScript of a file and leaves everything else as it was written. */
export function erase(file: ts.SourceFile): Edit[] {
  const edits: Edit[] = [];
  const remove = (start: number, end: number) => edits.push([start, end, ""]);
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (isOfTypes(node)) {
      remove(node.getStart(file), node.end);
      return;
    }
    if (inFunction && ts.isEnumDeclaration(node)) {
      const target = ts.ScriptTarget.ES2022;
      edits.push([node.getStart(file), node.end, ts.transpile(node.getText(file), { target }).trim()]);
      return;
    }
    if (ts.isParameter(node) && ts.isIdentifier(node.name) && node.name.text === "this") {
      const comma = /^\s*,\s*/.exec(file.text.slice(node.end));
      remove(node.getStart(file), node.end + (comma?.[0].length ?? 0));
      return;
    }
    for (const modifier of modifiersOf(node)) {
      const space = /^\s*/.exec(file.text.slice(modifier.end))![0].length;
      if (OF_TYPES.has(modifier.kind)) remove(modifier.getStart(file), modifier.end + space);
    }
    const { typeParameters, typeArguments, type, questionToken, exclamationToken } = node as Typed;
    for (const list of [typeParameters, typeArguments])
      if (list) remove(list.pos - 1, file.text.indexOf(">", list.end) + 1);
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node))
      remove(node.expression.end, node.end);
    else if (ts.isTypeAssertionExpression(node)) remove(node.getStart(file), node.expression.getStart(file));
    else {
      const mark = ts.isConditionalExpression(node) ? undefined : (questionToken ?? exclamationToken);
      if (mark) remove(mark.getStart(file), mark.end);
      // Behind its colon.
      if (type) remove(type.pos - 1, type.end);
    }
    if (ts.isConstructorDeclaration(node)) assignProperties(node);
    const within = inFunction || ts.isFunctionLike(node) || ts.isClassLike(node);
    ts.forEachChild(node, (child) => {
      if (!ts.isTypeNode(child) || ts.isExpressionWithTypeArguments(child)) visit(child, within);
    });
  };
  /** `constructor(readonly x: number)` */
  const assignProperties = (node: ts.ConstructorDeclaration) => {
    const names = node.parameters.filter((each) => ts.isParameterPropertyDeclaration(each, node));
    if (names.length === 0 || !node.body) return;
    const assignments = names
      .map(({ name }) => ` this.${name.getText(file)} = ${name.getText(file)};`)
      .join("");
    const [first] = node.body.statements;
    const isSuper =
      first && ts.isExpressionStatement(first) && first.expression.getText(file).startsWith("super(");
    const at = isSuper ? first.end : node.body.getStart(file) + 1;
    edits.push([at, at, assignments]);
  };
  visit(file, false);
  return edits.sort(([a], [b]) => a - b);
}

interface Typed {
  typeParameters?: ts.NodeArray<ts.Node>;
  typeArguments?: ts.NodeArray<ts.Node>;
  type?: ts.Node;
  questionToken?: ts.Node;
  exclamationToken?: ts.Node;
}

const modifiersOf = (node: ts.Node) => (ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []);

/** Whether nothing of a node is left at run time. */
function isOfTypes(node: ts.Node): boolean {
  const isBodiless = (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && !node.body;
  const isMarked = (kind: ts.SyntaxKind) => modifiersOf(node).some((modifier) => modifier.kind === kind);
  return (
    isBodiless ||
    isMarked(ts.SyntaxKind.DeclareKeyword) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isIndexSignatureDeclaration(node) ||
    (ts.isConstructorDeclaration(node) && !node.body) ||
    (ts.isPropertyDeclaration(node) && isMarked(ts.SyntaxKind.AbstractKeyword)) ||
    (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword)
  );
}

/** Where the text that JavaScript gives of a function or class begins: behind `export`, `static` and the like. */
export function ownStart(node: ts.Node, file: ts.SourceFile): number {
  const modifiers = ts.canHaveModifiers(node) ? (node.modifiers ?? []) : [];
  const async = modifiers.find(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
  if (async) return async.getStart(file);
  const last = modifiers.at(-1);
  if (!last) return node.getStart(file);
  const { Latest } = ts.ScriptTarget;
  const scanner = ts.createScanner(Latest, true, ts.LanguageVariant.Standard, file.text, undefined, last.end);
  scanner.scan();
  return scanner.getTokenStart();
}
