import ts = require("typescript");

import { declaredNames, hasModifier, importedBindings } from "./names.js";

/** Names that compiled code is given: the session's variables, and what the kernel does for it. */
export const SCOPE = "__scope";
export const KERNEL = "__kernel";
const CELL = "__cell";

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
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new CellTransformer(context, checker, file, end, exports).run();
}

class CellTransformer {
  readonly #f: ts.NodeFactory;
  readonly #topLevel = new Set<ts.Node>();
  #temporaries = 0;

  constructor(
    readonly context: ts.TransformationContext,
    readonly checker: ts.TypeChecker,
    readonly file: ts.SourceFile,
    readonly end: number,
    readonly exports: Exports,
  ) {
    this.#f = context.factory;
    for (const { nodes } of declaredNames(file, end).values())
      for (const node of nodes) this.#topLevel.add(node);
  }

  run(): ts.SourceFile {
    const first: ts.Statement[] = [this.#captureCell()];
    const rest: ts.Statement[] = [];
    const own = this.file.statements.filter((statement) => statement.getStart(this.file) < this.end);
    const last = own.at(-1);
    for (const statement of own) {
      if (ts.isImportDeclaration(statement)) first.push(...this.#import(statement));
      else if (ts.isExportDeclaration(statement)) first.push(...this.#export(statement));
      else if (ts.isFunctionDeclaration(statement) && statement.body) {
        const [declaration, publish] = this.#declaration(statement);
        rest.push(declaration);
        if (publish) first.push(publish);
      } else if (statement === last && ts.isExpressionStatement(statement)) {
        rest.push(this.#value(statement, statement.expression));
      } else rest.push(...this.#statement(statement));
    }
    return this.#f.updateSourceFile(this.file, [...first, ...rest]);
  }

  /** One statement of the top level. */
  #statement(statement: ts.Statement): ts.Statement[] {
    if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) return [];
    if (ts.isVariableStatement(statement)) return this.#variables(statement);
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
      return [this.#assign("default", this.#visit(statement.expression), statement)];
    }
    return [this.#visit(statement)];
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
    let visited: ts.Statement = this.#visit(statement);
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
    return [visited, this.#assign(name, f.createIdentifier(name))];
  }

  #hasValue(name: ts.Identifier): boolean {
    const symbol = this.checker.getSymbolAtLocation(name);
    return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Value) !== 0;
  }

  #variables(statement: ts.VariableStatement): ts.Statement[] {
    const first = statement.declarationList.declarations[0];
    if (!first || !this.#isTopLevel(first)) return [this.#visit(statement)];
    if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
      for (const declaration of statement.declarationList.declarations) this.#exportBinding(declaration.name);
    }
    return statement.declarationList.declarations.map((declaration) => this.#variable(declaration));
  }

  #isTopLevel(declaration: ts.VariableDeclaration | ts.BindingElement): boolean {
    if (ts.isIdentifier(declaration.name)) return this.#topLevel.has(declaration);
    const element = (declaration.name.elements as readonly ts.ArrayBindingElement[]).find(
      ts.isBindingElement,
    );
    return element === undefined || this.#isTopLevel(element);
  }

  #exportBinding(name: ts.BindingName): void {
    if (ts.isIdentifier(name)) this.exports.names.push([name.text, name.text]);
    else
      for (const element of name.elements)
        if (ts.isBindingElement(element)) this.#exportBinding(element.name);
  }

  #variable(declaration: ts.VariableDeclaration): ts.Statement {
    const f = this.#f;
    const { name, initializer } = declaration;
    const value = initializer ? this.#visit(initializer) : f.createVoidZero();
    if (!ts.isIdentifier(name)) {
      const assignment = f.createAssignment(this.#pattern(name), value);
      return ts.setTextRange(
        f.createExpressionStatement(f.createParenthesizedExpression(assignment)),
        declaration,
      );
    }
    if (initializer && isAnonymous(initializer)) {
      // Only a declaration gives a function or class its name.
      const local = f.createVariableDeclaration(name.text, undefined, undefined, value);
      const list = f.createVariableDeclarationList([local], ts.NodeFlags.Const);
      const block = f.createBlock([
        f.createVariableStatement(undefined, list),
        this.#assign(name.text, f.createIdentifier(name.text)),
      ]);
      return ts.setTextRange(block, declaration);
    }
    return this.#assign(name.text, value, declaration);
  }

  /** A destructuring declaration's pattern as that of an assignment to the scope. */
  #pattern(name: ts.BindingName): ts.Expression {
    const f = this.#f;
    if (ts.isIdentifier(name)) return this.#onScope(name.text, name);
    const target = (element: ts.BindingElement) => {
      const inner = this.#pattern(element.name);
      return element.initializer ? f.createAssignment(inner, this.#visit(element.initializer)) : inner;
    };
    if (ts.isObjectBindingPattern(name)) {
      return f.createObjectLiteralExpression(
        name.elements.map((element) =>
          element.dotDotDotToken
            ? f.createSpreadAssignment(target(element))
            : f.createPropertyAssignment(
                element.propertyName
                  ? this.#visit(element.propertyName)
                  : (element.name as ts.Identifier).text,
                target(element),
              ),
        ),
      );
    }
    return f.createArrayLiteralExpression(
      name.elements.map((element) => {
        if (ts.isOmittedExpression(element)) return element;
        return element.dotDotDotToken ? f.createSpreadElement(target(element)) : target(element);
      }),
    );
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
        return this.#assign(node.name.text, this.#call("namespace", [module]), node);
      const imported = ts.isImportClause(node) ? "default" : (node.propertyName ?? node.name).text;
      const value = this.#call("pick", [module, f.createStringLiteral(imported)]);
      return this.#assign(node.name!.text, value, node);
    });
    return [load, ...picks];
  }

  /** `const m = await __kernel.import("…")`. */
  #load(specifier: ts.Expression, statement: ts.Statement): [string, ts.Statement] {
    const f = this.#f;
    const name = `__module${this.#temporaries++}`;
    const value = f.createAwaitExpression(this.#call("import", [specifier]));
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
    const require = this.#f.createIdentifier("require");
    const value = this.#f.createCallExpression(require, undefined, [statement.moduleReference.expression]);
    return [this.#assign(statement.name.text, value, statement)];
  }

  #export(statement: ts.ExportDeclaration): ts.Statement[] {
    const f = this.#f;
    if (statement.isTypeOnly) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (!exportClause) {
      this.exports.stars.push((moduleSpecifier as ts.StringLiteral).text);
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
      return [load, this.#assign(name, this.#call("namespace", [module]))];
    }
    const picks = exportClause.elements
      .filter((element) => !element.isTypeOnly)
      .map((element) => {
        const name = element.name.text;
        this.exports.names.push([name, name]);
        const imported = f.createStringLiteral((element.propertyName ?? element.name).text);
        return this.#assign(name, this.#call("pick", [module, imported]));
      });
    return [load, ...picks];
  }

  #value(statement: ts.ExpressionStatement, expression: ts.Expression): ts.Statement {
    const value = this.#f.createArrayLiteralExpression([this.#visit(expression)]);
    return ts.setTextRange(this.#f.createReturnStatement(value), statement);
  }

  #onScope(name: string, at?: ts.Node): ts.Expression {
    const access = this.#f.createPropertyAccessExpression(this.#f.createIdentifier(SCOPE), name);
    return at ? ts.setSourceMapRange(access, at) : access;
  }

  #assign(name: string, value: ts.Expression, at?: ts.Node): ts.Statement {
    const statement = this.#f.createExpressionStatement(this.#f.createAssignment(this.#onScope(name), value));
    return at ? ts.setTextRange(statement, at) : statement;
  }

  #call(method: string, args: ts.Expression[] = []): ts.Expression {
    const f = this.#f;
    return f.createCallExpression(
      f.createPropertyAccessExpression(f.createIdentifier(KERNEL), method),
      undefined,
      args,
    );
  }

  /** `const __cell = __kernel.cell`: the cell on whose behalf this function was called. */
  #captureCell(): ts.Statement {
    const f = this.#f;
    const value = f.createPropertyAccessExpression(f.createIdentifier(KERNEL), "cell");
    const declaration = f.createVariableDeclaration(CELL, undefined, undefined, value);
    return f.createVariableStatement(
      undefined,
      f.createVariableDeclarationList([declaration], ts.NodeFlags.Const),
    );
  }

  #visit<T extends ts.Node>(node: T): T {
    return ts.visitNode(node, this.#visitor) as T;
  }

  #visitor = (node: ts.Node): ts.Node => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return node;
    if (ts.isIdentifier(node)) return this.#refersToScope(node) ? this.#onScope(node.text, node) : node;
    if (ts.isShorthandPropertyAssignment(node)) return this.#shorthand(node);
    const visited = ts.visitEachChild(node, this.#visitor, this.context);
    if (ts.isCallExpression(visited) && ts.isCallExpression(node)) return this.#called(node, visited);
    if (ts.isTaggedTemplateExpression(visited) && ts.isTaggedTemplateExpression(node)) {
      const tag = this.#detached(node.tag, visited.tag);
      return this.#f.updateTaggedTemplateExpression(visited, tag, visited.typeArguments, visited.template);
    }
    if (ts.isMetaProperty(visited)) {
      return visited.keywordToken === ts.SyntaxKind.ImportKeyword
        ? this.#f.createIdentifier("__meta")
        : visited;
    }
    if (ts.isAwaitExpression(visited)) {
      return ts.setTextRange(this.#call("resume", [this.#f.createIdentifier(CELL), visited]), node);
    }
    if (ts.isIterationStatement(visited, false)) return this.#loop(visited);
    if (ts.isFunctionLike(visited)) return this.#function(visited);
    return visited;
  };

  /** Whether an identifier means a name of the session's scope, seen from outside of its own declaration. */
  #refersToScope(node: ts.Identifier): boolean {
    return node.parent !== undefined && this.#isScoped(this.checker.getSymbolAtLocation(node), node);
  }

  #isScoped(symbol: ts.Symbol | undefined, node: ts.Node): boolean {
    const declarations = symbol?.declarations ?? [];
    if (!declarations.some((each) => this.#topLevel.has(each) || this.#comesIn(each))) return false;
    return !declarations.some((each) => ownsItsName(each) && node.pos >= each.pos && node.end <= each.end);
  }

  /** Whether a declaration is of the appended suffix: a name of an earlier cell. */
  #comesIn(declaration: ts.Node): boolean {
    return declaration.getSourceFile() === this.file && declaration.getStart(this.file) >= this.end;
  }

  #shorthand(node: ts.ShorthandPropertyAssignment): ts.Node {
    const f = this.#f;
    const symbol = this.checker.getShorthandAssignmentValueSymbol(node);
    const value = this.#isScoped(symbol, node)
      ? this.#onScope(node.name.text, node)
      : f.createIdentifier(node.name.text);
    const fallback = node.objectAssignmentInitializer;
    const target = fallback ? f.createAssignment(value, this.#visit(fallback)) : value;
    return ts.setTextRange(f.createPropertyAssignment(node.name.text, target), node);
  }

  #called(node: ts.CallExpression, visited: ts.CallExpression): ts.Node {
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      return ts.setTextRange(this.#call("import", [...visited.arguments]), node);
    }
    const callee = this.#detached(node.expression, visited.expression);
    return this.#f.updateCallExpression(visited, callee, visited.typeArguments, visited.arguments);
  }

  /** `(0, __scope.f)`: a function of the scope is called as a function, not as a method of the scope. */
  #detached(before: ts.Expression, after: ts.LeftHandSideExpression): ts.LeftHandSideExpression {
    if (!ts.isIdentifier(before) || before === after) return after;
    const comma = this.#f.createComma(this.#f.createNumericLiteral(0), after);
    const callee = ts.setTextRange(this.#f.createParenthesizedExpression(comma), before);
    // A stack trace then names the position of `f`, as it does for the call that the user wrote.
    return ts.setEmitFlags(callee, ts.EmitFlags.NoNestedSourceMaps | ts.EmitFlags.NoTrailingSourceMap);
  }

  #loop(loop: ts.IterationStatement): ts.Node {
    const f = this.#f;
    const isAsync = ts.isForOfStatement(loop) && loop.awaitModifier !== undefined;
    const look = f.createExpressionStatement(
      isAsync ? this.#call("resume", [f.createIdentifier(CELL)]) : this.#call("tick"),
    );
    const inner = ts.isBlock(loop.statement) ? loop.statement.statements : [loop.statement];
    const body = ts.setTextRange(f.createBlock([look, ...inner], true), loop.statement);
    if (ts.isForStatement(loop)) {
      return f.updateForStatement(loop, loop.initializer, loop.condition, loop.incrementor, body);
    }
    if (ts.isForOfStatement(loop)) {
      return f.updateForOfStatement(loop, loop.awaitModifier, loop.initializer, loop.expression, body);
    }
    if (ts.isForInStatement(loop))
      return f.updateForInStatement(loop, loop.initializer, loop.expression, body);
    if (ts.isWhileStatement(loop)) return f.updateWhileStatement(loop, loop.expression, body);
    if (ts.isDoStatement(loop)) return f.updateDoStatement(loop, body, loop.expression);
    return loop;
  }

  /** An async function remembers at its start for which cell it works. */
  #function(node: ts.SignatureDeclaration): ts.Node {
    const f = this.#f;
    if (!hasModifier(node, ts.SyntaxKind.AsyncKeyword)) return node;
    const withCell = (body: ts.Block) =>
      ts.setTextRange(f.createBlock([this.#captureCell(), ...body.statements], true), body);
    if (ts.isArrowFunction(node)) {
      const body = ts.isBlock(node.body)
        ? node.body
        : f.createBlock([ts.setTextRange(f.createReturnStatement(node.body), node.body)]);
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken } = node;
      return f.updateArrowFunction(
        node,
        modifiers,
        typeParameters,
        parameters,
        type,
        equalsGreaterThanToken,
        withCell(body),
      );
    }
    if (ts.isFunctionDeclaration(node) && node.body) {
      const { modifiers, asteriskToken, name, typeParameters, parameters, type } = node;
      return f.updateFunctionDeclaration(
        node,
        modifiers,
        asteriskToken,
        name,
        typeParameters,
        parameters,
        type,
        withCell(node.body),
      );
    }
    if (ts.isFunctionExpression(node)) {
      const { modifiers, asteriskToken, name, typeParameters, parameters, type } = node;
      return f.updateFunctionExpression(
        node,
        modifiers,
        asteriskToken,
        name,
        typeParameters,
        parameters,
        type,
        withCell(node.body),
      );
    }
    if (ts.isMethodDeclaration(node) && node.body) {
      const { modifiers, asteriskToken, name, questionToken, typeParameters, parameters, type } = node;
      return f.updateMethodDeclaration(
        node,
        modifiers,
        asteriskToken,
        name,
        questionToken,
        typeParameters,
        parameters,
        type,
        withCell(node.body),
      );
    }
    return node;
  }
}

/** The modifiers without `export` and `default`. */
function plain(node: ts.HasModifiers | ts.HasDecorators): ts.ModifierLike[] | undefined {
  return (node as ts.HasModifiers).modifiers?.filter(
    ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
  ) as ts.ModifierLike[] | undefined;
}

/** A function, class, enum or namespace knows itself by its own declaration. */
function ownsItsName(node: ts.Node): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isModuleDeclaration(node)
  );
}

function isAnonymous(node: ts.Expression): boolean {
  return (
    ts.isArrowFunction(node) ||
    (ts.isFunctionExpression(node) && !node.name) ||
    (ts.isClassExpression(node) && !node.name)
  );
}
