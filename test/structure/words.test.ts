import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";
import { shippedSources } from "./sources.js";

/** Calls whose texts no reader sees, or sees through the translator. */
const ELSEWHERE = /^(__|Error|\w+Error|querySelector(All)?|closest|matches|getContext|matchMedia|load)$/;
/** What goes onto the page with the text that it is given. */
const SHOWN = /^(textContent|title|placeholder|ariaLabel|alt|label)$/;

/** Texts that a module of the extension puts onto the page as they are. */
function bareTexts(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const isText = (node: ts.Node): node is ts.StringLiteralLike =>
    ts.isStringLiteralLike(node) && /\p{L}{2}/u.test(node.text);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const name = ts.isPropertyAccessExpression(node.expression)
        ? node.expression.name.text
        : node.expression.getText();
      if (ELSEWHERE.test(name)) return;
      const args = [...(node.arguments ?? [])];
      const shown =
        (name === "element" && args[2]) ||
        (name === "setAttribute" && /aria-label|title|alt/.test(args[0]?.getText() ?? "") && args[1]);
      if (shown && isText(shown)) found.push(shown.text);
    } else if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(node.left) &&
      SHOWN.test(node.left.name.text) &&
      isText(node.right)
    )
      found.push(node.right.text);
    else if (ts.isPropertyAssignment(node) && SHOWN.test(node.name.getText()) && isText(node.initializer))
      found.push(node.initializer.text);
    // A sentence is meant for someone, wherever it stands.
    if (isText(node) && /^\p{Lu}\p{L}* \p{L}+ .*\p{L}/u.test(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.map((text) => `${path}: ${text}`);
}

test("all that the extension says goes through the translator", () => {
  const paths = shippedSources().filter((path) => path.startsWith("extension/src/"));
  assert.ok(paths.length > 30);
  // What the page lists of the plugins is not translated by JupyterLab.
  assert.deepEqual(paths.filter((path) => path !== "extension/src/index.ts").flatMap(bareTexts), []);
});

test("bare texts are found", () => {
  assert.deepEqual(
    bareTexts("extension/src/index.ts").some((text) => text.includes("Renders embeddings of cells.")),
    true,
  );
});
