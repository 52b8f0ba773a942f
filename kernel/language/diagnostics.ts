import ts = require("typescript");

const RED = "\x1b[31m";
const DIM = "\x1b[2m";
const PLAIN = "\x1b[0m";

/**
 * TypeScript's message with the line that it is about, as its own command line shows it.
 *
 * @param end where the user's code ends
 */
export function formatDiagnostic(
  diagnostic: ts.Diagnostic,
  end: number,
): { message: string; traceback: string[] } {
  const message = text(diagnostic);
  const { file, start } = diagnostic;
  if (!file || start === undefined) return { message, traceback: [`${RED}${message}${PLAIN}`] };
  const { line, character } = file.getLineAndCharacterOfPosition(Math.min(start, end));
  const source = file.text.split("\n")[line] ?? "";
  const length = Math.max(1, Math.min(diagnostic.length ?? 1, source.length - character));
  const number = `${line + 1}`;
  const where = /\/__cell\.ts$/.test(file.fileName) ? `line ${number}` : `${file.fileName}:${number}`;
  return {
    message: `${message} (${where}, column ${character + 1})`,
    traceback: [
      `${RED}TS${diagnostic.code}${PLAIN}: ${message} ${DIM}(${where}, column ${character + 1})${PLAIN}`,
      `${DIM}${number} |${PLAIN} ${source}`,
      `${" ".repeat(number.length + 3 + character)}${RED}${"~".repeat(length)}${PLAIN}`,
    ],
  };
}

function text(diagnostic: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  // A constant of an earlier cell comes in as an import, which is our business, not the user's.
  if (diagnostic.code === 2632) return message.replace("because it is an import", "because it is a constant");
  return message;
}
