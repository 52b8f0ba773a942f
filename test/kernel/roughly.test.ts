import assert from "node:assert/strict";
import { test } from "node:test";
import { isComplete } from "../../kernel/language/incomplete.js";
import { roughlyComplete } from "../../kernel/roughly.js";

const SAMPLES = [
  ...[
    "1",
    "const x = 1;",
    "function f() {\n  return 1;\n}",
    "f('(')",
    'f("[")',
    "/[(]/.test(x)",
    "a / b / c",
    "`(`",
  ],
  ...[
    "`\u0024{`}`}`",
    "`it's`",
    "// (",
    "/* ( */ 1",
    "x++",
    "a => ({})",
    "return_",
    "x = { a: '\\'' }",
    "(a) / 2 / (b)",
    "",
  ],
  ...[
    "function f() {",
    "`not yet",
    "[1,",
    "({",
    "f({\n  a: [",
    "f(`(`, [\n",
    "1 +",
    "const x =",
    "x.",
    "/* open",
    "`${",
  ],
  ...["`${{", "a ?", "(x) =>", "function f() {\n  if (true) {", "f(/\\(/, ["],
  ...["'abc", "f('abc", 'x = "', "}", "(]", "f())"],
];

test("brackets and quotes tell what TypeScript tells", () => {
  for (const code of SAMPLES) assert.deepEqual(roughlyComplete(code), isComplete(code), code);
});

test("it takes no time, whatever it reads", () => {
  const started = performance.now();
  for (const piece of ["(", "`${", "'", "/", "a b ", "\\", "/*"]) roughlyComplete(piece.repeat(100_000));
  assert.ok(performance.now() - started < 5000);
});
