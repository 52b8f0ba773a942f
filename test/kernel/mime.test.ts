import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "arquero";
import { mimeBundle } from "../../kernel/mime.js";

const types = async (value: unknown) => Object.keys((await mimeBundle(value)) ?? {}).sort();

test("undefined shows nothing, everything else shows text", async () => {
  assert.equal(await mimeBundle(undefined), undefined);
  assert.deepEqual(await mimeBundle(null), { "text/plain": "null" });
  // The test runner adds hidden properties to promises.
  assert.match(String((await mimeBundle(Promise.resolve(1)))?.["text/plain"]), /^Promise \{\s+1\b/);
});

test("an object says what it looks like, at once or later; text is added", async () => {
  const html = { "text/html": "<b>x</b>" };
  assert.equal((await mimeBundle({ [Symbol.for("Jupyter.mime")]: () => html }))?.["text/html"], "<b>x</b>");
  assert.equal((await mimeBundle({ toMime: async () => html }))?.["text/html"], "<b>x</b>");
  assert.deepEqual(await types({ toMime: () => html }), ["text/html", "text/plain"]);
});

test("arquero tables are HTML of their first rows", async () => {
  const bundle = (await mimeBundle(table({ n: Array.from({ length: 30 }, (_, i) => i) })))!;
  assert.equal(bundle["text/plain"], "Table: 30 rows × 1 columns");
  assert.equal(String(bundle["text/html"]).match(/<tr>/g)?.length, 21);
  assert.match(String(bundle["text/html"]), /30 rows × 1 columns; the first 20 are shown/);
});

test("Vega-Lite specifications are plots with a static picture", async () => {
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    data: { values: [{ a: 1 }] },
    mark: "point",
    encoding: { x: { field: "a", type: "quantitative" } },
  };
  assert.deepEqual(await types(spec), ["application/vnd.vegalite.v5+json", "image/png", "text/plain"]);
  const broken = await mimeBundle({ $schema: spec.$schema, mark: 5, encoding: 7 });
  assert.match(String(broken?.["text/plain"]), /does not compile/);
});

test("the bytes of pictures are pictures, other bytes are not", async () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]);
  assert.equal((await mimeBundle(png))?.["image/png"], "iVBORw0KGgoA");
  assert.deepEqual(await types(Uint8Array.from([1, 2])), ["text/plain"]);
});

test("an error is its message, without colours", async () => {
  const text = String((await mimeBundle(new TypeError("wrong")))?.["text/plain"]);
  assert.match(text, /^TypeError: wrong\n/);
  assert.ok(!text.includes("\u001b"));
});

test("big values are cut with a note", async () => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i]));
  const text = String((await mimeBundle(many))?.["text/plain"]);
  assert.ok(text.length < 51_000);
  assert.match(text, /\[cut: the first 50000 of \d+ characters\]$/);
});
