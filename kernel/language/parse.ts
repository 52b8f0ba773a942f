import ts = require("typescript");

/** A cell as it stands, parsed as the module that it is: with `await` at the top level. */
export function parseCell(code: string, path = "/__cell.ts"): ts.SourceFile {
  const setExternalModuleIndicator = (file: ts.SourceFile) => {
    (file as { externalModuleIndicator?: boolean }).externalModuleIndicator = true;
  };
  const options = { languageVersion: ts.ScriptTarget.Latest, setExternalModuleIndicator };
  return ts.createSourceFile(path, code, options, true, ts.ScriptKind.TS);
}

/** What is wrong with the syntax of a parsed file. */
export function syntaxErrors(file: ts.SourceFile): readonly ts.Diagnostic[] {
  return (file as unknown as { parseDiagnostics: ts.Diagnostic[] }).parseDiagnostics;
}

/**
 * A cell that is nothing but an object literal, in parentheses, lest it be read as a block with
 * labels; undefined when it is something else. Node's REPL does the same.
 */
export function asObjectLiteral(code: string): string | undefined {
  if (!/^\s*\{/.test(code)) return undefined;
  const text = `(${code}\n)`;
  const file = parseCell(text);
  const [statement] = file.statements;
  if (syntaxErrors(file).length > 0 || !ts.isExpressionStatement(statement)) return undefined;
  const { expression } = statement;
  const isLiteral =
    ts.isParenthesizedExpression(expression) && ts.isObjectLiteralExpression(expression.expression);
  return isLiteral ? text : undefined;
}
