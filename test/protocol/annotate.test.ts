import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { table } from "arquero";
import {
  type AnnData,
  annotate,
  type DenseArray,
  embed,
  finetune,
  loadRun,
  readH5ad,
  readZarr,
  writeResults,
} from "../../src/index.js";
import { Run } from "../../src/protocol/run.js";
import { Random } from "../../src/support/random.js";
import { writeCounts } from "../support/countsFile.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { python } from "../support/python.js";
import "../support/withoutProjection.js";

const scratch = mkdtempSync(join(tmpdir(), "annotate-"));
let run: Run;
before(async () => {
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  run = await finetune(preparedCells(model), { epochs: 1, device: "cpu", threads: 1 });
});

/** Writes counts of the given genes; gene names may be any. */
function file(name: string, genes: string[], cells: number[][]): Promise<string> {
  return writeCounts(join(scratch, name), genes, cells);
}

test("genes are matched by name, whatever their order; a cell without any of them gets no label and a note", async () => {
  const counts = [3, 9, 1, 4, 7, 2];
  const forward = await file(
    "forward.h5ad",
    ["G0", "G1", "G2", "G3", "G4", "other"],
    [counts, [0, 0, 0, 0, 0, 5]],
  );
  const backward = await file(
    "backward.h5ad",
    ["other", "G4", "G3", "G2", "G1", "G0"],
    [[...counts].reverse(), [5, 0, 0, 0, 0, 0]],
  );
  const results = [];
  for (const path of [forward, backward]) {
    const out = `${path}.labelled.h5ad`;
    const annotation = await annotate(run, path, { out, fewGenes: true });
    assert.equal(annotation.codes[1], -1);
    assert.ok(
      annotation.notes.includes("1 cells express none of the model's genes and got no label: new-1"),
      annotation.notes.join(),
    );
    assert.ok(annotation.notes.some((note) => /^WARNING: only 5 of the 40 genes/.test(note)));
    const cells = await readH5ad(out);
    const value = (column: string, cell: number) => cells.obs.column(column)!.at(cell);
    assert.equal(value("predicted_label", 1), null);
    assert.ok(Number.isNaN(value("probability", 1)) || value("probability", 1) === null);
    results.push([value("predicted_label", 0), Number(value("probability", 0)), Number(value("margin", 0))]);
    cells.close();
  }
  assert.equal(results[0][0], results[1][0]);
  for (const i of [1, 2])
    assert.ok(Math.abs(Number(results[0][i]) - Number(results[1][i])) < 1e-5, `${results}`);
});

test("8-bit integers: how many labels stay those of float32 is said, and is so", async () => {
  const random = new Random(6);
  const genes = Array.from({ length: 40 }, (_, g) => `G${g}`);
  const cells = Array.from({ length: 60 }, () => genes.map(() => random.below(9)));
  const path = await file("integers.h5ad", genes, cells);
  const labels = async (int8: boolean) => annotate(run, path, { out: `${path}.${int8}.h5ad`, int8 });
  const [exact, rounded] = [await labels(false), await labels(true)];
  const same = exact.codes.filter((code, cell) => code === rounded.codes[cell]).length;
  assert.ok(same > 30, `${same}`);
  assert.match(
    rounded.notes[rounded.notes.length - 1],
    new RegExp(
      `^8-bit integers: of 60 cells that were predicted in float32 too, ${same} have the same label; probabilities differ by at most 0\\.\\d{3}$`,
    ),
  );
});

test("embed writes the embeddings that annotate writes, and no labels", async () => {
  const random = new Random(7);
  const genes = Array.from({ length: 40 }, (_, g) => `G${g}`);
  const path = await file(
    "embed.h5ad",
    genes,
    Array.from({ length: 30 }, () => genes.map(() => random.below(9))),
  );
  await annotate(run, path, { out: `${path}.labelled.h5ad` });
  const embedding = await embed(run, path, { out: `${path}.embedded.h5ad` });
  assert.equal(embedding.width, 16);
  const read = async (out: string) => {
    const cells = await readH5ad(out);
    const array = (await cells.obsm.get("X_scGPT")) as DenseArray;
    const columns = cells.obs.columnNames();
    cells.close();
    return { values: [...(array.data as Float32Array)], columns };
  };
  const [labelled, embedded] = [await read(`${path}.labelled.h5ad`), await read(embedding.path)];
  assert.equal(embedded.values.length, 30 * 16);
  assert.deepEqual(embedded.values, labelled.values);
  assert.deepEqual(
    embedded.columns.filter((name) => /label|probability/.test(name)),
    [],
  );
  await assert.rejects(embed(run, path, { out: "" }), /embed needs a file to write/);
});

test("anndata and pandas read what was found, with what it was done by: as .h5ad and as .csv", async () => {
  const random = new Random(9);
  const genes = [...Array.from({ length: 40 }, (_, g) => `G${g}`), "other"];
  const counts = Array.from({ length: 50 }, () => [...genes.slice(1).map(() => random.below(9)), 3]);
  const path = await file("trust.h5ad", genes, [...counts, genes.map((gene) => (gene === "other" ? 5 : 0))]);
  const folder = join(scratch, "trusted");
  await run.save(folder);
  const loaded = await loadRun(folder);
  // Of a run without, what it has is written.
  const out = join(scratch, "plain.h5ad");
  const untrusted = await annotate(new Run({ ...run.parts, trust: undefined, reference: undefined }), path, {
    out,
  });
  assert.match(untrusted.notes.join("\n"), /the run was not calibrated/);
  const plain = await readH5ad(out);
  assert.deepEqual(plain.obs.columnNames(), ["predicted_label", "probability", "margin"]);
  const scores = async (cells: AnnData) =>
    ((await cells.obsm.get("cellkernel_scores")) as DenseArray).data as Float32Array;
  const roots = (await scores(plain)).slice(0, 150).map(Math.sqrt);
  plain.close();
  // A temperature of 2 is the square root, made to sum to 1.
  const expected = roots.map((root, at) => {
    const first = at - (at % 3);
    return root / (roots[first] + roots[first + 1] + roots[first + 2]);
  });
  const largest = Array.from({ length: 50 }, (_, i) => Math.max(...expected.subarray(3 * i, 3 * i + 3)));
  // Some labels are sure enough, some are not.
  const probability = largest.sort()[25] - 1e-5;
  const trust = { ...loaded.parts.trust!, temperature: 2 };
  // Distances to the origin, of which all are more than the threshold.
  const whitening = Float32Array.from({ length: 256 }, (_, at) => (at % 17 === 0 ? 1 : 0));
  const unlike = { whitening, means: new Float32Array(16), threshold: 0.5, cells: 100 };
  const parts = {
    ...loaded.parts,
    trust: { ...trust, threshold: { ...trust.threshold!, probability } },
    reference: { unlike, opinion: loaded.parts.reference!.opinion },
  };
  const open = new Run(parts, undefined, folder);
  const [h5ad, csv] = ["h5ad", "csv"].map((ending) => join(scratch, `trusted.${ending}`));
  await annotate(open, path, { out: h5ad, batchSize: 7 });
  const { notes } = await annotate(open, path, { out: csv });
  const said = JSON.parse(python("test/protocol/support/annotated.py", h5ad, csv));
  assert.equal(said.cells, 50);
  assert.equal(said.open, largest.filter((of) => of < probability).length);
  assert.ok(said.open > 0 && said.open < 50, `${said.open}`);
  const written = await readH5ad(h5ad);
  (await scores(written)).slice(0, 150).forEach((score, at) => {
    assert.ok(Math.abs(score - expected[at]) < 1e-6, `${score}, expected ${expected[at]}`);
  });
  written.close();
  const { made } = said;
  const sha256 = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  assert.equal(made.run_id, run.training.run);
  assert.equal(made.run_hashes["best_model.pt"], sha256("best_model.pt"));
  assert.equal(made.version, JSON.parse(readFileSync("package.json", "utf8")).version);
  assert.deepEqual(made.options, { batchSize: "7" });
  assert.ok(Math.abs(Date.parse(made.date) - Date.now()) < 3600e3, made.date);
  assert.ok(!notes.some((note) => /not calibrated/.test(note)));
  assert.equal(said.unlike, 50);
  assert.match(
    notes[0],
    /^WARNING: 50 of 50 cells \(100 %\) are unlike all that the model was trained on, where 5 % are expected/,
  );

  for (const [wrong, message] of [
    [
      "labels.feather",
      /labels\.feather ends in \.feather, which is not written; expected \.h5ad, \.zarr or, of labels, \.csv or \.parquet/,
    ],
    ["labels.tsv", /ends in \.tsv/],
  ] as const)
    await assert.rejects(annotate(run, path, { out: join(scratch, wrong) }), message);
  await assert.rejects(embed(run, path, { out: csv }), /embed writes no \.csv, which holds no arrays/);
});

test("a file that shares no gene with the model is refused, and nothing is written", async () => {
  const path = await file("foreign.h5ad", ["ENSG1", "ENSG2"], [[1, 2]]);
  const out = join(scratch, "never.h5ad");
  await assert.rejects(annotate(run, path, { out }), /ENSG1/);
  await assert.rejects(
    annotate(run, join(scratch, "nowhere.h5ad"), { out }),
    /there is no file .*nowhere\.h5ad/,
  );
  const early = { onProgress: () => assert.fail("it predicts before it looks where to write") };
  const known = await file("known.h5ad", ["G0", "G1"], [[1, 2]]);
  await assert.rejects(annotate(run, known, { out: known, ...early }), /is the input itself/);
  const deep = join(scratch, "no", "folder.h5ad");
  await assert.rejects(annotate(run, known, { out: deep, ...early }), /there is no folder/);
  await assert.rejects(annotate(run, path, {} as never), /annotate needs a file to write/);
  assert.ok(!existsSync(out));
});

test("several files become one labelled store, all their cells in order, each labelled as in a file of its own", async () => {
  const genes = Array.from({ length: 40 }, (_, g) => `G${g}`);
  const random = new Random(8);
  const draw = (cells: number) => Array.from({ length: cells }, () => genes.map(() => random.below(9)));
  const paths = [await file("donor2.h5ad", genes, draw(3)), await file("donor1.h5ad", genes, draw(2))];
  const out = join(scratch, "donors.zarr");
  const together = await annotate(run, paths, { out, sampleColumn: "donor" });
  const apart = [];
  for (const path of paths) apart.push(...(await annotate(run, path, { out: `${path}.alone.h5ad` })).codes);
  assert.deepEqual([...together.codes], apart);
  const cells = await readZarr(out);
  assert.deepEqual(
    [...(cells.obs.column("donor") as Iterable<unknown>)],
    ["donor2", "donor2", "donor2", "donor1", "donor1"],
  );
  assert.deepEqual(
    [...(cells.obs.column("predicted_label") as Iterable<unknown>)],
    apart.map((code) => run.classes[code]),
  );
  assert.deepEqual((cells.obsm.get("X_scGPT") as { shape: number[] }).shape, [5, run.args.embsize]);
  cells.close();
  await assert.rejects(annotate(run, paths, { out: paths[1] }), /is the input itself/);
  // The same from the store, into a copy of it: its own labels are replaced.
  const again = join(scratch, "again.zarr");
  assert.deepEqual([...(await annotate(run, out, { out: again })).codes], apart);
  await assert.rejects(annotate(run, out, { out: join(out, "inside.zarr") }), /is the input itself/);
});

test("what a cluster's cells are together stands beside each one's label", async () => {
  const random = new Random(10);
  const genes = Array.from({ length: 40 }, (_, g) => `G${g}`);
  const plain = await file(
    "clusters.h5ad",
    genes,
    Array.from({ length: 60 }, () => genes.map(() => random.below(9))),
  );
  const names = Array.from({ length: 60 }, (_, cell) => (cell < 3 ? null : `c${cell % 7}`));
  const path = join(scratch, "clustered.h5ad");
  await writeResults(plain, path, { obs: table({ leiden: names }) }, { byRow: true });
  const out = join(scratch, "consensus.h5ad");
  const tree = join(scratch, "tree.yml");
  writeFileSync(tree, "B cell: lymphocyte\nT cell: lymphocyte\n");
  const options = { out, clusterBy: "leiden", clusterShare: 0.6, hierarchy: tree };
  const { codes, notes } = await annotate(run, path, options);
  assert.ok(notes.some((note) => /does not say what these classes are kinds of: NK, bright$/.test(note)));
  const cells = await readH5ad(out);
  const scores = ((await cells.obsm.get("cellkernel_scores")) as DenseArray).data as Float32Array;
  const least = run.parts.trust!.threshold!.probability;
  const value = (column: string, cell: number) => cells.obs.column(column)!.at(cell);
  names.forEach((name, cell) => {
    const own = [...codes].filter((_, other) => name !== null && names[other] === name);
    const counts = run.classes.map((_, code) => own.filter((label) => label === code).length);
    const most = Math.max(...counts);
    const label = most / own.length < 0.6 ? "heterogeneous" : run.classes[counts.indexOf(most)];
    assert.equal(value("cluster_label", cell), name === null ? null : label);
    if (name !== null) assert.equal(value("cluster_share", cell), Math.fround(most / own.length));
    assert.equal(value("predicted_label", cell), run.classes[codes[cell]]);
    const [b, nk, t] = scores.subarray(3 * cell, 3 * cell + 3);
    const sure = [b, nk, t][codes[cell]] >= least;
    const kind = codes[cell] !== 1 && b + t >= least ? "lymphocyte" : "unassigned";
    assert.equal(value("hierarchy_label", cell), sure ? run.classes[codes[cell]] : kind);
  });
  assert.ok([...(cells.obs.column("hierarchy_label") as Iterable<unknown>)].includes("lymphocyte"));
  cells.close();
  const own = await readH5ad((await annotate(run, path, { out, clusterBy: "embedding" })).path);
  const clusters = [...(own.obs.column("embedding_cluster") as Iterable<string>)];
  const labels = [...(own.obs.column("predicted_label") as Iterable<string>)];
  clusters.forEach((cluster, cell) => {
    const members = labels.filter((_, other) => clusters[other] === cluster);
    const share = (name: string) => members.filter((label) => label === name).length / members.length;
    const most = Math.max(...run.classes.map(share));
    assert.equal(own.obs.column("cluster_share")!.at(cell), Math.fround(most));
    const label = run.classes.find((name) => share(name) === most);
    assert.equal(own.obs.column("cluster_label")!.at(cell), most < 0.5 ? "heterogeneous" : label);
  });
  own.close();
  const never = { out: join(scratch, "no-clusters.h5ad") };
  await assert.rejects(
    annotate(run, path, { ...never, clusterBy: "louvain" }),
    /has no obs column "louvain", which clusterBy names\. The columns are: leiden\./,
  );
  await assert.rejects(
    annotate(run, path, { ...never, clusterShare: 2 }),
    /clusterShare is 2; expected a number from 0 to 1/,
  );
  assert.ok(!existsSync(never.out));
});
