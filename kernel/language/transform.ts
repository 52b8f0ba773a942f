import { Code } from "./code.js";
import { Expressions, type Surroundings } from "./expressions.js";
import { declaredNames, hasModifier, importedBindings, isVar } from "./names.js";

import ts = require("typescript");

/** What a module hands to those who import it. */
export interface Exports {
  /** Exported name → name in the module's scope. */
  names: [exported: string, local: string][];
  /** Modules all of whose exports are passed on. */
  stars: string[];
}

/**
 * Turns a checked module (a cell, or a TypeScript file beside the notebook) into the body of an
 * async function:
 * - names of the top level live on an object, the scope, so that later cells see them, can declare
 *   them again, and functions of earlier cells find the newest (`x` becomes `__scope.x`);
 * - imports become awaited calls; the value of the last expression is returned, in an array so
 *   that a promise is not awaited;
 * - loops ask whether the user has interrupted, and what follows an `await` stops when the cell
 *   has ended meanwhile, and knows again which cell it belongs to.
 *
 * @param end where the user's code ends and the appended module suffix begins
 */
export function cellTransformer(
  checker: ts.TypeChecker,
  end: number,
  exports: Exports,
  around: Surroundings,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new CellTransformer(context, checker, file, end, exports, around).run();
}

class CellTransformer {
  readonly #code: Code;
  readonly #expressions: Expressions;
  readonly #f: ts.NodeFactory;
  readonly #vars: string[] = [];
  #temporaries = 0;

  constructor(
    readonly context: ts.TransformationContext,
    readonly checker: ts.TypeChecker,
    readonly file: ts.SourceFile,
    readonly end: number,
    readonly exports: Exports,
    readonly around: Surroundings,
  ) {
    this.#f = context.factory;
    this.#code = new Code(context.factory);
    const topLevel = new Set<ts.Node>();
    for (const [name, { nodes }] of declaredNames(file, end)) {
      for (const node of nodes) topLevel.add(node);
      if (nodes.some(isVar)) this.#vars.push(name);
    }
    this.#expressions = new Expressions(context, checker, file, end, topLevel, around);
  }

  run(): ts.SourceFile {
    const vars = this.#vars.map((name) => this.#expressions.variables.hoist(name));
    // Functions are there before any import is, as files that import each other need it.
    const functions: ts.Statement[] = [];
    const first: ts.Statement[] = [];
    const rest: ts.Statement[] = [];
    const own = this.file.statements.filter((statement) => statement.getStart(this.file) < this.end);
    const last = own.at(-1);
    for (const statement of own) {
      if (ts.isImportDeclaration(statement)) first.push(...this.#import(statement));
      else if (ts.isExportDeclaration(statement)) first.push(...this.#export(statement));
      else if (ts.isFunctionDeclaration(statement) && statement.body) {
        const [declaration, publish] = this.#declaration(statement);
        rest.push(declaration);
        if (publish) functions.push(publish);
      } else if (statement === last && ts.isExpressionStatement(statement)) {
        rest.push(this.#value(statement, statement.expression));
      } else rest.push(...this.#statement(statement));
    }
    return this.#f.updateSourceFile(this.file, [
      this.#code.captureCell(),
      ...vars,
      ...functions,
      ...first,
      ...rest,
    ]);
  }

  /** One statement of the top level. */
  #statement(statement: ts.Statement): ts.Statement[] {
    if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) return [];
    if (ts.isVariableStatement(statement) && hasModifier(statement, ts.SyntaxKind.ExportKeyword))
      for (const { name } of statement.declarationList.declarations) this.#exportBinding(name);
    if (
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isModuleDeclaration(statement)
    ) {
      const [declaration, publish] = this.#declaration(statement);
      return publish ? [declaration, publish] : [declaration];
    }
    if (ts.isImportEqualsDeclaration(statement)) return this.#importEquals(statement);
    if (ts.isExportAssignment(statement)) {
      this.exports.names.push(["default", "default"]);
      return [this.#code.assign("default", this.#expressions.visit(statement.expression), statement)];
    }
    return this.#expressions.statements(statement);
  }

  /** A function, class, enum or namespace keeps its own declaration, and is put on the scope. */
  #declaration(
    statement: ts.FunctionDeclaration | ts.ClassDeclaration | ts.EnumDeclaration | ts.ModuleDeclaration,
  ): [ts.Statement, ts.Statement | undefined] {
    const f = this.#f;
    const isDefault = hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
    const name = statement.name?.text ?? "__default";
    if (isDefault) this.exports.names.push(["default", name]);
    else if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) this.exports.names.push([name, name]);
    let visited: ts.Statement = this.#expressions.visit(statement);
    if (ts.isFunctionDeclaration(visited)) {
      const { asteriskToken, typeParameters, parameters, type, body } = visited;
      const identifier = f.createIdentifier(name);
      visited = f.updateFunctionDeclaration(
        visited,
        plain(visited),
        asteriskToken,
        identifier,
        typeParameters,
        parameters,
        type,
        body,
      );
    } else if (ts.isClassDeclaration(visited)) {
      const { typeParameters, heritageClauses, members } = visited;
      const identifier = f.createIdentifier(name);
      visited = f.updateClassDeclaration(
        visited,
        plain(visited),
        identifier,
        typeParameters,
        heritageClauses,
        members,
      );
    } else if (ts.isEnumDeclaration(visited)) {
      visited = f.updateEnumDeclaration(visited, plain(visited), visited.name, visited.members);
    } else if (ts.isModuleDeclaration(visited)) {
      visited = f.updateModuleDeclaration(visited, plain(visited), visited.name, visited.body);
      // A namespace of types alone has no value to keep.
      if (!this.#hasValue(statement.name as ts.Identifier)) return [visited, undefined];
    }
    return [visited, this.#code.assign(name, f.createIdentifier(name))];
  }

  #hasValue(name: ts.Identifier): boolean {
    const symbol = this.checker.getSymbolAtLocation(name);
    return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Value) !== 0;
  }

  #exportBinding(name: ts.BindingName): void {
    if (ts.isIdentifier(name)) this.exports.names.push([name.text, name.text]);
    else
      for (const element of name.elements)
        if (ts.isBindingElement(element)) this.#exportBinding(element.name);
  }

  #import(statement: ts.ImportDeclaration): ts.Statement[] {
    const f = this.#f;
    if (statement.importClause?.isTypeOnly) return [];
    const bindings = importedBindings(statement).filter((node) => this.#isValue(node));
    if (statement.importClause && bindings.length === 0 && importedBindings(statement).length > 0) return [];
    const [temporary, load] = this.#load(statement.moduleSpecifier, statement);
    const picks = bindings.map((node) => {
      const module = f.createIdentifier(temporary);
      if (ts.isNamespaceImport(node))
        return this.#code.assign(node.name.text, this.#code.call("namespace", [module]), node);
      const imported = ts.isImportClause(node) ? "default" : (node.propertyName ?? node.name).text;
      return this.#code.bind(node.name!.text, temporary, imported, node);
    });
    return [load, ...picks];
  }

  /** `const m = await __kernel.import("…")`. */
  #load(specifier: ts.Expression, statement: ts.Statement): [string, ts.Statement] {
    const f = this.#f;
    const name = `__module${this.#temporaries++}`;
    const value = f.createAwaitExpression(this.#code.call("import", [this.#expressions.located(specifier)]));
    const list = f.createVariableDeclarationList(
      [f.createVariableDeclaration(name, undefined, undefined, value)],
      ts.NodeFlags.Const,
    );
    return [name, ts.setTextRange(f.createVariableStatement(undefined, list), statement)];
  }

  #isValue(node: ts.ImportClause | ts.NamespaceImport | ts.ImportSpecifier): boolean {
    if (ts.isImportSpecifier(node) && node.isTypeOnly) return false;
    const symbol = this.checker.getSymbolAtLocation(node.name!);
    if (!symbol) return true;
    const target = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    // Of a module without types nothing is known, which counts as a value.
    return this.checker.isUnknownSymbol(target) || (target.flags & ts.SymbolFlags.Value) !== 0;
  }

  #importEquals(statement: ts.ImportEqualsDeclaration): ts.Statement[] {
    if (statement.isTypeOnly || !ts.isExternalModuleReference(statement.moduleReference)) return [];
    const { expression } = statement.moduleReference;
    if (ts.isStringLiteral(expression) && this.#isFile(expression.text)) {
      // A file beside the notebook, which may be TypeScript's.
      const [temporary, load] = this.#load(expression, statement);
      const module = this.#code.call("required", [this.#f.createIdentifier(temporary)]);
      return [load, this.#code.assign(statement.name.text, module)];
    }
    const require = this.#f.createIdentifier("require");
    const value = this.#f.createCallExpression(require, undefined, [expression]);
    return [this.#code.assign(statement.name.text, value, statement)];
  }

  #isFile(name: string): boolean {
    return /^\.{1,2}\//.test(name) || this.around.locate(name) !== undefined;
  }

  #export(statement: ts.ExportDeclaration): ts.Statement[] {
    const f = this.#f;
    if (statement.isTypeOnly) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (!exportClause) {
      const { text } = moduleSpecifier as ts.StringLiteral;
      this.exports.stars.push(this.around.locate(text) ?? text);
      return [];
    }
    if (!moduleSpecifier) {
      for (const element of (exportClause as ts.NamedExports).elements) {
        if (element.isTypeOnly) continue;
        this.exports.names.push([element.name.text, (element.propertyName ?? element.name).text]);
      }
      return [];
    }
    const [temporary, load] = this.#load(moduleSpecifier, statement);
    const module = f.createIdentifier(temporary);
    if (ts.isNamespaceExport(exportClause)) {
      const name = exportClause.name.text;
      this.exports.names.push([name, name]);
      return [load, this.#code.assign(name, this.#code.call("namespace", [module]))];
    }
    const picks = exportClause.elements
      .filter((element) => !element.isTypeOnly)
      .map((element) => {
        const name = element.name.text;
        this.exports.names.push([name, name]);
        return this.#code.bind(name, temporary, (element.propertyName ?? element.name).text, element);
      });
    return [load, ...picks];
  }

  #value(statement: ts.ExpressionStatement, expression: ts.Expression): ts.Statement {
    const value = this.#f.createArrayLiteralExpression([this.#expressions.visit(expression)]);
    return ts.setTextRange(this.#f.createReturnStatement(value), statement);
  }
}

/** The modifiers without `export` and `default`. */
function plain(node: ts.HasModifiers | ts.HasDecorators): ts.ModifierLike[] | undefined {
  return (node as ts.HasModifiers).modifiers?.filter(
    ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
  ) as ts.ModifierLike[] | undefined;
}
