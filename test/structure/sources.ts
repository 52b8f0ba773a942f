import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";

/** One import or re-export of a source file. */
export interface Import {
  /** The module as written. */
  module: string;
  /** True when nothing of it is left after compilation. */
  typeOnly: boolean;
  /** True when it is loaded by a call, `import()` or `require()`, not together with the file. */
  called: boolean;
}

/** Files of the repository, by path from its root: tracked ones and new ones that git does not ignore. */
export function repositoryFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
  });
  return [...new Set(listed.split("\n"))].filter((path) => path !== "" && existsSync(path));
}

/** TypeScript sources that a user gets: the library, the kernel and the extension. */
export function shippedSources(): string[] {
  return repositoryFiles().filter((path) => /^(src|kernel|extension\/src)\/.*\.ts$/.test(path));
}

/** Sources that were read already: several tests ask for the same. */
const parsed = new Map<string, ts.SourceFile>();

function parse(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known) return known;
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  parsed.set(path, source);
  return source;
}

/** Every module that a TypeScript file names: imports, re-exports, `import()` and `require()`. */
export function importsOf(path: string): Import[] {
  const source = parse(path);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isLoad(node.expression)) add(node.arguments[0], false, true);
    ts.forEachChild(node, visit);
  };
  const add = (module: ts.Node | undefined, typeOnly: boolean, called = false): void => {
    if (module && ts.isStringLiteralLike(module)) found.push({ module: module.text, typeOnly, called });
  };
  visit(source);
  return found;
}

/** Text of every string in a TypeScript file: packages that are not code are found by their files' names. */
export function stringsOf(path: string): string[] {
  const source = parse(path);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isLoad(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return /^(require|require\.resolve)$/.test(callee.getText());
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  return !clause.name && !!names && ts.isNamedImports(names) && names.elements.every((e) => e.isTypeOnly);
}
