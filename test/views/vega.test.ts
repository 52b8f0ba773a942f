import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hasGlyphs, textWidth } from "../../src/views/font.js";
import { pngOf, writePng } from "../../src/views/picture.js";
import { plotBundle, VEGA_LITE_SCHEMA, vegaBundle } from "../../src/views/vega.js";
import { decodePng, inked } from "../support/png.js";

const bars = {
  $schema: VEGA_LITE_SCHEMA,
  title: "Two bars",
  width: 100,
  height: 50,
  data: {
    values: [
      { name: "a", n: 1 },
      { name: "b", n: 2 },
    ],
  },
  mark: "bar",
  encoding: { x: { field: "name", type: "nominal" }, y: { field: "n", type: "quantitative" } },
};

test("a Vega-Lite plot becomes its specification, a picture and a line of text", async () => {
  const bundle = await vegaBundle(bars);
  assert.deepEqual(Object.keys(bundle), ["application/vnd.vegalite.v5+json", "image/png", "text/plain"]);
  assert.deepEqual(bundle["application/vnd.vegalite.v5+json"], bars);
  assert.equal(bundle["text/plain"], "Two bars");
  const picture = inked(Buffer.from(bundle["image/png"] as string, "base64"));
  assert.ok(picture.width >= 200 && picture.height >= 100, "twice the plot's size and more");
  assert.ok(picture.share > 0.1, `bars cover at least a tenth of the picture, got ${picture.share}`);
});

test("our own plots have a white picture, and on a page its ground and its colours, but for data", async () => {
  const look = { ...{ width: 100, height: 50 }, data: { values: [{ name: "#222", n: 1 }] } };
  const layer = [{ mark: "bar", encoding: bars.encoding }, { mark: { type: "text", color: "#666" } }];
  const bundle = await plotBundle({ ...look, layer }, "a bar");
  const sent = bundle["application/vnd.vegalite.v5+json"] as Record<string, unknown>;
  assert.equal(sent.background, "transparent");
  assert.deepEqual(sent.data, look.data);
  assert.deepEqual((sent.layer as object[])[1], {
    mark: { type: "text", color: "var(--jp-content-font-color2, #666)" },
  });
  assert.deepEqual(sent.usermeta, { embedOptions: { renderer: "svg" } });
  assert.doesNotMatch(JSON.stringify(sent.config), /"#(222|444|666|888|bbb|eee)"/);
  const { width, channels, data } = decodePng(Buffer.from(bundle["image/png"] as string, "base64"));
  assert.deepEqual([...data.subarray(0, 3)], [255, 255, 255]);
  const greys = new Set<string>();
  for (let p = 0; p < data.length; p += channels) greys.add(data.subarray(p, p + 3).join());
  // #bbb of the axes: as it was on white.
  assert.ok(greys.has("187,187,187") && width > 200);
});

test("a specification of another version travels as version 5; Vega has its own MIME type", async () => {
  const lite = await vegaBundle({ ...bars, $schema: "https://vega.github.io/schema/vega-lite/v6.json" });
  assert.equal((lite["application/vnd.vegalite.v5+json"] as typeof bars).$schema, VEGA_LITE_SCHEMA);
  const vega = await vegaBundle({
    $schema: "https://vega.github.io/schema/vega/v5.json",
    width: 20,
    height: 20,
  });
  assert.ok("application/vnd.vega.v5+json" in vega);
  await assert.rejects(vegaBundle({ $schema: "https://json-schema.org/draft" }), /expected Vega-Lite's/);
});

test("pictures have text without the system's fonts", () => {
  const empty = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="20"></svg>';
  const text = empty.replace("></svg>", ' font-family="Inter"><text y="15">müller κ CD14+</text></svg>');
  assert.ok(hasGlyphs("müller κ CD14+ (µm)") && !hasGlyphs("細胞"));
  assert.equal(inked(pngOf(empty)).share, 0);
  assert.ok(inked(pngOf(text)).share > 0.05);
});

test("text widths are the font's advances", () => {
  // Inter_400Regular.ttf has 2,048 units an em; fontTools reads these advances from it.
  assert.ok(Math.abs(textWidth("i", 2048) - 496) < 1e-9);
  assert.ok(Math.abs(textWidth("M", 2048) - 1850) < 1e-9);
  assert.ok(Math.abs(textWidth("iκ", 2048) - (496 + 1076)) < 1e-9);
});

test("writePng writes the picture under its final name only", async () => {
  const folder = await mkdtemp(join(tmpdir(), "views-"));
  await writePng(await vegaBundle(bars), join(folder, "bars.png"));
  assert.deepEqual(await readdir(folder), ["bars.png"]);
  assert.equal((await readFile(join(folder, "bars.png"))).toString("latin1", 1, 4), "PNG");
  await assert.rejects(
    writePng({ "text/html": "" }, join(folder, "no.png")),
    /no static picture, only text\/html/,
  );
});
