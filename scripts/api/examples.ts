import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { isFunction, type Library } from "./program.js";

/** The first page, without the list of the others; it has the lines that the examples start from. */
export const START = "scripts/api/start.md";

/** A piece of code from a doc comment. */
export interface Example {
  /** Whose it is: an export, or a method of one. */
  of: string;
  code: string;
}

/** The examples of all that is exported, and those exported functions that have none. */
export function examplesOf({ exports }: Library): { examples: Example[]; without: string[] } {
  const examples: Example[] = [];
  const without: string[] = [];
  for (const [name, symbol] of exports) {
    const before = examples.length;
    for (const declaration of symbol.declarations!) {
      collect(name, declaration);
      if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration))
        for (const member of declaration.members) collect(`${name}.${member.name?.getText()}`, member);
    }
    if (isFunction(symbol) && examples.length === before) without.push(name);
  }
  return { examples, without };

  function collect(of: string, node: ts.Node): void {
    for (const tag of ts.getJSDocTags(node)) {
      if (tag.tagName.text !== "example") continue;
      examples.push({ of, code: ts.getTextOfJSDocComment(tag.comment)! });
    }
  }
}

/** All examples as code. */
export interface ExampleCode {
  /** TypeScript to be checked: a module that stands beside `src/index.ts`. */
  module: string;
  /** The line of it that each example begins on, counted from 0. */
  lines: number[];
  /**
   * JavaScript: the body of an asynchronous function of `library` (what is exported), `told` and `shown`, which makes what the
   * examples start from and returns a function of each.
   */
  body: string;
}

/**
 * What a line is said to come to (`// → 700`) is handed to `told`, with the value; that of an example's last line to `shown`, as a
 * notebook would show it.
 */
export function codeOf({ exports }: Library, root: string, examples: readonly Example[]): ExampleCode {
  const values = [...exports].filter(([, symbol]) => symbol.flags & ts.SymbolFlags.Value);
  const names = `{ ${values.map(([name]) => name).join(", ")} }`;
  const head = [
    `import { ${[...exports.keys()].join(", ")} } from "./index.js";`,
    "declare function told(value: unknown, expected: string): void;",
    "declare function shown(value: unknown): Promise<void>;",
    startingLines(root),
  ].join("\n");
  const functions = examples.map(({ code }, i) => `async function example${i}() {\n${withChecks(code)}\n}`);
  const lines: number[] = [];
  functions.reduce((line, text) => {
    lines.push(line);
    return line + text.split("\n").length;
  }, head.split("\n").length);
  const module = [head, ...functions].join("\n");
  const { outputText } = ts.transpileModule(module.slice(module.indexOf("\n")), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const list = examples.map((_, i) => `example${i}`).join(", ");
  return { module, lines, body: `const ${names} = library;\n${outputText}\nreturn [${list}];` };
}

/** The lines that all examples start from. */
function startingLines(root: string): string {
  return /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, START), "utf8"))![1];
}

/** The code with calls of `told` and `shown`. */
function withChecks(code: string): string {
  const { statements } = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  return statements
    .map((statement, i) => {
      const [range] = ts.getTrailingCommentRanges(code, statement.end) ?? [];
      const said = range && /^\/\/ ([→≈] .*)$/.exec(code.slice(range.pos, range.end))?.[1];
      const text = statement.getFullText();
      if (ts.isExpressionStatement(statement)) {
        const value = statement.expression.getText();
        if (said) return `\ntold(${value}, ${JSON.stringify(said)});`;
        return i === statements.length - 1 ? `\nawait shown(${value});` : text;
      }
      if (!said) return text;
      if (!ts.isVariableStatement(statement))
        throw new Error(`only an expression or a variable has a value: ${text}`);
      const name = statement.declarationList.declarations[0].name.getText();
      return `${text}\ntold(${name}, ${JSON.stringify(said)});`;
    })
    .join("");
}
