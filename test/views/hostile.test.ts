import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "arquero";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { MimeBundle } from "../../src/host/host.js";
import { coloredPanels } from "../../src/views/coloring.js";
import { confusionView } from "../../src/views/confusion.js";
import { EMBEDDING_MIME } from "../../src/views/contract.js";
import { dotPlotView } from "../../src/views/dotPlot.js";
import { embeddingView } from "../../src/views/embedding.js";
import { embeddingSvg } from "../../src/views/embeddingPicture.js";
import { histogramView } from "../../src/views/histogram.js";
import { hvgView } from "../../src/views/hvg.js";
import { shownName, shownNames } from "../../src/views/names.js";
import { reportView } from "../../src/views/report.js";
import { tableView } from "../../src/views/table.js";
import { trainingView } from "../../src/views/training.js";
import { transferPage } from "../../src/views/transferPage.js";
import type { EmbeddingInput, ReportInput } from "../../src/views/types.js";
import { violinView } from "../../src/views/violin.js";
import { cellsOf } from "../anndata/support/cells.js";
import { assertOnly, HOSTILE, UNPRINTABLE } from "../support/hostile.js";

/** Every view of names, labels and messages that come from a file. */

const LITE = "application/vnd.vegalite.v5+json";
const TABLE = ["table", "caption", "thead", "tbody", "tr", "th", "td", "p", "strong", "code"];

/** What Vega draws with. */
const DRAWN = [
  "svg",
  "g",
  "line",
  "text",
  "tspan",
  "path",
  "rect",
  "defs",
  "linearGradient",
  "stop",
  "clipPath",
];
const LOOKS = [
  ...[
    "xmlns",
    "xmlns:xlink",
    "version",
    "class",
    "id",
    "role",
    "aria-label",
    "aria-hidden",
    "aria-roledescription",
  ],
  ...[
    "width",
    "height",
    "viewBox",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "d",
    "transform",
    "fill",
    "stroke",
    "offset",
  ],
  ...[
    "stop-color",
    "fill-opacity",
    "stroke-width",
    "stroke-opacity",
    "stroke-dasharray",
    "stroke-miterlimit",
  ],
  ...[
    "opacity",
    "display",
    "text-anchor",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "gradientUnits",
    "clip-path",
    "pointer-events",
    "dy",
  ],
];

const scores = { precision: 0.5, recall: 0.5, f1: 0.5, support: 3 };

function report(classes: readonly string[], text: string): ReportInput {
  return {
    ...{ title: text, notes: [text], cells: 3, accuracy: 1, kappa: 1, macro: scores, weighted: scores },
    classes,
    perClass: classes.map((_, c) => ({ ...scores, support: c })),
  };
}

function embedding(categories: readonly string[], text: string): EmbeddingInput {
  const codes = categories.map((_, c) => c);
  return {
    title: text,
    axes: [text, text],
    x: codes,
    y: codes,
    cellIds: categories,
    panels: [
      { title: text, categories, codes },
      { title: "other", categories, codes },
    ],
  };
}

const confusion = (classes: readonly string[]) => ({
  classes,
  confusion: classes.map((_, t) => classes.map((_, p) => (t === p ? 3 : 1))),
});

async function views(names: readonly string[], text: string): Promise<Record<string, MimeBundle>> {
  const values = names.map((_, i) => i + 1);
  return {
    table: tableView({ title: text, columns: [text, "n"], rows: names.map((name, i) => [name, i]) }),
    report: await reportView(report(names, text)),
    confusion: await confusionView(confusion(names)),
    embedding: embeddingView(embedding(names, text)),
    histogram: await histogramView([{ label: text, values }], text),
    violin: await violinView({
      ...{ title: text, distributions: [{ label: text, values }] },
      ...{ groups: [text, "b"], codes: values.map((_, i) => i % 2) },
    }),
    genes: await hvgView({
      ...{ genes: names, means: values, dispersions: values, measure: text, mean: text },
      chosen: values.map(() => 1),
    }),
    dots: await dotPlotView({
      ...{ title: text, genes: names, groups: names },
      shares: names.map(() => names.map(() => 0.5)),
      means: names.map(() => values),
      marked: { what: text, dots: names.map(() => names.map(() => true)) },
    }),
    training: await trainingView({
      ...{
        run: text,
        state: "failed",
        step: 1,
        steps: 2,
        epoch: 1,
        epochs: 1,
        seconds: 1,
        secondsLeft: null,
      },
      ...{ losses: [1, 2], history: [], bestEpoch: null, message: text },
    }),
  };
}

/** All in one, as short as a title that is shown whole. */
const ALL = `<script>PWN</script><img src=x onerror=PWN>" onload="PWN" x='"+(window.PWN=1)+"' javascript:PWN`;

test("no text becomes markup in HTML, whatever it says and wherever it stands", async () => {
  const cells = cellsOf([[1], [2]], { path: ALL, obsNames: [ALL, ALL], obs: table({ [ALL]: [1, 2] }) });
  const own = (cells as unknown as Record<symbol, () => MimeBundle>)[Symbol.for("Jupyter.mime")]();
  const html = [...Object.values(await views([...HOSTILE, "B cell"], ALL)), own]
    .map((bundle) => bundle["text/html"])
    .filter(Boolean);
  assert.equal(html.length, 3);
  for (const each of html) {
    assertOnly(String(each), TABLE, ["style", "scope"]);
    assert.match(String(each), /&lt;script&gt;PWN/, "it is shown as it is");
  }
});

test("nor in the page of a file's labels, which runs and loads nothing", async () => {
  const names = [...HOSTILE, "B cell"];
  const dots = names.map(() => names.map(() => 0.5));
  const groups = names.map((name) => ({
    ...{ name, cells: 3, share: 0.1, reference: 0.2, quantiles: [0, 0.1, 0.2, 0.3, 1] as const },
    ...{ unassigned: 0.5, unlike: 0, most: { label: name, share: 0.5 } },
  }));
  const page = await transferPage({
    ...{ title: ALL, subtitle: ALL, figures: [{ name: ALL, value: ALL, more: ALL }] },
    ...{ notes: [ALL, `WARNING: ${ALL}`], labels: groups, clusters: { column: ALL, groups }, threshold: 0.5 },
    genes: { found: 1, of: 20, missing: names },
    dots: { plot: { title: ALL, genes: names, groups: names, shares: dots, means: dots }, help: ALL },
    made: [[ALL, ALL]],
  });
  const [head, body] = page.split("</head>");
  assert.match(
    head,
    /content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; img-src data:"/,
  );
  assertOnly(
    body.replace("</html>", "").replaceAll(/<(\/?)h[12]>/g, "<$1p>"),
    [...[...DRAWN, ...TABLE, "body", "header", "section", "div", "dl", "dt", "dd", "ul", "li"], "span"],
    [...LOOKS, "style", "scope", "rx"],
  );
  // The names of SVG's own vocabulary are no addresses.
  assert.doesNotMatch(
    page.replaceAll(/xmlns(:xlink)?="[^"]*"/g, ""),
    /(src|href)="|url\((?!#)|@import|<script/,
  );
});

test("nor in the pictures", () => {
  for (const text of HOSTILE) {
    const names = [...HOSTILE, "B cell"];
    const input = embedding(names, text);
    const svg = embeddingSvg(input, coloredPanels(input.panels).colored);
    // The dots are a picture in the document; nothing else is fetched.
    assertOnly(
      svg.replaceAll(/ href="data:image\/png;base64,[\w+/=]*"/g, ""),
      [...DRAWN, "circle", "image"],
      [...LOOKS, "cx", "cy", "r", "stroke-linejoin", "image-rendering", "xml:space"],
    );
  }
});

/** Every key of a specification with its value. */
function* entries(value: unknown): Iterable<[string, unknown]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inside] of Object.entries(value)) {
    yield [key, inside];
    yield* entries(inside);
  }
}

test("Vega's specifications hold text as data alone, and what is drawn of them has no links", async () => {
  for (const [view, { [LITE]: spec }] of Object.entries(await views([...HOSTILE, "B cell"], ALL))) {
    if (!spec) continue;
    for (const [key, value] of entries(spec)) {
      assert.ok(!["href", "url", "signal", "expr", "params", "image"].includes(key), `${key} of ${view}`);
      if (["test", "filter", "calculate", "field", "as", "format"].includes(key))
        assert.doesNotMatch(String(value), /PWN|event|onerror/, `${key} of ${view}`);
    }
    const { $schema: _, ...body } = structuredClone(spec) as Record<string, unknown>;
    const { spec: compiled } = compile(body as unknown as TopLevelSpec);
    const run = globalThis as { window?: { PWN?: unknown } };
    run.window = {};
    try {
      const drawn = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
      assertOnly(await drawn.toSVG(), DRAWN, LOOKS);
      assert.equal(run.window.PWN, undefined);
    } finally {
      delete run.window;
    }
  }
});

test("a control character in a name breaks no picture", async () => {
  const names = UNPRINTABLE.map((character) => `B${character}cell`);
  for (const bundle of Object.values(await views([...names, "a"], `a${UNPRINTABLE.join("")}b`)))
    if (bundle["image/png"]) assert.ok(pixels(bundle) > 10_000);
  // They look the same, and are not.
  assert.equal(new Set(shownNames(names)).size, names.length);
});

/** Width times height, out of a PNG's header. */
function pixels(bundle: MimeBundle): number {
  const header = Buffer.from(String(bundle["image/png"]).slice(0, 64), "base64");
  return header.readUInt32BE(16) * header.readUInt32BE(20);
}

test("pictures and what travels in a notebook stay bounded, however long the names and however many", async () => {
  const long = "نص".repeat(500_000);
  const names = [`${long}1`, `${long}2`, ...Array.from({ length: 30 }, (_, i) => `type ${i}`)];
  for (const [view, bundle] of Object.entries(await views(names, long))) {
    if (bundle["image/png"]) assert.ok(pixels(bundle) <= 16.1e6, view);
    const { [EMBEDDING_MIME]: payload, [LITE]: spec } = bundle;
    assert.ok(JSON.stringify([payload, spec]).length < 500_000, view);
  }
  const many = Array.from({ length: 2000 }, (_, i) => `type ${i}`);
  const { [LITE]: matrix, ...rest } = await confusionView(confusion(many));
  assert.ok(pixels(rest) <= 16.1e6);
  assert.equal((matrix as { title: string }).title, "Confusion matrix of the 200 largest of 2000 classes");
  assert.ok(pixels(embeddingView(embedding(many, "x"))) <= 16.1e6);
});

test("names that are cut stay apart, and are cut between characters", () => {
  const long = "T".repeat(200);
  assert.deepEqual(shownNames([`${long}a`, `${long}b`, "B"]), [
    `${"T".repeat(120)}…`,
    `${"T".repeat(120)}… (2)`,
    "B",
  ]);
  assert.equal(shownName(`${"T".repeat(119)}🧬`), `${"T".repeat(119)}…`);
});
