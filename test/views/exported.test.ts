import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { embeddingView } from "../../src/views/embedding.js";
import { pngOf } from "../../src/views/picture.js";
import { pictureMetadata } from "../../src/views/pictureMetadata.js";

/** What becomes of a view's picture where nobody knows more of it than the notebook says: in nbconvert's HTML. */

const folder = mkdtempSync(join(tmpdir(), "cellkernel-exported-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const NAME = 'A "quoted" <title>';
const view = embeddingView({
  ...{ title: NAME, x: [0, 1], y: [0, 1] },
  panels: [{ title: "Truth", categories: ["B", "T"], codes: [0, 1] }],
});

test("a picture for dense screens is shown at its size in CSS pixels, another as it is", () => {
  const drawn = pngOf('<svg xmlns="http://www.w3.org/2000/svg" width="120" height="50"></svg>');
  assert.deepEqual([drawn.readUInt32BE(16), drawn.readUInt32BE(20)], [240, 100]);
  const shown = (png: Buffer, text?: string) =>
    pictureMetadata({ "image/png": png.toString("base64"), ...(text && { "text/plain": text }) });
  assert.deepEqual(shown(drawn), { "image/png": { width: 120, height: 50 } });
  assert.deepEqual(shown(drawn, "Two\ncells\n\nand more"), {
    "image/png": { width: 120, height: 50, alt: "Two cells" },
  });
  const bare = Buffer.concat([drawn.subarray(0, 33), drawn.subarray(33 + 21)]);
  assert.deepEqual(shown(bare), {});
  assert.deepEqual(shown(bare, "image/png, 3 bytes"), {});
  assert.deepEqual(pictureMetadata({ "text/plain": "x" }), {});
  assert.deepEqual(pictureMetadata({ "image/png": "bm8=", "text/plain": "x" }), {
    "image/png": { alt: "x" },
  });
});

test("nbconvert's pages, and that of the protocol, show it with its text", () => {
  const output = { output_type: "display_data", data: view, metadata: pictureMetadata(view) };
  const cell = {
    cell_type: "code",
    id: "a",
    source: "",
    execution_count: 1,
    metadata: {},
    outputs: [output],
  };
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] };
  writeFileSync(join(folder, "view.ipynb"), JSON.stringify(notebook));
  execFileSync(".venv/bin/python", [
    "-c",
    [
      "import sys, nbformat; sys.path.insert(0, 'scripts/notebook')",
      "from execute import to_html; from nbconvert import HTMLExporter",
      `folder = ${JSON.stringify(folder)}; notebook = nbformat.read(folder + '/view.ipynb', 4)`,
      "open(folder + '/ours.html', 'w', encoding='utf-8').write(to_html(notebook, 'view'))",
      "open(folder + '/classic.html', 'w', encoding='utf-8').write(HTMLExporter(template_name='classic').from_notebook_node(notebook)[0])",
    ].join("\n"),
  ]);
  const { width, height } = pictureMetadata(view)["image/png"];
  for (const name of ["ours.html", "classic.html"]) {
    const page = readFileSync(join(folder, name), "utf8");
    const [picture] = /<img[^>]*>/.exec(page.replace(/base64,[^"]*/g, "")) ?? [""];
    assert.match(picture, new RegExp(`\\bwidth="?${width}\\b`), name);
    assert.match(picture, new RegExp(`\\bheight="?${height}\\b`), name);
    assert.match(
      picture,
      /alt="A &#?\w+;quoted&#?\w+; &lt;title&gt;, 2 cells Truth: B 1, T 1"|alt='A "quoted" &lt;title&gt;, 2 cells Truth: B 1, T 1'/,
      name,
    );
  }
});
