import ts = require("typescript");

/** Names that compiled code is given: the session's variables, and what the kernel does for it. */
export const SCOPE = "__scope";
export const KERNEL = "__kernel";
/** The cell on whose behalf a function was called. */
export const CELL = "__cell";

/** Makes the pieces of code that the kernel puts among the user's. */
export class Code {
  readonly #f: ts.NodeFactory;

  constructor(factory: ts.NodeFactory) {
    this.#f = factory;
  }

  onScope(name: string, at?: ts.Node): ts.Expression {
    const access = this.#f.createPropertyAccessExpression(this.#f.createIdentifier(SCOPE), name);
    return at ? ts.setSourceMapRange(access, at) : access;
  }

  assign(name: string, value: ts.Expression, at?: ts.Node): ts.Statement {
    const statement = this.#f.createExpressionStatement(this.#f.createAssignment(this.onScope(name), value));
    return at ? ts.setTextRange(statement, at) : statement;
  }

  call(method: string, args: ts.Expression[] = []): ts.Expression {
    const f = this.#f;
    return f.createCallExpression(
      f.createPropertyAccessExpression(f.createIdentifier(KERNEL), method),
      undefined,
      args,
    );
  }

  /** `__kernel.bind(__scope, "name", module, "imported")`. */
  bind(name: string, module: string, imported: string, at: ts.Node): ts.Statement {
    const f = this.#f;
    const [scope, from] = [SCOPE, module].map((each) => f.createIdentifier(each));
    const names = [name, imported].map((each) => f.createStringLiteral(each));
    const call = this.call("bind", [scope, names[0], from, names[1]]);
    return ts.setTextRange(f.createExpressionStatement(call), at);
  }

  /** `const __cell = __kernel.cell`: the cell on whose behalf this function was called. */
  captureCell(): ts.Statement {
    const f = this.#f;
    const value = f.createPropertyAccessExpression(f.createIdentifier(KERNEL), "cell");
    const declaration = f.createVariableDeclaration(CELL, undefined, undefined, value);
    return f.createVariableStatement(
      undefined,
      f.createVariableDeclarationList([declaration], ts.NodeFlags.Const),
    );
  }
}
