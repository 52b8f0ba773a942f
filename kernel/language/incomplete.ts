import ts = require("typescript");

import { parseCell, syntaxErrors } from "./parse.js";

export type IsCompleteContent = { status: "complete" | "invalid" } | { status: "incomplete"; indent: string };

/** Errors of what the code leaves open, which another line can close. */
const OPEN = new Set([
  1010, // '*/' expected
  1126, // Unexpected end of text
  1160, // Unterminated template literal
]);

/** Errors that no other line mends. */
const BROKEN = new Set([
  1002, // Unterminated string literal
  1161, // Unterminated regular expression literal
]);

/** Answers an `is_complete_request`: would Enter run this, or does it want another line? */
export function isComplete(code: string): IsCompleteContent {
  const errors = syntaxErrors(parseCell(code));
  if (errors.length === 0) return { status: "complete" };
  const end = code.trimEnd().length;
  // The parser says "… expected" at the very end when the code ends before it should.
  const isOpen = errors.some((error) => (error.start ?? 0) >= end || OPEN.has(error.code));
  if (!isOpen || errors.some((error) => BROKEN.has(error.code))) return { status: "invalid" };
  return { status: "incomplete", indent: "  ".repeat(depth(code)) };
}

/** Lines with a bracket that is open at the end of the code, strings and comments left out. */
function depth(code: string): number {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, code);
  const open: number[] = [];
  let line = 0;
  let read = 0;
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    const start = scanner.getTokenStart();
    line += code.slice(read, start).split("\n").length - 1;
    read = start;
    if (OPENING.has(token)) open.push(line);
    if (CLOSING.has(token)) open.pop();
  }
  return new Set(open).size;
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
