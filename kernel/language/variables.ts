import { type Code, SCOPE } from "./code.js";

import ts = require("typescript");

/** Declarations of the file's own variables become assignments to its scope. */
export class Variables {
  readonly #f: ts.NodeFactory;

  /**
   * @param topLevel the nodes that declare the file's own names
   * @param visit rewrites an expression
   */
  constructor(
    factory: ts.NodeFactory,
    readonly code: Code,
    readonly topLevel: Set<ts.Node>,
    readonly visit: <T extends ts.Node>(node: T) => T,
  ) {
    this.#f = factory;
  }

  /** Whether a list declares variables of the file, and not of a function or block in it. */
  own({ declarations }: ts.VariableDeclarationList): boolean {
    const isOwn = (node: ts.VariableDeclaration | ts.BindingElement): boolean =>
      ts.isIdentifier(node.name)
        ? this.topLevel.has(node)
        : node.name.elements.some((element) => ts.isBindingElement(element) && isOwn(element));
    return declarations.some(isOwn);
  }

  /** For a list that is a statement. */
  statements({ declarations, flags }: ts.VariableDeclarationList): ts.Statement[] {
    const isVar = (flags & ts.NodeFlags.BlockScoped) === 0;
    return declarations
      .filter(({ initializer }) => initializer || !isVar)
      .map((each) => this.#statement(each));
  }

  /** For a list in the head of a loop: what is assigned there, or in `for (… of …)` what to. */
  head(list: ts.VariableDeclarationList): ts.Expression {
    if (!ts.isForStatement(list.parent)) return this.#target(list.declarations[0].name);
    const assignments = list.declarations
      .filter(({ initializer }) => initializer)
      .map((each) => this.#assignment(each));
    if (assignments.length === 0) return this.#f.createVoidZero();
    return assignments.reduce((all, next) => this.#f.createComma(all, next));
  }

  /** `var` is there from the beginning, and keeps a value that it has. */
  hoist(name: string): ts.Statement {
    const f = this.#f;
    const isThere = f.createBinaryExpression(
      f.createStringLiteral(name),
      ts.SyntaxKind.InKeyword,
      f.createIdentifier(SCOPE),
    );
    const assignment = f.createAssignment(this.code.onScope(name), f.createVoidZero());
    return f.createExpressionStatement(
      f.createLogicalOr(isThere, f.createParenthesizedExpression(assignment)),
    );
  }

  #statement(declaration: ts.VariableDeclaration): ts.Statement {
    const f = this.#f;
    const { name, initializer } = declaration;
    if (ts.isIdentifier(name) && initializer && isAnonymous(initializer)) {
      // Only a declaration gives a function or class its name.
      const local = f.createVariableDeclaration(name.text, undefined, undefined, this.visit(initializer));
      const list = f.createVariableDeclarationList([local], ts.NodeFlags.Const);
      const block = f.createBlock([
        f.createVariableStatement(undefined, list),
        this.code.assign(name.text, f.createIdentifier(name.text)),
      ]);
      return ts.setTextRange(block, declaration);
    }
    return ts.setTextRange(f.createExpressionStatement(this.#assignment(declaration)), declaration);
  }

  #assignment({ name, initializer }: ts.VariableDeclaration): ts.Expression {
    const f = this.#f;
    const value = initializer ? this.visit(initializer) : f.createVoidZero();
    if (ts.isIdentifier(name)) return f.createAssignment(this.code.onScope(name.text), value);
    return f.createParenthesizedExpression(f.createAssignment(this.#target(name), value));
  }

  /** A declaration's name or pattern as that of an assignment to the scope. */
  #target(name: ts.BindingName): ts.Expression {
    const f = this.#f;
    if (ts.isIdentifier(name)) return this.code.onScope(name.text, name);
    const target = (element: ts.BindingElement) => {
      const inner = this.#target(element.name);
      return element.initializer ? f.createAssignment(inner, this.visit(element.initializer)) : inner;
    };
    if (ts.isObjectBindingPattern(name)) {
      return f.createObjectLiteralExpression(
        name.elements.map((element) =>
          element.dotDotDotToken
            ? f.createSpreadAssignment(target(element))
            : f.createPropertyAssignment(
                element.propertyName
                  ? this.visit(element.propertyName)
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
}

function isAnonymous(node: ts.Expression): boolean {
  return (
    ts.isArrowFunction(node) ||
    (ts.isFunctionExpression(node) && !node.name) ||
    (ts.isClassExpression(node) && !node.name)
  );
}
