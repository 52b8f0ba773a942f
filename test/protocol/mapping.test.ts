import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { table } from "arquero";
import {
  buildIndex,
  type CellkernelError,
  type DenseArray,
  embed,
  finetune,
  H5adWriter,
  loadIndex,
  loadPublishedIndex,
  type MimeBundle,
  mapCells,
  openModel,
  type Run,
  readH5ad,
} from "../../src/index.js";
import { Random } from "../../src/support/random.js";
import { cellkernelHere } from "../support/cli.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import "../support/withoutProjection.js";

const MIME = Symbol.for("Jupyter.mime");
const scratch = mkdtempSync(join(tmpdir(), "mapping-"));
const CPU = { device: "cpu", threads: 1 } as const;
const TYPES = ["alpha", "beta", "gamma"];
let run: Run;
let [reference, more, query] = ["", "", ""];

/** Cells of types that express different genes; `null` has no label, and the last cell has no gene of the model. */
async function file(name: string, types: (string | null)[], seed: number): Promise<string> {
  const path = join(scratch, name);
  const genes = [...Array.from({ length: 40 }, (_, g) => `G${g}`), "other"];
  const random = new Random(seed);
  const counts = types.map((type) =>
    genes.map((_, g) =>
      g < 40 && g % 3 === TYPES.indexOf(type ?? "alpha") ? 5 + random.below(20) : random.below(2),
    ),
  );
  counts[types.length - 1].fill(0, 0, 40);
  const entries = counts.map((row) => row.flatMap((count, gene) => (count > 0 ? [[gene, count]] : [])));
  const indptr = Int32Array.from([0, ...entries.map((_, i) => entries.slice(0, i + 1).flat().length)]);
  const writer = await H5adWriter.create(path, genes.length);
  writer.append({
    ...{ start: 0, rows: types.length, columns: genes.length, indptr },
    indices: Int32Array.from(entries.flat(), ([gene]) => gene),
    data: Float32Array.from(entries.flat(), ([, count]) => count),
  });
  const obsNames = types.map((_, i) => `${name}-${i}`);
  await writer.close({ obsNames, varNames: genes, obs: table({ type: types }) });
  return path;
}

const typesOf = (cells: number, from = TYPES) =>
  Array.from({ length: cells }, (_, i) => from[i % from.length]);

before(async () => {
  const model = await tinyModel({ n_layers_cls: 1 });
  run = await finetune(preparedCells(model), { epochs: 1, ...CPU });
  await run.save(join(scratch, "run"));
  reference = await file("reference.h5ad", [...typesOf(30), null, "alpha"], 1);
  more = await file("more.h5ad", [...typesOf(9, ["beta", "delta"]), "delta"], 2);
  query = await file("query.h5ad", [...typesOf(20), "alpha"], 3);
});

/** Embeddings that `embed` writes, of length 1, without the last cell. */
async function embeddingsOf(path: string): Promise<number[][]> {
  const out = `${path}.embedded.h5ad`;
  if (!existsSync(out)) await embed(run, path, { out, ...CPU });
  const cells = await readH5ad(out);
  const { data, shape } = cells.obsm.get("X_scGPT") as DenseArray;
  const rows = Array.from({ length: shape[0] - 1 }, (_, i) =>
    Array.from((data as Float32Array).subarray(i * shape[1], (i + 1) * shape[1])),
  );
  cells.close();
  return rows.map((row) => row.map((value) => value / Math.hypot(...row)));
}

test("cells get the label that most of their nearest have; the index is the same from its folder", async () => {
  const index = await buildIndex(run, reference, { labelColumn: "type", ...CPU });
  assert.equal(index.cells, 30);
  assert.ok(index.parts.notes.some((note) => /^1 cells have no label in obs column "type"/.test(note)));
  assert.ok(index.parts.notes.some((note) => /^1 cells express none of the genes/.test(note)));
  const folder = join(scratch, "index");
  await index.save(folder);
  const again = await loadIndex(folder);
  assert.deepEqual(again.parts, index.parts);

  const out = join(scratch, "mapped.h5ad");
  const mapping = await mapCells(again, query, { out, k: 5, ...CPU });
  const [own, theirs] = [await embeddingsOf(reference), await embeddingsOf(query)];
  const cells = await readH5ad(out);
  const value = (column: string, cell: number) => cells.obs.column(column)!.at(cell);
  theirs.forEach((embedding, cell) => {
    const near = own
      .slice(0, 30)
      .map((row, i) => ({ i, distance: Math.hypot(...row.map((x, j) => x - embedding[j])) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 5);
    const votes = TYPES.map((_, type) => near.filter(({ i }) => i % 3 === type).length);
    const most = Math.max(...votes);
    assert.equal(value("mapped_label", cell), TYPES[votes.indexOf(most)]);
    assert.ok(Math.abs(Number(value("mapped_share", cell)) - most / 5) < 1e-6);
    const mean = near.reduce((sum, { distance }) => sum + distance / 5, 0);
    assert.ok(
      Math.abs(Number(value("mapped_distance", cell)) - mean) < 1e-5,
      `${value("mapped_distance", cell)}, ${mean}`,
    );
    const confidence = Number(value("mapped_confidence", cell));
    const [far] = [mapping.notes.find((note) => /farther from the index/.test(note))];
    assert.ok(confidence > 0 && confidence <= most / 5 + 1e-6 && (far || confidence > most / 5 - 1e-6));
  });
  assert.equal(value("mapped_label", 20), null);
  assert.ok(
    mapping.notes.includes("1 cells express none of the index's genes and got no label"),
    mapping.notes.join(),
  );
  const record = cells.uns.get("cellkernel") as unknown as { k: bigint };
  assert.equal(Number(record.k), 5);
  assert.match(
    String((mapping as unknown as Record<symbol, () => MimeBundle>)[MIME]()["text/plain"]),
    /21 cells mapped in .*mapped.h5ad/,
  );
  cells.close();
  await again.close();
});

test("cells that are added count as if they had been there, their labels by name", async () => {
  const index = await buildIndex(run, reference, { labelColumn: "type", ...CPU });
  await index.add(more, { labelColumn: "type", ...CPU });
  assert.deepEqual(index.classes, ["alpha", "beta", "gamma", "delta"]);
  assert.deepEqual([...index.counts()], [10, 15, 10, 4]);
  const added = (await embeddingsOf(more)).flat();
  const kept = index.parts.embeddings.subarray(30 * index.parts.width);
  added.forEach((value, i) => {
    assert.ok(Math.abs(kept[i] - value) < 1e-6);
  });
  // An own cell of the index is its nearest.
  const { rows, distances } = await index.nearest(kept.slice(0, index.parts.width), 1);
  assert.deepEqual([...rows, ...distances], [30, 0]);
  await index.close();
});

test("a pretrained model makes an index, and maps by the recipe that it was made with", async () => {
  const model = await openModel(join(scratch, "run"));
  const index = await buildIndex(model, reference, { labelColumn: "type", ...CPU });
  const folder = join(scratch, "zero-shot");
  await index.save(folder);
  // `embed` gives the same vectors by the folder of a model that has been no run, at their length.
  const pretrained = join(scratch, "pretrained");
  for (const name of ["args.json", "vocab.json", "best_model.pt"])
    cpSync(join(scratch, "run", name), join(pretrained, name));
  const { notes } = await embed(pretrained, reference, { out: `${pretrained}.h5ad`, ...CPU });
  assert.match(notes[0], /pretrained was not fine-tuned: cells are embedded with all 40 genes that it knows/);
  const embedded = await readH5ad(`${pretrained}.h5ad`);
  const { data, shape } = embedded.obsm.get("X_scGPT") as DenseArray;
  embedded.close();
  assert.deepEqual(shape, [32, index.parts.width]);
  for (let cell = 0; cell < 30; cell++) {
    const row = (data as Float32Array).subarray(cell * shape[1], (cell + 1) * shape[1]);
    const length = Math.hypot(...row);
    assert.ok(Math.abs(length - 1) > 0.01);
    row.forEach((value, j) => {
      assert.ok(Math.abs(value / length - index.parts.embeddings[cell * shape[1] + j]) < 1e-6);
    });
  }
  const nothing = embed(await tinyModel(), reference, { out: join(scratch, "no.h5ad") });
  await assert.rejects(nothing, /holds no weights: what a model at random says of cells means nothing/);
  const out = join(scratch, "zero-shot.h5ad");
  const again = await loadIndex(folder);
  const { codes } = await mapCells(again, reference, { out, k: 1, ...CPU });
  assert.deepEqual([...codes], [...typesOf(30).map((type) => TYPES.indexOf(type)), codes[30], -1]);
  const cells = await readH5ad(out);
  assert.equal(Number(cells.obs.column("mapped_distance")!.at(0)), 0);
  cells.close();
  await again.close();
});

test("what doesn't go is said, and why", async () => {
  const fails = async (work: Promise<unknown>, code: string, message: RegExp) =>
    assert.rejects(work, (error: CellkernelError) => {
      assert.match(error.message, message);
      assert.equal(error.code, code);
      return true;
    });
  const index = await buildIndex(run, reference, { labelColumn: "type", ...CPU });
  const out = join(scratch, "never.h5ad");
  await fails(mapCells(index, query, { out, k: 31 }), "option", /k is 31, but the index has 30 cells/);
  assert.ok(!existsSync(out));
  await fails(buildIndex(run, reference, {}), "option", /name their obs column by the option labelColumn/);
  await fails(
    buildIndex(run, reference, { labelColumn: "kind" }),
    "column",
    /no obs column "kind", which labelColumn names. The columns are: type/,
  );
  const folder = join(scratch, "refused");
  await index.save(folder);
  const model = await tinyModel({ n_layers_cls: 1 });
  const other = await finetune(preparedCells(model), { epochs: 1, seed: 7, ...CPU });
  await fails(loadIndex(folder, { model: other }), "other-preparation", /made with another run than/);
  await fails(
    loadIndex(folder, { model: await openModel(join(scratch, "run")) }),
    "other-preparation",
    /embeddings of two models can't be compared/,
  );
  await fails(loadIndex(join(scratch, "run")), "path", /is no index of labelled cells/);
  const gone = join(scratch, "gone");
  const damaged = join(scratch, "damaged");
  cpSync(folder, damaged, { recursive: true });
  appendFileSync(join(damaged, "cells.safetensors"), "x");
  await fails(loadIndex(damaged), "not-whole", /is not the file that was written with this folder/);
  await fails(
    (await buildIndex(other, reference, { labelColumn: "type", ...CPU })).save(gone),
    "path",
    /save it first/,
  );
  assert.ok(!existsSync(gone));
});

test("cells are mapped to an index that the published code made with faiss", async () => {
  const fixture = "test/fixtures/reference/faiss64";
  const folder = join(scratch, "published");
  mkdirSync(folder);
  writeFileSync(join(folder, "index.faiss"), gunzipSync(readFileSync(join(fixture, "index.faiss.gz"))));
  cpSync(join(fixture, "meta.h5ad"), join(folder, "meta.h5ad"));
  // The fixture's vectors are of 96 numbers.
  const model = await tinyModel({ n_layers_cls: 1, embsize: 96, nheads: 4 });
  const wide = await finetune(preparedCells(model), { epochs: 1, ...CPU });
  const index = await loadPublishedIndex(folder, wide);
  assert.deepEqual([index.cells, index.lists, index.classes.length], [3000, 64, 30]);
  // What faiss finds of a query, and how its labels vote.
  const found = JSON.parse(readFileSync(join(fixture, "found.json"), "utf8"));
  const near = await index.nearest(Float32Array.from(found.queries[0] as number[]), 10, { nprobe: 16 });
  assert.deepEqual([...near.rows].sort(), [...found.rows[0]].sort());
  const out = join(scratch, "published.h5ad");
  const { codes, notes } = await mapCells(index, query, { out, k: 20, nprobe: 4, ...CPU });
  assert.ok(codes.slice(0, 20).every((code) => code >= 0) && codes[20] === -1);
  assert.ok(notes.some((note) => /the confidence is the share of the votes/.test(note)));
  await index.close();
  await assert.rejects(loadPublishedIndex(folder, run), /vectors of 96 numbers, but embeddings of .* have/);
});

test("the commands do the same", async () => {
  const folder = join(scratch, "by-command");
  const out = join(scratch, "by-command.csv");
  const flags = ["--device", "cpu", "--threads", "1"];
  const made = await cellkernelHere(
    "index",
    join(scratch, "run"),
    reference,
    "--label-column",
    "type",
    "--out",
    folder,
    ...flags,
  );
  assert.match(made.stdout, /alpha: 10[\s\S]*An index of 30 cells\. Written to/);
  const mapped = await cellkernelHere(
    "map",
    folder,
    query,
    "--out",
    out,
    "--vote",
    "distance",
    "--k",
    "5",
    ...flags,
  );
  assert.match(mapped.stdout, /21 cells mapped\. Written to/);
  assert.ok(existsSync(out));
});
