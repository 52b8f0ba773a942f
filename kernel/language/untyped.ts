import ts = require("typescript");

/** Where only the value itself can tell what may come next: the path to it, and what is typed already. */
export interface Untyped {
  path: string[];
  /** What the completion takes the place of. */
  from: number;
  /** Whether a name stands in quotes and may be any text, as in `cfg["…"]`. */
  quoted: boolean;
}

/** What is behind the dot or the bracket before the cursor, when TypeScript knows too little of it. */
export function untypedAt(program: ts.Program, file: ts.SourceFile, at: number): Untyped | undefined {
  const access = accessAt(file, at);
  if (!access) return undefined;
  const checker = program.getTypeChecker();
  if (isTyped(checker, checker.getTypeAtLocation(access.expression))) return undefined;
  const path = pathOf(access.expression, checker);
  if (!path) return undefined;
  const quoted = ts.isElementAccessExpression(access);
  const name = quoted ? access.argumentExpression : access.name;
  return { path, from: quoted ? name.getStart(file) + 1 : Math.min(at, name.getStart(file)), quoted };
}

type Access = ts.PropertyAccessExpression | ts.ElementAccessExpression;

/** `value.na|me` or `value["na|me"]`. */
function accessAt(file: ts.SourceFile, at: number): Access | undefined {
  let found: Access | undefined;
  const visit = (node: ts.Node): void => {
    if (node.pos > at || node.end < at) return;
    if (ts.isPropertyAccessExpression(node) && at > node.expression.end && at <= Math.max(node.name.end, at))
      found = isBehindDot(file, node, at) ? node : found;
    if (ts.isElementAccessExpression(node) && node.argumentExpression) {
      const { argumentExpression: name } = node;
      if (ts.isStringLiteralLike(name) && at > name.getStart(file) && at <= name.end) found = node;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Whether the cursor is in the name, or where it would begin. */
function isBehindDot(file: ts.SourceFile, node: ts.PropertyAccessExpression, at: number): boolean {
  const between = file.text.slice(node.expression.end, at);
  return /^\s*(?:!\s*)?\??\.\s*[\p{ID_Continue}$]*$/u.test(between);
}

function isTyped(checker: ts.TypeChecker, type: ts.Type): boolean {
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) return false;
  if (checker.getIndexInfoOfType(type, ts.IndexKind.String)) return false;
  return checker.getPropertiesOfType(checker.getApparentType(type)).length > 0;
}

/** `a.b["c"][0]` as its names; undefined for what has to be run to have a value. */
function pathOf(node: ts.Expression, checker: ts.TypeChecker): string[] | undefined {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node))
    return pathOf(node.expression, checker);
  if (ts.isIdentifier(node)) return isOfNotebook(checker.getSymbolAtLocation(node)) ? [node.text] : undefined;
  if (ts.isPropertyAccessExpression(node)) return extended(pathOf(node.expression, checker), node.name.text);
  if (!ts.isElementAccessExpression(node)) return undefined;
  const { argumentExpression: name } = node;
  const isName = ts.isStringLiteralLike(name) || ts.isNumericLiteral(name);
  return isName ? extended(pathOf(node.expression, checker), name.text) : undefined;
}

const extended = (path: string[] | undefined, name: string) => path && [...path, name];

/** A variable of a function or block has no value yet. */
function isOfNotebook(symbol: ts.Symbol | undefined): boolean {
  return (symbol?.declarations ?? []).every((declaration) => {
    for (let node = declaration.parent; node; node = node.parent)
      if (ts.isFunctionLike(node) || ts.isBlock(node) || ts.isClassLike(node)) return false;
    return true;
  });
}
