import ts = require("typescript");

export type IsCompleteContent = { status: "complete" | "invalid" } | { status: "incomplete"; indent: string };

/** What the parser says when the code ends before it should: "… expected" at the very end, and the like. */
const UNTERMINATED = new Set([
  1002, // Unterminated string literal
  1010, // '*/' expected
  1126, // Unexpected end of text
  1160, // Unterminated template literal
  1161, // Unterminated regular expression literal
]);

/** Answers an `is_complete_request`: would Enter run this, or does it want another line? */
export function isComplete(code: string): IsCompleteContent {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  const errors = (file as unknown as { parseDiagnostics: ts.Diagnostic[] }).parseDiagnostics;
  if (errors.length === 0) return { status: "complete" };
  const end = code.trimEnd().length;
  const atEnd = errors.some(
    ({ code: error, start }) =>
      (start ?? 0) >= end || (UNTERMINATED.has(error) && error !== 1002 && error !== 1161),
  );
  if (!atEnd) return { status: "invalid" };
  return { status: "incomplete", indent: "  ".repeat(depth(code)) };
}

/** Brackets that are open at the end of the code, strings and comments left out. */
function depth(code: string): number {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, code);
  let open = 0;
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (OPENING.has(token)) open++;
    if (CLOSING.has(token)) open--;
  }
  return Math.max(0, open);
}

const OPENING = new Set([
  ts.SyntaxKind.OpenBraceToken,
  ts.SyntaxKind.OpenParenToken,
  ts.SyntaxKind.OpenBracketToken,
]);
const CLOSING = new Set([
  ts.SyntaxKind.CloseBraceToken,
  ts.SyntaxKind.CloseParenToken,
  ts.SyntaxKind.CloseBracketToken,
]);
