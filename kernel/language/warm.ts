import { startupSnapshot } from "node:v8";
import { PACKAGE_ROOT } from "../package.js";
import { Cells } from "./cells.js";
import { serve } from "./serve.js";

/** What the snapshot is taken of: a language service that has seen a little of everything. */

// A real collator is made of native memory, which a snapshot cannot hold. We sort completions ourselves.
class Collator {
  compare(a: string, b: string): number {
    return a < b ? -1 : Number(a > b);
  }
}
Object.defineProperty(Intl, "Collator", { value: Collator });

const cells = new Cells(PACKAGE_ROOT);
const samples = [
  'import { readFileSync } from "node:fs";\nconst text: string = readFileSync("x", "utf8");',
  "async function twice(x: number) { return 2 * x; }\nfor (const n of [1, 2]) console.log(await twice(n));",
  "class Point { constructor(readonly x = 0, readonly y = 0) {} }\nnew Point(1).x",
  'const wrong: number = "text";',
];
for (const sample of samples) {
  const compiled = cells.compile(sample, 0);
  if (compiled.ok) cells.commit(compiled.cell, []);
}
cells.complete("console.", 8);
cells.complete("con", 3);
cells.inspect("console.log(1)", 9);
cells.isComplete("function f() {");
cells.restart(PACKAGE_ROOT);

startupSnapshot.setDeserializeMainFunction(() => {
  // The arguments of this process: node, directory.
  cells.restart(process.argv[1]);
  serve(cells);
});
