import { withoutCells } from "./alias.js";

import ts = require("typescript");

const RED = "\x1b[31m";
const DIM = "\x1b[2m";
const PLAIN = "\x1b[0m";

/** Errors that are none in a cell. */
const ALLOWED = new Set([
  1202, // import fs = require("node:fs")
  2695, // 1, 2: the left side of the comma is unused
]);

/**
 * Whether the user is told. `noImplicitAny` lets `const xs = []` and `let best = null` take their
 * type from what follows; what it demands besides, the errors from 7000 on, is not asked of cells
 * unless a `tsconfig.json` does.
 */
export function isReported({ category, code }: ts.Diagnostic, asksForTypes: boolean): boolean {
  const implicitAny = code >= 7000 && code < 8000 && !asksForTypes;
  return category === ts.DiagnosticCategory.Error && !implicitAny && !ALLOWED.has(code);
}

/** Errors of decorators that are read as the other kind: the language's, or those of before. */
const OF_DECORATORS = new Set([
  1206, // Decorators are not valid here
  1238, // Unable to resolve signature of class decorator
  1239, // … of parameter decorator
  1240, // … of property decorator
  1241, // … of method decorator
  1270, // Decorator function return type is not assignable
  1271, // … but should be void or any
  1278, // The runtime will invoke the decorator with … arguments
  1279, // … but the decorator expects at least …
  1329, // … accepts too few arguments to be used as a decorator
]);

export const isOfDecorators = ({ code }: ts.Diagnostic) => OF_DECORATORS.has(code);

/**
 * TypeScript's message with the line that it is about, as its own command line shows it.
 *
 * @param end where the user's code ends
 * @param inserted characters at the beginning that are not the user's
 */
export function formatDiagnostic(
  diagnostic: ts.Diagnostic,
  end: number,
  inserted = 0,
): { message: string; traceback: string[] } {
  const message = text(diagnostic);
  const { file, start } = diagnostic;
  if (!file || start === undefined) return { message, traceback: [`${RED}${message}${PLAIN}`] };
  const code = file.text.slice(inserted);
  const isCell = /\/__cell\.ts$/.test(file.fileName);
  const position = file.getLineAndCharacterOfPosition(isCell ? Math.min(start, end) : start);
  const { line } = position;
  const character = position.character - (line === 0 ? inserted : 0);
  const source = code.split("\n")[line] ?? "";
  const length = Math.max(1, Math.min(diagnostic.length ?? 1, source.length - character));
  const number = `${line + 1}`;
  const where = isCell ? `line ${number}` : `${file.fileName}:${number}`;
  return {
    message: `${message} (${where}, column ${character + 1})`,
    traceback: [
      `${RED}TS${diagnostic.code}${PLAIN}: ${message} ${DIM}(${where}, column ${character + 1})${PLAIN}`,
      `${DIM}${number} |${PLAIN} ${source}`,
      `${" ".repeat(number.length + 3 + character)}${RED}${"~".repeat(length)}${PLAIN}`,
      ...hints(diagnostic),
    ],
  };
}

/** What TypeScript has to say beside the error, such as that an `await` may be missing. */
function hints({ relatedInformation = [] }: ts.Diagnostic): string[] {
  return relatedInformation.map(({ messageText }) =>
    withoutCells(ts.flattenDiagnosticMessageText(messageText, "\n")),
  );
}

function text(diagnostic: ts.Diagnostic): string {
  const message = withoutCells(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
  // A constant of an earlier cell comes in as an import, which is our business, not the user's.
  if (diagnostic.code === 2632) return message.replace("because it is an import", "because it is a constant");
  if (diagnostic.code === 2307) return message + packageHint(message);
  if (diagnostic.code === 6142) return message.replace("'--jsx' is not set", "cells cannot import JSX");
  return message;
}

/** How to get the package that cannot be found; nothing for a file, or what npm does not have. */
function packageHint(message: string): string {
  const specifier = /'([^']+)'/.exec(message)?.[1] ?? "";
  const [, isDenos, name] = /^(npm:)?((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:[@/].*)?$/.exec(specifier) ?? [];
  if (name === undefined) return "";
  const install = ` Install it with %npm install ${name}`;
  return isDenos ? `${install}, and import it from '${name}'.` : `${install}.`;
}
