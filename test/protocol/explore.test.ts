import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Host, HostComm } from "../../src/host/host.js";
import { AnnData, CellkernelError, type Exploration, explore, readH5ad, writeH5ad } from "../../src/index.js";
import { obsPanel } from "../../src/protocol/explore/obsPanel.js";
import type { Report } from "../../src/protocol/report.js";
import {
  decodeEmbedding,
  decodePanel,
  EMBEDDING_MIME,
  type EmbeddingPayload,
  type PanelData,
  uint32,
} from "../../src/views/contract.js";
import { smallReport, writeSmallCells } from "../support/smallReport.js";

const scratch = mkdtempSync(join(tmpdir(), "explore-"));
after(() => rmSync(scratch, { recursive: true }));

const path = join(scratch, "cells.h5ad");
let report: Report;
before(async () => {
  await writeSmallCells(path);
  report = await smallReport(path);
});

/** A kernel with pages. */
const kernel = {
  opened: undefined as ((comm: HostComm, data: unknown) => void) | undefined,
  /** A page that shows a view: what it has heard, what it says. */
  page(view: string) {
    const heard: { message: Record<string, unknown>; bytes: Uint8Array | undefined }[] = [];
    let say: (data: unknown, buffers: Uint8Array[]) => void = () => {};
    const page = { heard, closed: false, told: () => {} };
    const comm: HostComm = {
      send(message, [bytes] = []) {
        heard.push({ message: message as Record<string, unknown>, bytes });
        page.told();
      },
      onMessage: (received) => {
        say = received;
      },
      onClose() {},
      close: () => {
        page.closed = true;
      },
    };
    if (kernel.opened) kernel.opened(comm, { view, command: "watch" });
    else page.closed = true;
    const send = (command: string, rest: object = {}, ...buffers: Uint8Array[]) =>
      say({ ...rest, view, command }, buffers);
    const ask = async (command: string, rest: object) => {
      const count = heard.length;
      const told = new Promise<void>((resolve) => {
        page.told = resolve;
      });
      send(command, { ...rest, ask: 7 });
      if (heard.length === count) await told;
      const last = heard[heard.length - 1];
      assert.equal(last.message.ask, 7);
      return last;
    };
    return Object.assign(page, { send, ask });
  },
};
const host: Host = {
  display: () => ({ update() {} }),
  signal: new AbortController().signal,
  ofThisCell: (callback) => callback,
  onComm(_, callback) {
    kernel.opened = callback;
    return () => {
      kernel.opened = undefined;
    };
  },
};
beforeEach(() => {
  (globalThis as Record<symbol, unknown>)[Symbol.for("cellkernel.host")] = host;
});
after(() => {
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("cellkernel.host")];
});

async function shownBy(map: Exploration): Promise<EmbeddingPayload> {
  const bundle = await (map as unknown as Record<symbol, () => Promise<Record<string, unknown>>>)[
    Symbol.for("Jupyter.mime")
  ]();
  return bundle[EMBEDDING_MIME] as EmbeddingPayload;
}

const rowsOf = (bytes: Uint8Array | undefined) => [...uint32(bytes!)];
const bytesOf = (...rows: number[]) => new Uint8Array(Uint32Array.from(rows).buffer);

test("a report's map: the first three colourings are panels, the others at hand; cells are rows of the file", async () => {
  const map = report.explore({
    colorBy: ["truth", "prediction", "margin", "donor", "cd3d"],
    tooltip: ["n_genes", "split"],
  });
  const payload = await shownBy(map);
  const { panels, more, tooltip, rows } = decodeEmbedding(payload);
  assert.deepEqual([...rows], [1, 2, 3, 4, 5]);
  assert.equal(payload.cellIds, undefined, "names of cells come from the kernel");
  assert.deepEqual(
    [...panels, ...more, ...tooltip].map(({ title }) => title),
    ["Truth", "Prediction", "Margin", "donor", "CD3D", "n_genes", "Split"],
  );
  assert.deepEqual([...panels[0].codes], [0, 1, 0, 2, 3], "B, NK, B, T, none");
  assert.deepEqual(
    [...panels[2].codes],
    [0.8, 0.25, 0.5, 0.75, 0].map((margin) => Math.round(254 * margin)),
  );
  const named = (panel: (typeof panels)[number]) =>
    Array.from(panel.codes, (code) => panel.categories?.[code]?.name ?? "–");
  assert.deepEqual(named(more[0]), ["b", "a", "b", "a", "–"]);
  assert.deepEqual(named(tooltip[1]), ["train", "test", "test", "test", "none"]);
  // log1p(1000 · count / counts of G0 and G1, which alone the model knows): the cells of rows 1, 3 and 5.
  const expected = [4 / 4, 4 / 4, 9 / 1].map((share) => Math.log1p(1000 * share));
  const sent = payload.more![1] as { min: number; max: number };
  const span = expected[2] - expected[0];
  assert.ok(Math.abs(sent.min - expected[0]) < 1e-5);
  assert.ok(
    Math.abs(sent.max - (expected[0] + 0.98 * span)) < 1e-5,
    "the 99th percentile of three, linearly",
  );
  map.close();
});

test("what a page selects is known to the map, to its other pages and to who waits; rows that are none are left out", async () => {
  const map = report.explore();
  const { view } = await shownBy(map);
  const [one, other] = [kernel.page(view!), kernel.page(view!)];
  assert.deepEqual(
    one.heard.map(({ message, bytes }) => [message.command, rowsOf(bytes)]),
    [["select", []]],
  );
  const seen: number[][] = [];
  const end = map.onSelect(({ rows }) => seen.push([...rows]));
  const next = map.nextSelection();
  one.send("select", { what: "lasso" }, bytesOf(5, 2, 0, 77));
  const { rows, names, what } = await next;
  assert.deepEqual([[...rows], names, what], [[2, 5], ["cell-2", "cell-5"], "lasso"]);
  assert.deepEqual([...map.selection.rows], [2, 5]);
  assert.deepEqual(rowsOf(other.heard.at(-1)?.bytes), [2, 5]);
  assert.equal(one.heard.length, 1, "the page that said it is not told");
  other.send("select", { what: "the same" }, bytesOf(2, 5));
  assert.equal(map.selection.what, "the same");
  end();
  one.send("select", { what: "" }, bytesOf());
  assert.deepEqual(seen, [[2, 5]]);
  assert.deepEqual([...map.selection.rows], []);
  // A page that was opened anew.
  map.select({ rows: [3, 1, 3], what: "by code" });
  const third = kernel.page(view!);
  assert.deepEqual(rowsOf(third.heard[0].bytes), [1, 3]);
  assert.equal(third.heard[0].message.what, "by code");
  assert.deepEqual(rowsOf(one.heard.at(-1)?.bytes), [1, 3]);
  assert.throws(
    () => map.select([0]),
    /the map has no row 0 of .*cells\.h5ad: it shows 5 cells, rows 1 to 5/,
  );
  const ended = new AbortController();
  const waiting = map.nextSelection({ signal: ended.signal });
  ended.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  map.close();
  assert.ok(one.closed);
  assert.ok(kernel.page(view!).closed, "nobody is there any more");
});

test("a page asks for columns, colourings and cells, and is answered in binary", async () => {
  const map = report.explore({ colorBy: "truth" });
  const { view } = await shownBy(map);
  const page = kernel.page(view!);
  const found = await page.ask("columns", { search: "d" });
  assert.deepEqual(found.message.columns, [
    { name: "donor", kind: "obs" },
    { name: "prediction", kind: "result" },
    { name: "CD3D", kind: "gene" },
  ]);
  const all = await page.ask("columns", { search: "" });
  assert.equal((all.message.columns as unknown[]).length, 5 + 2 + 4);
  const { message, bytes } = await page.ask("color", { by: "n_genes" });
  const panel = message.panel as PanelData;
  assert.equal("shades" in panel && panel.shades, "");
  const { codes, range } = decodePanel(panel, 5, [], bytes);
  // 3, 2, 3, 1 and missing; numpy.percentile([3, 2, 3, 1], [1, 99]) is [1.03, 3].
  assert.deepEqual([range, [...codes]], [{ min: 1.03, max: 3 }, [254, 125, 254, 0, 255]]);
  const donors = await page.ask("color", { by: "donor" });
  assert.deepEqual(
    [...decodePanel(donors.message.panel as PanelData, 5, [], donors.bytes).codes],
    [1, 0, 1, 0, 2],
  );
  const cells = await page.ask("cells", { rows: [3, 0, 4] });
  assert.deepEqual(cells.message.cells, [
    {
      ...{ row: 3, name: "cell-3" },
      values: { Truth: "B cell", Prediction: "B cell", Probability: "0.75", Margin: "0.5", Split: "test" },
    },
    {
      ...{ row: 4, name: "cell-4" },
      values: { Truth: "T cell", Prediction: "NK", Probability: "0.875", Margin: "0.75", Split: "test" },
    },
  ]);
  // By name, whatever its case, or the beginning; cell-0 is not of the report.
  for (const [name, row] of [
    ["CELL-4", 4],
    ["cell", 1],
    ["cell-0", null],
  ])
    assert.equal((await page.ask("find", { name })).message.row, row, String(name));
  const none = await page.ask("color", { by: "CD9" });
  assert.match(
    String(none.message.error),
    /can't be coloured by "CD9".*\(truth, prediction, .*\(donor, n_genes\).*4 genes/,
  );
  map.close();
});

test("code colours the first panel, in pages that are open and in those that open later", async () => {
  const map = report.explore();
  const { view } = await shownBy(map);
  const page = kernel.page(view!);
  await map.colorBy("CD3D");
  for (const { heard } of [page, kernel.page(view!)]) {
    const { message, bytes } = heard.at(-1)!;
    assert.deepEqual([message.command, message.by], ["color", "CD3D"]);
    assert.deepEqual([...decodePanel(message.panel as PanelData, 5, [], bytes).codes], [0, 0, 0, 0, 254]);
  }
  await assert.rejects(
    map.colorBy("nothing"),
    (error) => error instanceof CellkernelError && error.code === "option" && error.at.by === "nothing",
  );
  map.close();
});

test("a label is a column in memory, with how it came about; the file stays as it is", async () => {
  const before = { bytes: readFileSync(path), changed: statSync(path).mtimeMs };
  const map = report.explore();
  await assert.rejects(map.label("mine"), /no cells are selected/);
  map.select(report.mistakes({ truth: "T cell" }));
  await assert.rejects(map.label("donor"), /has an obs column "donor" already/);
  const labelled = await map.label("my NK cells");
  const out = join(scratch, "labelled.h5ad");
  await writeH5ad(labelled, out);
  labelled.close();
  const read = await readH5ad(out);
  assert.deepEqual(Array.from(read.obs.column("my NK cells") as unknown as Iterable<unknown>), [
    false,
    false,
    false,
    false,
    true,
    false,
  ]);
  const { labels } = read.uns.get("cellkernel") as unknown as {
    labels: Record<string, Record<string, unknown>>;
  };
  const { made, file, cells, selected, run } = labels["my NK cells"];
  assert.deepEqual([file, Number(cells), selected, run], [path, 1, "mistakes, true T cell", "tiny"]);
  assert.ok(Date.now() - Date.parse(String(made)) < 60_000);
  read.close();
  assert.deepEqual({ bytes: readFileSync(path), changed: statSync(path).mtimeMs }, before);
  await map.colorBy("my NK cells");
  map.close();
});

test("mistakes are those of the evaluated cells, the surest first, as predictions.csv has them", () => {
  const lines = report.predictions().trim().split("\n").slice(1);
  const wrong = lines
    .map((line) => line.split(","))
    .filter(([, truth, prediction, , , split]) => split === "test" && truth !== prediction)
    .sort((a, b) => Number(b[3]) - Number(a[3]));
  const found = report.mistakes();
  assert.deepEqual(
    found.names.map((name, i) => [name, found.truth[i], found.prediction[i], String(found.probability[i])]),
    wrong.map(([name, truth, prediction, probability]) => [name, truth, prediction, probability]),
  );
  assert.deepEqual(
    [found.rows, found.names],
    [
      [4, 2],
      ["cell-4", "cell-2"],
    ],
  );
  assert.deepEqual(report.mistakes({ prediction: "B cell" }).rows, [2]);
  assert.deepEqual(report.mistakes({ minProbability: 0.6 }).rows, [4]);
  assert.deepEqual(report.mistakes({ truth: "NK", minProbability: 0.6 }).rows, []);
  assert.throws(() => report.mistakes({ truth: "nk" }), /no class "nk"; it has "B cell", "NK", "T cell"/);
});

test("all views of a report's cells are of one table", async () => {
  const map = report.explore();
  const bundle = (await (
    report.embedding as unknown as Record<symbol, () => Promise<Record<string, unknown>>>
  )[Symbol.for("Jupyter.mime")]()) as Record<string, EmbeddingPayload>;
  assert.deepEqual(bundle[EMBEDDING_MIME].table, (await shownBy(map)).table);
  map.close();
});

test("a file that holds other cells by now is named, and the remedy", async () => {
  const other = join(scratch, "other.h5ad");
  await writeSmallCells(other);
  const moved = report.explore({ colorBy: "CD3D", cells: other });
  await shownBy(moved);
  moved.close();
  const cells = await readH5ad(other);
  const renamed = new AnnData({
    ...cells,
    isFile: false,
    obsNames: cells.obsNames.map((name) => `x${name}`),
  });
  const map = report.explore({ colorBy: "CD3D", cells: renamed });
  await assert.rejects(
    shownBy(map),
    /no longer holds the cells of this view: its row 1 is "xcell-1", not "cell-1"\. Give the cells: report\.explore/,
  );
  map.close();
  cells.close();
});

test("cells with an embedding of their own: genes by any case and id, counts normalised to 10,000 a cell", async () => {
  const cells = await readH5ad(path);
  const map = explore(cells, { colorBy: ["hla-a", "donor"] });
  const payload = await shownBy(map);
  assert.deepEqual(
    [payload.x.label, payload.y.label, payload.x.max, payload.y.max],
    ["UMAP 1", "UMAP 2", 10, 11],
  );
  const [gene, donor] = decodeEmbedding(payload).panels;
  assert.equal(gene.title, "HLA-A");
  assert.equal(donor.categories?.length, 2);
  const value = Math.log1p((1e4 * 1) / 9);
  assert.ok(Math.abs(gene.range!.max - value) < 1e-5, "of the one cell that expresses it");
  assert.deepEqual([...gene.codes], [0, 0, 0, 254, 0, 0]);
  assert.equal(payload.table?.rows, undefined);
  map.close();
  // The symbol of an Ensembl id, and the name of another release: HLA-A's and CD3D's (Ensembl).
  const page = explore(cells, { x: [1, 2, 3, 4, 5, 6], y: [1, 2, 3, 4, 5, 6], colorBy: "ENSG00000167286" });
  assert.equal((await shownBy(page)).panels[0].title, "CD3D");
  page.close();
  assert.throws(() => explore(cells, { embedding: "X_tsne" }), /no obsm\["X_tsne"\].*obsm has X_umap/);
  assert.throws(() => explore(cells, { x: [1], y: [1] }), /each of the 6 cells .* have 1 and 1/);
  cells.close();
});

test("R's missing integer in a column of numbers is missing, and so no end of the scale", () => {
  const counts = Int32Array.of(3, -2147483648, 7);
  const adata = { path: "x.h5ad", obs: { column: () => counts } } as unknown as AnnData;
  const panel = obsPanel(adata, "n_counts", Int32Array.of(0, 1, 2));
  assert.deepEqual("values" in panel && [...(panel.values as Float64Array)], [3, Number.NaN, 7]);
});

test("without a kernel a map shows itself, and code selects", async () => {
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("cellkernel.host")];
  const map = report.explore();
  assert.equal((await shownBy(map)).view, undefined);
  map.select([3]);
  assert.deepEqual(map.selection.names, ["cell-3"]);
});
