import { CELL, Code, SCOPE } from "./code.js";
import { hasModifier } from "./names.js";
import { Variables } from "./variables.js";

import ts = require("typescript");

/** What a file itself does not tell. */
export interface Surroundings {
  /** What a function or class says of where it was written. */
  mark(node: ts.Node, file: ts.SourceFile): string;
  /** The file that an import means by the `paths` of a `tsconfig.json`; undefined for any other. */
  locate(name: string): string | undefined;
}

/** Rewrites what stands inside of a cell's statements: references to its scope, awaits, loops, async functions. */
export class Expressions {
  readonly #f: ts.NodeFactory;
  readonly #code: Code;
  readonly variables: Variables;

  /**
   * @param topLevel the nodes that declare the file's own names
   * @param end where the user's code ends and the appended module suffix begins
   */
  constructor(
    readonly context: ts.TransformationContext,
    readonly checker: ts.TypeChecker,
    readonly file: ts.SourceFile,
    readonly end: number,
    readonly topLevel: Set<ts.Node>,
    readonly around: Surroundings,
  ) {
    this.#f = context.factory;
    this.#code = new Code(context.factory);
    this.variables = new Variables(context.factory, this.#code, topLevel, (node) => this.visit(node));
  }

  visit<T extends ts.Node>(node: T): T {
    return ts.visitNode(node, this.#visitor) as T;
  }

  /** A declaration of variables may become several statements. */
  statements(statement: ts.Statement): ts.Statement[] {
    return [...ts.visitNodes(this.#f.createNodeArray([statement]), this.#visitor, ts.isStatement)];
  }

  #visitor = (node: ts.Node): ts.Node | ts.Node[] => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return node;
    if (ts.isIdentifier(node)) return this.#refersToScope(node) ? this.#code.onScope(node.text, node) : node;
    if (ts.isShorthandPropertyAssignment(node)) return this.#shorthand(node);
    if (ts.isVariableStatement(node) && this.variables.own(node.declarationList))
      return this.variables.statements(node.declarationList);
    if (ts.isVariableDeclarationList(node) && this.variables.own(node)) return this.variables.head(node);
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
      return ts.setTextRange(this.#code.call("resume", [this.#f.createIdentifier(CELL), visited]), node);
    }
    if (ts.isCatchClause(visited)) return this.#caught(visited);
    if (ts.isIterationStatement(visited, false)) return this.#loop(visited);
    if (ts.isFunctionLike(visited)) return this.#marked(node, this.#function(visited));
    if (ts.isClassLike(visited)) return this.#marked(node, visited);
    return visited;
  };

  /** With a comment by which its text is found again (`originals.ts`), on a part that is always written out. */
  #marked(written: ts.Node, node: ts.Node): ts.Node {
    const body = ts.isClassLike(node) ? node : (node as ts.FunctionLikeDeclaration).body;
    const parts = body && (ts.isBlock(body) ? body.statements : ts.isClassLike(body) ? body.members : [body]);
    const part = parts?.[0];
    if (part)
      ts.addSyntheticLeadingComment(
        part,
        ts.SyntaxKind.MultiLineCommentTrivia,
        this.around.mark(written, this.file),
      );
    return node;
  }

  /** Whether an identifier means a name of the session's scope, seen from outside of its own declaration. */
  #refersToScope(node: ts.Identifier): boolean {
    return node.parent !== undefined && this.#isScoped(this.checker.getSymbolAtLocation(node), node);
  }

  #isScoped(symbol: ts.Symbol | undefined, node: ts.Node): boolean {
    const declarations = symbol?.declarations ?? [];
    if (!declarations.some((each) => this.topLevel.has(each) || this.#comesIn(each))) return false;
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
      ? this.#code.onScope(node.name.text, node)
      : f.createIdentifier(node.name.text);
    const fallback = node.objectAssignmentInitializer;
    const target = fallback ? f.createAssignment(value, this.visit(fallback)) : value;
    return ts.setTextRange(f.createPropertyAssignment(node.name.text, target), node);
  }

  #called(node: ts.CallExpression, visited: ts.CallExpression): ts.Node {
    const [first, ...rest] = visited.arguments;
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword)
      return ts.setTextRange(this.#code.call("import", [this.located(first), ...rest]), node);
    if (first && isDirectEval(visited)) {
      const code = this.#code.call("evaluated", [this.#f.createIdentifier(SCOPE), first]);
      return this.#f.updateCallExpression(visited, visited.expression, undefined, [code, ...rest]);
    }
    const callee = this.#detached(node.expression, visited.expression);
    const args = isOfRejection(node)
      ? visited.arguments.map((each) => this.#catching(each))
      : visited.arguments;
    return this.#f.updateCallExpression(visited, callee, visited.typeArguments, args);
  }

  /** What an import is to load. */
  located(specifier: ts.Expression): ts.Expression {
    const file = ts.isStringLiteralLike(specifier) ? this.around.locate(specifier.text) : undefined;
    return file === undefined ? specifier : this.#f.createStringLiteral(file);
  }

  /** `catch (e) { __kernel.caught(e); … }`: V8's words for our code become those for the user's. */
  #caught(clause: ts.CatchClause): ts.CatchClause {
    const f = this.#f;
    const { variableDeclaration, block } = clause;
    if (!variableDeclaration) return clause;
    const { name } = variableDeclaration;
    const isName = ts.isIdentifier(name);
    const error = isName ? name : f.createUniqueName("__caught");
    const told = this.#code.call("caught", [error]);
    const first = isName
      ? f.createExpressionStatement(told)
      : f.createVariableStatement(
          undefined,
          f.createVariableDeclarationList(
            [f.createVariableDeclaration(name, undefined, undefined, told)],
            ts.NodeFlags.Let,
          ),
        );
    const body = ts.setTextRange(f.createBlock([first, ...block.statements], true), block);
    return f.updateCatchClause(
      clause,
      isName ? variableDeclaration : f.createVariableDeclaration(error),
      body,
    );
  }

  /** The same for a function that is written where a promise's rejection goes. */
  #catching(node: ts.Expression): ts.Expression {
    if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return node;
    const [first] = node.parameters;
    if (!first || !ts.isIdentifier(first.name) || first.dotDotDotToken) return node;
    const f = this.#f;
    const told = f.createExpressionStatement(this.#code.call("caught", [first.name]));
    const { body } = node;
    const statements = ts.isBlock(body)
      ? body.statements
      : [ts.setTextRange(f.createReturnStatement(body), body)];
    const block = ts.setTextRange(f.createBlock([told, ...statements], true), body);
    return this.#replaced(node, body, block) as ts.Expression;
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
      isAsync ? this.#code.call("resume", [f.createIdentifier(CELL)]) : this.#code.call("tick"),
    );
    const inner = ts.isBlock(loop.statement) ? loop.statement.statements : [loop.statement];
    const body = ts.setTextRange(f.createBlock([look, ...inner], true), loop.statement);
    return this.#replaced(loop, loop.statement, body);
  }

  /** An async function remembers at its start for which cell it works. */
  #function(node: ts.SignatureDeclaration): ts.Node {
    const f = this.#f;
    if (!hasModifier(node, ts.SyntaxKind.AsyncKeyword)) return node;
    const { body } = node as ts.FunctionLikeDeclaration;
    if (!body) return node;
    const block = ts.isBlock(body)
      ? body
      : f.createBlock([ts.setTextRange(f.createReturnStatement(body), body)]);
    const statements = [this.#code.captureCell(), ...block.statements];
    const withCell = ts.setTextRange(f.createBlock(statements, true), block);
    return this.#replaced(node, body, withCell);
  }

  /** The node with another body. */
  #replaced(node: ts.Node, body: ts.Node, by: ts.Node): ts.Node {
    return ts.visitEachChild(node, (child) => (child === body ? by : child), this.context);
  }
}

/** `eval(…)`, which sees what stands around it; any other way to call it does not. */
function isDirectEval({ expression, questionDotToken }: ts.CallExpression): boolean {
  return ts.isIdentifier(expression) && expression.text === "eval" && !questionDotToken;
}

/** `promise.catch(…)`, `promise.then(…, …)`. */
function isOfRejection({ expression, arguments: args }: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression)) return false;
  const { text } = expression.name;
  return (text === "catch" && args.length === 1) || (text === "then" && args.length === 2);
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
