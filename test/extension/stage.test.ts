import assert from "node:assert/strict";
import { test } from "node:test";
import { dragged, placeAt, seenAt, showing, WHOLE, zoomed } from "../../extension/src/embedding/camera.js";
import { rowsAsCode } from "../../extension/src/embedding/code.js";
import { paletteOf } from "../../extension/src/embedding/colors.js";
import { middles, shownLabels } from "../../extension/src/embedding/labels.js";
import { layoutOf } from "../../extension/src/embedding/layout.js";
import { membersOf } from "../../extension/src/embedding/members.js";
import { classWords, mistakesOf } from "../../extension/src/embedding/mistakes.js";
import { Rows } from "../../extension/src/embedding/rows.js";
import { table } from "../../extension/src/embedding/table.js";
import { Selection, selectionOf } from "../../extension/src/selection.js";
import { PALETTE } from "../../src/views/palette.js";

/** What the embedding view reckons before anything is drawn. */

const trans = { __: (text: string, ...values: unknown[]) => text.replace("%1", String(values[0])) };

test("a camera sees what it is told: the corners, a drag, a zoom that keeps the place under the pointer", () => {
  assert.deepEqual(seenAt(WHOLE, 200, -1, 1), { left: 0, top: 0 });
  assert.deepEqual(seenAt(WHOLE, 200, 1, -1), { left: 200, top: 200 });
  assert.deepEqual(placeAt({ x: 0.5, y: 0, zoom: 2 }, 200, { left: 0, top: 100 }), [0, 0]);
  // 50 of 200 pixels are half a unit.
  assert.deepEqual(dragged(WHOLE, 200, 50, -20), { x: -0.5, y: -0.2, zoom: 1 });
  const at = { left: 150, top: 30 };
  const near = zoomed(WHOLE, 200, 4, at);
  assert.equal(near.zoom, 4);
  const [before, after] = [placeAt(WHOLE, 200, at), placeAt(near, 200, at)];
  assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-12);
  assert.equal(zoomed(near, 200, 1e9, at).zoom, 400);
  assert.equal(showing(near, near.x + 0.1, near.y), near, "in view already");
  assert.deepEqual(showing(near, -0.9, 0.3), { x: -0.9, y: 0.3, zoom: 4 });
  assert.equal(dragged(WHOLE, 200, -9000, 0).x, 1, "something stays in view");
});

test("panels are equal squares that fit the output: 60 % of the window and 560 px at most", () => {
  const room = (width: number, windowHeight = 900, full = false) => ({ width, windowHeight, full });
  // 1,000 − 300 of the classes − two gaps of 16, halved, less the frame.
  assert.deepEqual(layoutOf(room(1000), 2), { side: 332, tabs: false, beside: true });
  assert.deepEqual(layoutOf(room(1800), 2), { side: 540, tabs: false, beside: true });
  assert.deepEqual(layoutOf(room(1800, 1200), 1), { side: 560, tabs: false, beside: true });
  assert.deepEqual(layoutOf(room(559), 2), { side: 540, tabs: true, beside: false });
  assert.deepEqual(layoutOf(room(560), 3), { side: 174, tabs: false, beside: false });
  assert.deepEqual(
    layoutOf(room(559), 1),
    { side: 540, tabs: false, beside: false },
    "one panel has no tabs",
  );
  assert.equal(layoutOf(room(1920, 1080, true), 2).side, 792);
  assert.equal(layoutOf(room(40), 1).side, 120);
});

test("of names that collide the smaller class's hides, and what would be cut", () => {
  const label = (left: number, top: number, size: number) => ({ left, top, width: 60, size });
  assert.deepEqual(
    shownLabels([label(100, 100, 5), label(130, 108, 9), label(100, 130, 1), label(20, 50, 99)], 200),
    [false, true, true, false],
  );
});

test("a name stands on the cell nearest to its class's medians", () => {
  // Medians 2 and 2 of the first class (numpy.median), where no cell of it lies.
  const x = Float32Array.from([0, 2, 5, 9]);
  const y = Float32Array.from([2, 0, 5, 9]);
  const places = { x, y, placed: Uint32Array.from([0, 1, 2]) };
  assert.deepEqual(middles([0, 0, 0, 1], 2, places), [
    { x: 0, y: 2, size: 3 },
    { x: 0, y: 0, size: 0 },
  ]);
});

test("cells are found by class, those of none among them", () => {
  const { sizes, of } = membersOf(Uint8Array.from([1, 0, 9, 1]), 2);
  assert.deepEqual([...sizes], [1, 2, 1]);
  assert.deepEqual([...of(1)], [0, 3]);
  assert.deepEqual([...of(2)], [2]);
});

test("a view of a sample and one of the whole speak of the same rows", () => {
  const sample = new Rows(Uint32Array.from([30, 10, 20]));
  assert.deepEqual([...sample.of(Uint32Array.from([0, 2]))], [30, 20]);
  assert.deepEqual([...sample.flags(Uint32Array.from([10, 11, 20]))], [0, 1, 1]);
  const whole = new Rows(Uint32Array.from([0, 1, 2]));
  assert.deepEqual([...whole.flags(Uint32Array.from([2, 7]))], [0, 0, 1]);
  assert.equal(whole.cell(3), undefined);
});

test("a selection is replaced, added to and taken from, and says what it is", () => {
  const selection = new Selection();
  let told = 0;
  selection.onChange(() => told++);
  selection.change([5, 3, 3, 12], "true B");
  assert.deepEqual([...selection.rows], [3, 5, 12]);
  selection.change([4, 5], "lasso", "add");
  assert.deepEqual([...selection.rows], [3, 4, 5, 12]);
  assert.equal(selection.what, "true B + lasso");
  selection.change([1, 5, 12], "rectangle", "subtract");
  assert.deepEqual([...selection.rows], [3, 4]);
  assert.equal(selection.what, "true B + lasso − rectangle");
  selection.change([3, 4], "rectangle", "subtract");
  assert.deepEqual([selection.rows.length, selection.what], [0, ""]);
  selection.hover(Uint32Array.of(1));
  selection.change([1], "true B");
  assert.equal(selection.preview, null);
  assert.equal(told, 6);
  assert.equal(selectionOf("a table"), selectionOf("a table"));
  assert.notEqual(selectionOf(), selectionOf());
});

test("a million rows are selected and taken back quickly", () => {
  const rows = Uint32Array.from({ length: 1e6 }, (_, i) => 2 * i);
  const selection = new Selection();
  const started = performance.now();
  selection.change(rows, "half");
  selection.change(rows.subarray(5e5), "some", "subtract");
  assert.equal(selection.rows.length, 5e5);
  assert.ok(performance.now() - started < 1000);
});

const categories = [
  { name: "B", color: "#0072b2" },
  { name: "T", color: "#e69f00" },
];
const shared = (title: string, codes: number[]) => ({ title, codes: Uint8Array.from(codes), categories });
const embedding = {
  ...{ title: "", cells: 4, axes: ["1", "2"] as [string, string], more: [], tooltip: [] },
  x: new Float32Array(4),
  y: new Float32Array(4),
  placed: Uint32Array.from([0, 1, 2, 3]),
  rows: Uint32Array.from([0, 1, 2, 3]),
  cellIds: ["a", 'b"', "=1+1", "d"],
  panels: [
    shared("Truth", [0, 0, 1, 2]),
    { ...shared("Prediction", [0, 1, 2, 1]), probabilities: Float32Array.from([1, 0.5, 0.25, 0.75]) },
  ],
};

test("mistakes are cells with a true class and another prediction", () => {
  const mistakes = mistakesOf(embedding, trans)!;
  assert.equal(mistakes.title, "Mistakes");
  assert.deepEqual([...mistakes.codes], [0, 1, 1, 2]);
  const clusters = {
    ...embedding,
    panels: [shared("Leiden", [0, 1, 1, 0]), shared("Louvain", [0, 0, 1, 0])],
  };
  assert.equal(mistakesOf(clusters, trans)!.title, "Differences");
  assert.equal(mistakesOf({ ...embedding, panels: embedding.panels.slice(0, 1) }, trans), undefined);
  const unlabelled = { ...embedding, panels: [shared("Truth", [2, 2, 2, 2]), embedding.panels[1]] };
  assert.equal(mistakesOf(unlabelled, trans), undefined);
  assert.equal(classWords(embedding.panels[0], "B", trans), "true B");
  assert.equal(classWords(clusters.panels[0], "B", trans), "Leiden: B");
});

test("cells are written as CSV, a name that a spreadsheet would run as text", () => {
  assert.equal(
    table(embedding, embedding.panels, Uint32Array.from([0, 1, 2, 3])),
    "row,cell,Truth,Prediction,Prediction probability\r\n" +
      '0,a,B,B,1.000\r\n1,"b""",B,T,0.500\r\n2,"\'=1+1",T,,0.250\r\n3,d,,T,0.750\r\n',
  );
});

test("rows as code name those rows, few and many", () => {
  assert.equal(
    rowsAsCode(Uint32Array.of(3, 17), "true B"),
    "// 2 cells: true B\nconst selected = Uint32Array.from([3, 17]);",
  );
  const many = Uint32Array.from({ length: 900 }, (_, i) => i + (i > 450 ? 5 : 0));
  const source = rowsAsCode(many, "lasso\n; danger()");
  assert.match(source, /^\/\/ 900 cells: lasso ; danger\(\)\nconst stretches/);
  const selected = new Function(`${source}\nreturn selected;`)() as Uint32Array;
  assert.deepEqual(selected, many);
});

test("a number's colours grow darker on a light page and lighter on a dark one, apart from the page's", () => {
  const number = { title: "NKG7", codes: new Uint8Array(0), range: { min: 0, max: 1 } };
  // Relative luminance (WCAG 2.2).
  const luminance = (color: string) =>
    [1, 3, 5]
      .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  for (const [dark, way] of [
    [false, -1],
    [true, 1],
  ] as const) {
    const palette = paletteOf(number, dark);
    assert.equal(palette.length, 255);
    const light = palette.map(luminance);
    for (let i = 5; i < light.length; i += 5) assert.ok(way * (light[i] - light[i - 5]) > 0, `${dark} ${i}`);
    const background = luminance(dark ? "#111111" : "#ffffff");
    const [least, most] = [light[0], background].sort((a, b) => a - b);
    assert.ok((most + 0.05) / (least + 0.05) > 1.2, "little is still seen");
  }
  const classes = { ...number, categories: PALETTE.map((color) => ({ name: color, color })) };
  assert.deepEqual(paletteOf(classes, false), PALETTE);
  for (const color of paletteOf(classes, true)) assert.ok(luminance(color) >= 0.129, color);
});
