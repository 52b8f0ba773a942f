import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { decodeEmbedding, EMBEDDING_MIME, type EmbeddingPayload } from "../../src/views/contract.js";
import { embeddingView } from "../../src/views/embedding.js";
import type { PageContents } from "../../src/views/page/sharedEmbedding.js";
import { writeHtml } from "../../src/views/page/writeHtml.js";
import { tableView } from "../../src/views/table.js";
import type { EmbeddingInput } from "../../src/views/types.js";

const folder = mkdtempSync(join(tmpdir(), "cellkernel-page-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "map.html");

async function pageOf(view: Parameters<typeof writeHtml>[0], contents?: PageContents): Promise<string> {
  await writeHtml(view, path, contents);
  return readFileSync(path, "utf8");
}

function embeddingIn(page: string): EmbeddingPayload {
  const [, held] = /<script type="application\/json">(.*?)<\/script>/s.exec(page)!;
  return JSON.parse(held)[EMBEDDING_MIME];
}

/** Cells with all that may be private: names, donors, the kernel's view. */
function cellsOf(count: number): EmbeddingInput {
  const each = Array.from({ length: count }, (_, i) => i);
  const donors = { title: "donor_id", categories: ["Dora", "Hans"], codes: each.map((i) => i % 2) };
  return {
    ...{ title: "Two donors", x: each, y: each.map((i) => -i), cellIds: each.map((i) => `bar-code-${i}`) },
    ...{ more: [donors], tooltip: [donors], table: { id: "table", rows: each.map((i) => 2 * i) } },
    panels: [{ title: "Type", categories: ["B", "</script><b>T"], codes: each.map((i) => Number(i > 2)) }],
  };
}

test("a page holds names of cells and further columns only when they are asked for", async () => {
  const view = embeddingView(cellsOf(6), "the-kernels-view");
  const page = await pageOf(view);
  for (const secret of ["bar-code", "donor_id", "Dora", "Hans", "the-kernels-view"])
    assert.ok(!page.includes(secret), secret);
  assert.ok(page.includes("Two donors"));
  const told = embeddingIn(await pageOf(view, { cellNames: true, columns: true }));
  assert.deepEqual(told.cellIds?.slice(0, 2), ["bar-code-0", "bar-code-1"]);
  assert.deepEqual([told.more?.[0].title, told.tooltip?.[0].title], ["donor_id", "donor_id"]);
  assert.equal(told.view, undefined);
});

test("it runs its own script and nothing else, and loads nothing", async () => {
  const page = await pageOf(embeddingView(cellsOf(6)));
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)!;
  const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)];
  assert.equal(scripts.length, 1);
  const hash = createHash("sha256").update(scripts[0][1]).digest("base64");
  assert.match(policy, /^default-src 'none';/);
  assert.ok(policy.includes(`script-src 'sha256-${hash}'`) && !policy.includes("http"));
  assert.equal([...page.matchAll(/<\/script>/g)].length, 2, "the data's and the script's");
  assert.doesNotMatch(page.replace(/http:\/\/www\.w3\.org\/\S+/g, ""), /\b(src|href)="(?!data:)|https?:\/\//);
});

test("of more cells than a page can move, so many are drawn at random, each with what belongs to it", async () => {
  const many = cellsOf(60_000);
  const page = await pageOf(embeddingView({ ...many, x: Array.from(many.x).with(3, Number.NaN) }));
  assert.ok(page.includes("50,000 of 60,000 cells, drawn at random."));
  assert.ok(page.length < 1.1e6, `${page.length}`);
  const payload = embeddingIn(page);
  const { x, y, rows, panels } = decodeEmbedding(payload);
  assert.deepEqual([payload.cells, x.length, panels[0].codes.length], [50_000, 50_000, 50_000]);
  for (const i of [0, 1, 2, 3, 25_000, 49_999]) {
    const cell = rows[i] / 2;
    assert.ok(Math.abs(y[i] - (1 - cell / 59_999)) < 1e-4, `cell ${cell} at ${y[i]}`);
    assert.equal(panels[0].codes[i], Number(cell > 2));
  }
  assert.deepEqual(
    (payload.unplaced ?? []).map((i) => rows[i] / 2),
    [...rows].includes(6) ? [3] : [],
  );
});

test("whatever shows itself is a page; what has nothing to show is refused", async () => {
  const table = tableView({ columns: ["a & b"], rows: [["<i>"]] });
  assert.match(await pageOf(Promise.resolve(table)), /a &amp; b.*&lt;i&gt;/s);
  const itself = { [Symbol.for("Jupyter.mime")]: () => embeddingView(cellsOf(6)) };
  assert.equal(embeddingIn(await pageOf(itself)).cells, 6);
  await assert.rejects(pageOf({ "text/plain": "x" }), /map\.html was not written: .*only text\/plain/);
});
