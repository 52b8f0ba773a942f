import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeText } from "../../src/support/markup.js";
import { printable } from "../../src/support/printable.js";
import { HOSTILE, UNPRINTABLE } from "./hostile.js";

test("text is no markup, in elements and in attributes", () => {
  assert.equal(escapeText(`<a href="x" id='y'>&lt;`), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;lt;");
  for (const text of HOSTILE) assert.doesNotMatch(escapeText(text), /[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
});

test("what no page, picture or terminal can hold is shown as a box; all writing stays", () => {
  for (const character of UNPRINTABLE) assert.equal(printable(`a${character}b`), "a□b");
  const fine = "müller κ\tCD14+\nТ-клетка 細胞 تائية 🧬 a\u200db";
  assert.equal(printable(fine), fine);
});
