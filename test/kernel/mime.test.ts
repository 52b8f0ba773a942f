import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "arquero";
import { Cell } from "../../kernel/cell.js";
import { mimeBundle } from "../../kernel/mime.js";
import { Output } from "../../kernel/output.js";
import type { Header } from "../../kernel/wire.js";
import { shown, withLater } from "../../src/host/displayable.js";
import type { MimeBundle } from "../../src/host/host.js";
import { escapeText } from "../../src/support/markup.js";
import { assertOnly, HOSTILE } from "../support/hostile.js";

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

test("a bundle by a symbol, or a method that gives one, as packages made for Deno have it", async () => {
  const html = { "text/html": "<b>x</b>" };
  for (const name of ["Jupyter.mime", "Jupyter.display"]) {
    class OfClass {}
    for (const each of [OfClass, OfClass.prototype])
      Object.defineProperty(each, Symbol.for(name), { value: () => html });
    const values = [
      { [Symbol.for(name)]: html },
      { [Symbol.for(name)]: async () => html },
      OfClass,
      new OfClass(),
    ];
    for (const value of values) assert.equal((await mimeBundle(value))?.["text/html"], "<b>x</b>");
  }
  assert.deepEqual(await types({ toMime: html }), ["text/plain"]);
});

test("what is known at once is told at once, as it is then", () => {
  const list = [1];
  const bundle = mimeBundle(list);
  list.push(2);
  assert.deepEqual(bundle, { "text/plain": "[ 1 ]" });
  const spec = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", title: "one", mark: "point" };
  const plot = mimeBundle(spec);
  spec.title = "two";
  assert.ok(plot instanceof Promise);
  return plot.then((made) => assert.equal(made["text/plain"], "one"));
});

/** An element as jsdom's are, as far as the kernel looks at it. */
const element = (localName: string, inner = "", namespaceURI = "http://www.w3.org/1999/xhtml") => ({
  nodeType: 1,
  localName,
  namespaceURI,
  outerHTML: `<${localName}>${inner}</${localName}>`,
});

test("elements of a document are HTML, an SVG is a picture", async () => {
  const svg = element("svg", "<g></g>", "http://www.w3.org/2000/svg");
  const picture = '<svg xmlns="http://www.w3.org/2000/svg"><g></g></svg>';
  assert.equal((await mimeBundle(svg))?.["image/svg+xml"], picture);
  const window = {
    XMLSerializer: class {
      serializeToString = () => "<xml/>";
    },
  };
  const own = { ...svg, ownerDocument: { defaultView: window } };
  assert.equal((await mimeBundle(own))?.["image/svg+xml"], "<xml/>");
  assert.equal((await mimeBundle(element("figure", "f")))?.["text/html"], "<figure>f</figure>");
  const circle = element("circle", "", "http://www.w3.org/2000/svg");
  assert.equal((await mimeBundle(circle))?.["text/html"], "<circle></circle>");
  const fragment = { nodeType: 11, children: [element("i"), element("b")] };
  assert.equal((await mimeBundle(fragment))?.["text/html"], "<i></i><b></b>");
  const document = { nodeType: 9, documentElement: element("html") };
  assert.equal((await mimeBundle(document))?.["text/html"], "<html></html>");
  assert.deepEqual(await types({ nodeType: 3, data: "text" }), ["text/plain"]);
});

test("tables of Arrow, which draw nothing themselves", async () => {
  const columns = [
    { name: "n", get: (i: number) => BigInt(i) },
    { name: "<t>", get: (i: number) => (i === 0 ? null : `a<b ${i}`) },
    { name: "list", get: (i: number) => ({ offsets: [0], toJSON: () => [i, 2] }) },
  ];
  const arrow = {
    numRows: 30,
    numCols: 3,
    schema: { fields: columns.map(({ name }) => ({ name })) },
    getChildAt: (i: number) => columns[i],
  };
  const { schema, ...unnamed } = arrow;
  for (const value of [arrow, { ...unnamed, names: schema.fields.map(({ name }) => name) }]) {
    const bundle = (await mimeBundle(value))!;
    assert.equal(bundle["text/plain"], "Table: 30 rows × 3 columns");
    const html = String(bundle["text/html"]);
    assert.equal(html.match(/<tr>/g)?.length, 21);
    assert.match(
      html,
      /<th>&lt;t&gt;<\/th>.*<tr><td style="text-align: right">0<\/td><td><\/td><td>\[ 0, 2 \]<\/td><\/tr><tr><td style="text-align: right">1<\/td><td>a&lt;b 1</,
    );
    assert.match(html, /30 rows × 3 columns; the first 20 are shown/);
  }
});

test("any frame that draws itself and knows its rows and columns", async () => {
  const toHTML = ({ limit }: { limit: number }) => `<table>${limit}</table>`;
  for (const size of [
    { numRows: () => 30, numCols: () => 2 },
    { height: 30, width: 2 },
    { shape: [30, 2] },
    { shape: { height: 30, width: 2 } },
    { rows: Array(30), columns: ["a", "b"] },
  ]) {
    const bundle = (await mimeBundle({ ...size, toHTML }))!;
    assert.equal(bundle["text/plain"], "Table: 30 rows × 2 columns");
    assert.match(String(bundle["text/html"]), /^<table>20<\/table>/);
  }
  assert.deepEqual(await types({ toHTML: () => "<i>" }), ["text/plain"]);
});

test("arquero tables are HTML of their first rows", async () => {
  const bundle = (await mimeBundle(table({ n: Array.from({ length: 30 }, (_, i) => i) })))!;
  assert.equal(bundle["text/plain"], "Table: 30 rows × 1 columns");
  assert.equal(String(bundle["text/html"]).match(/<tr>/g)?.length, 21);
  assert.match(String(bundle["text/html"]), /30 rows × 1 columns; the first 20 are shown/);
});

test("names of columns are no markup, whoever draws the table", async () => {
  for (const name of HOSTILE) {
    const obs = table({ [name]: [name, "b"], n: [1.23456789, 2] });
    const html = String((await mimeBundle(obs))?.["text/html"]);
    assertOnly(html, ["table", "thead", "tbody", "tr", "th", "td", "p"], ["style"]);
    assert.ok(html.includes(`<th>${escapeText(name)}</th>`) && html.includes(`<td>${escapeText(name)}</td>`));
    assert.ok(html.includes('<td style="text-align: right">1.23457</td>'));
    // arquero's own drawing, as that of a library that we don't know.
    const foreign = { height: 2, width: 2, toHTML: () => obs.toHTML() };
    const drawn = String((await mimeBundle(foreign))?.["text/html"]);
    assertOnly(drawn, ["table", "thead", "tbody", "tr", "th", "td", "p"], ["style"]);
  }
  const spans = '<table class="x" onclick="alert(1)"><TD style="text-align: right;">a &amp; b</TD></table>';
  const kept = String((await mimeBundle({ height: 1, width: 1, toHTML: () => spans }))?.["text/html"]);
  assert.match(kept, /^<table><td style="text-align: right">a &amp; b<\/td><\/table>/);
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

test("what is made when it is read is shown after the rest, which a value of a cell is displayed for", () => {
  const sent: { type: string; content: Record<string, unknown> }[] = [];
  const output = new Output(({ type, content }) => {
    sent.push({ type, content: JSON.parse(String(content)) });
  });
  const cell = new Cell({ msg_id: "1" } as Header, 7);
  let made = 0;
  const draw = () => `picture ${++made}`;
  const bundle = mimeBundle(shown(withLater({ "text/plain": "cells" }, "image/png", draw))) as MimeBundle;
  assert.equal(made, 0);
  output.result(bundle, cell);
  assert.deepEqual(
    sent.map(({ type, content }) => [type, content.data]),
    [["display_data", { "text/plain": "cells" }]],
  );
  output.flush();
  assert.equal(sent[1].type, "update_display_data");
  assert.deepEqual(sent[1].content.data, { "text/plain": "cells", "image/png": "picture 1" });
  assert.deepEqual(sent[1].content.transient, sent[0].content.transient);

  // What its own code draws there meanwhile stays.
  output.display(bundle, {}, "id", cell).update({ "text/plain": "other" });
  output.flush();
  assert.deepEqual(sent.at(-1)?.content.data, { "text/plain": "other" });
  assert.equal(sent.length, 4);

  output.result({ "text/plain": "whole" }, cell);
  assert.deepEqual([sent[4].type, sent[4].content.execution_count], ["execute_result", 7]);
  assert.equal(made, 1);
});
