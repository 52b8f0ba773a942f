import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { wilcoxon } from "../../src/evaluate/wilcoxon.js";
import {
  annotate,
  CellkernelError,
  type Explanation,
  explain,
  finetune,
  readH5ad,
  transferReport,
} from "../../src/index.js";
import { Predictor } from "../../src/predict/predictor.js";
import { predictionOf } from "../../src/protocol/applyRun.js";
import { Run } from "../../src/protocol/run.js";
import { commonest, quantilesOf, transferGroups } from "../../src/protocol/transferGroups.js";
import { Random } from "../../src/support/random.js";
import { cellkernelHere } from "../support/cli.js";
import { writeCounts } from "../support/countsFile.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const scratch = mkdtempSync(join(tmpdir(), "explain-"));
const GENES = Array.from({ length: 40 }, (_, g) => `G${g}`);
const CELLS = 60;
/** Cell i is of class i % 3, whose genes are the g with g % 3 = i % 3; the last cell has none that the run knows. */
const counts = (() => {
  const random = new Random(4);
  const cells = Array.from({ length: CELLS }, (_, cell) =>
    GENES.map((_, g) =>
      random.uniform() < 0.5 ? 0 : g % 3 === cell % 3 ? 20 + random.below(20) : 1 + random.below(5),
    ),
  );
  return [...cells.map((own) => [...own, 0]), [...GENES.map(() => 0), 7]];
})();
let run: Run;
let path: string;
let why: Explanation;
/** Int32 [cells]: what annotate labels them with. */
let codes: Int32Array;
before(async () => {
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1, nlayers: 1 });
  run = await finetune(preparedCells(model), {
    epochs: 6,
    lr: 3e-3,
    batchSize: 8,
    device: "cpu",
    threads: 1,
  });
  path = await writeCounts(join(scratch, "cells.h5ad"), [...GENES, "other"], counts);
  codes = (await annotate(run, path, { out: join(scratch, "labelled.h5ad") })).codes;
  why = await explain(run, path);
});

test("labels come from the genes that the classes were made of, and these are the markers", () => {
  assert.deepEqual(
    why.types.map(({ label, cells }) => [label, cells]),
    run.classes.map((label, code) => [label, codes.filter((own) => own === code).length]),
  );
  why.types.forEach((type, code) => {
    const own = (names: string[]) => names.filter((name) => Number(name.slice(1)) % 3 === code).length;
    assert.equal(own(why.topMarkers(type, 8)), 8);
    const genes = why.topGenes(type, 8);
    // By chance it were 2.7.
    assert.ok(own(genes) >= 6, `${type.label}: ${genes}`);
  });
});

test("markers are of log1p(10,000 x / total), the totals of all genes that the run knows", () => {
  const indptr = new Float64Array(CELLS + 1);
  const gene: number[] = [];
  const value: number[] = [];
  counts.slice(0, CELLS).forEach((own, cell) => {
    const total = own.reduce((sum, count) => sum + count, 0);
    own.forEach((count, g) => {
      if (count === 0) return;
      gene.push(g);
      value.push(Math.log1p((1e4 * count) / total));
    });
    indptr[cell + 1] = gene.length;
  });
  const expression = { genes: GENES, indptr, gene: Int32Array.from(gene), value: Float32Array.from(value) };
  // The cell without genes has rank and place among the others.
  const all = { ...expression, indptr: Float64Array.from([...indptr, gene.length]) };
  const expected = wilcoxon(all, codes, 3);
  why.types.forEach(({ markers }, code) => {
    assert.deepEqual([...markers!.scores], [...expected[code]!.scores]);
    markers!.logfoldchanges.forEach((change, g) => {
      assert.ok(Math.abs(change - expected[code]!.logfoldchanges[g]) < 1e-5);
    });
  });
});

test("what a logit owes to a gene is its slope along the gene's value, times the value", async () => {
  const { cells } = await explain(run, path, { cells: ["new-7", 4] });
  assert.deepEqual(
    cells.map(({ name, row }) => [name, row]),
    [
      ["new-7", 7],
      ["new-4", 4],
    ],
  );
  const spec = predictionOf(run, GENES, {});
  const size = { args: run.args, classes: 3, genes: GENES.length + 2 };
  const predictor = await Predictor.create(size, spec.weights, { device: "cpu", threads: 1 });
  for (const { label, genes, bins, attribution } of cells) {
    const code = run.classes.indexOf(label);
    const logit = async (place: number, factor: number) => {
      const values = Float32Array.from([0, ...bins]);
      values[place + 1] *= factor;
      const rows = Int32Array.from([1, ...genes.map((g) => g + 2)]);
      const { logits } = await predictor.predict({
        cells: Int32Array.of(0),
        length: rows.length,
        genes: rows,
        values,
      });
      return logits[code];
    };
    const largest = attribution.reduce((most, own) => Math.max(most, Math.abs(own)), 0);
    assert.ok(largest > 0.01, `${largest}`);
    for (const place of [0, 3, genes.length - 1]) {
      const slope = ((await logit(place, 1.02)) - (await logit(place, 0.98))) / 0.04;
      assert.ok(Math.abs(slope - attribution[place]) < 0.02 * largest, `${slope}, ${attribution[place]}`);
    }
  }
  await predictor.release();
});

test("an ensemble's attribution is the mean of its members'", async () => {
  const twice = (name: string) => {
    const { shape, data } = run.weights.get(name)!;
    return [name, { shape, data: data.map((w) => 2 * w) }] as const;
  };
  // Twice the last layer is twice the logits, and so twice what they owe to each gene.
  const layer = ["cls_decoder.out_layer.weight", "cls_decoder.out_layer.bias"].map(twice);
  const both = new Run({ ...run.parts, members: [new Map([...run.weights, ...layer])] });
  const [one, mean] = [run, both].map(async (own) => (await explain(own, path, { cells: [1] })).cells[0]);
  const { label, attribution } = await one;
  assert.equal((await mean).label, label);
  (await mean).attribution.forEach((value, i) => {
    assert.ok(Math.abs(value - 1.5 * attribution[i]) < 1e-5, `${value}, ${attribution[i]}`);
  });
});

test("labels and probabilities are those that annotate gives", async () => {
  const labelled = await readH5ad(join(scratch, "labelled.h5ad"));
  const { cells } = await explain(run, path, { cells: [0, 1, 2, 33] });
  for (const { row, label, probability } of cells) {
    assert.equal(labelled.obs.column("predicted_label")!.at(row), label);
    assert.equal(labelled.obs.column("probability")!.at(row), probability);
  }
  labelled.close();
});

test("a cell without genes is named in a note; alone it is an error, as are labels, rows and names that are not there", async () => {
  const { cells, notes } = await explain(run, path, { cells: [0, CELLS] });
  assert.equal(cells.length, 1);
  assert.equal(
    notes.at(-1),
    "1 cells have no label to explain, since they express none of the model's genes or too few counts: new-60",
  );
  const fails = (options: object, code: string, message: RegExp) =>
    assert.rejects(explain(run, path, options), (error: CellkernelError) => {
      assert.ok(error instanceof CellkernelError, `${error}`);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  await fails({ cells: [CELLS] }, "nothing", /cells that were named \(new-60\) express none of the genes/);
  await fails(
    { types: ["Z cell"] },
    "option",
    /has no label "Z cell"; it has "B cell", "NK, bright", "T cell"/,
  );
  await fails({ cells: [61] }, "option", /has no row 61: its 61 cells are rows 0 to 60/);
  await fails({ cells: ["old-1"] }, "option", /has no cell "old-1"; its cells are called like "new-0"/);
  await fails({ cells: [1], types: ["B cell"] }, "option", /cells and types were both given/);
  await fails({ top: 0 }, "option", /the option top is 0/);
});

test("the command writes all genes of the types that were asked for, and prints the first of them", async () => {
  const folder = join(scratch, "run");
  await run.save(folder);
  const out = join(scratch, "explain.csv");
  const said = await cellkernelHere(
    "explain",
    folder,
    path,
    "--types",
    "T cell",
    "--top",
    "3",
    "--out",
    out,
    "--json",
  );
  assert.equal(said.status, 0, said.stderr);
  const { types } = JSON.parse(said.stdout);
  assert.deepEqual([types.length, types[0].label, types[0].genes.length], [1, "T cell", 3]);
  const [header, ...lines] = readFileSync(out, "utf8").trim().split("\n");
  assert.equal(lines.length, GENES.length);
  assert.match(header, /^label,gene,rank,attribution,marker_rank,score,log2_fold_change,pval,pval_adj,/);
  assert.equal(lines[0].split(",")[1], types[0].genes[0].gene);
  assert.equal(Number(lines[0].split(",")[3]), types[0].genes[0].attribution);
  const refused = await cellkernelHere("explain", folder, path, "--out", `${out}.h5ad`);
  assert.match(refused.stderr, /expected a table's name, which ends in \.csv/);
});

test("a notebook shows genes beside markers, what must be known, and a dot plot", async () => {
  const show = async (of: object) =>
    await (of as Record<symbol, () => Promise<Record<string, string>>>)[Symbol.for("Jupyter.mime")]();
  const bundle = await show(why);
  assert.match(bundle["text/html"], /genes that it owes most to<\/th><th[^>]*>markers \(Wilcoxon\)/);
  assert.ok(bundle["text/plain"].includes(why.notes[0]));
  assert.match(bundle["image/png"], /^iVBOR/);
  const spec = (await show(why.dotPlot))["application/vnd.vegalite.v5+json"] as unknown as {
    data: { values: { group: string; gene: string; share: number; mean: number; marked: boolean }[] };
  };
  const [type] = why.types;
  const [first] = why.topGenes(type);
  const dot = spec.data.values.find(({ group, gene }) => group === type.label && gene === first)!;
  const place = why.genes.indexOf(first);
  const cells = counts.filter((_, cell) => codes[cell] === 0);
  assert.equal(dot.share, cells.filter((own) => own[place] > 0).length / cells.length);
  assert.equal(dot.mean, type.markers!.means[place]);
  assert.ok(dot.marked);
  assert.match((await show(why.of("T cell")))["text/plain"], /^T cell: mean of (\d+) of \1 cells/);
  assert.throws(() => why.of("Z cell"), /"Z cell" was not explained/);
});

test("groups of labelled cells are counted beside the reference; quantiles are numpy's", () => {
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a}, not ${b}`);
  const numpys = [0.125, 0.25, 0.475, 0.7375, 0.875];
  quantilesOf([0.9, 0.2, 0.4, 0.1, 0.8, 0.55, Number.NaN])!.forEach((value, i) => {
    near(value, numpys[i]);
  });
  assert.equal(quantilesOf([]), undefined);
  const labels = {
    names: ["a", "b", "c"],
    codes: Int32Array.of(1, 1, 0, -1, 1),
    probabilities: Float32Array.of(0.5, 1, 0.25, Number.NaN, 0.75),
    unassigned: [true, false, true, false, true],
    disputed: [false, false, true, false, true],
  };
  const groups = transferGroups(labels, labels, [10, 0, 30]);
  assert.deepEqual(
    groups.map(({ name, cells, share, reference, unassigned }) => [
      name,
      cells,
      share,
      reference,
      unassigned,
    ]),
    [
      ["b", 3, 0.75, 0, 2 / 3],
      ["a", 1, 0.25, 0.25, 1],
      ["c", 0, 0, 0.75, undefined],
    ],
  );
  assert.equal(groups[0].quantiles![2], 0.75);
  assert.deepEqual(
    groups.map(({ disputed, unlike }) => [disputed, unlike]),
    [
      [1 / 3, undefined],
      [1, undefined],
      [undefined, undefined],
    ],
  );
  const clusters = { names: ["x", "y"], codes: Int32Array.of(0, 0, 0, 1, -1) };
  assert.deepEqual([...commonest(labels, clusters)], [["x", { label: "b", share: 2 / 3 }]]);
});

test("annotate writes a page of what became of the labels", async () => {
  const [out, report] = [join(scratch, "with.h5ad"), join(scratch, "report.html")];
  const { notes } = await annotate(run, path, { out, report });
  const page = readFileSync(report, "utf8");
  assert.ok(notes.length > 0);
  for (const note of notes) assert.ok(page.includes(note.replaceAll("'", "&#39;")), note);
  assert.match(page, /<dd class="value">98\.4 %<\/dd><dd class="more">60 cells/);
  assert.match(page, /40 of the run&#39;s 40 genes|40 of the run's 40 genes/);
  // Of 148 labelled cells of the run, class 0 has 50.
  assert.deepEqual([...run.parts.reference!.counts!], [50, 49, 49]);
  const own = codes.filter((code) => code === 0).length;
  const row = `B cell</th><td class="bars">.*<td class="number">${((100 * own) / 60).toFixed(1)} %</td><td class="number">33\\.8 %`;
  assert.match(page, new RegExp(row));
  assert.equal((await transferReport(run, out)).html, page);
});

test("a report needs a labelled file, of this run, a page's name and clusters that are there", async () => {
  const fails = (work: Promise<unknown>, code: string, message: RegExp) =>
    assert.rejects(work, (error: CellkernelError) => error.code === code && message.test(error.message));
  await fails(
    transferReport(run, path),
    "column",
    /has no obs columns predicted_label and probability: label it/,
  );
  const out = join(scratch, "labelled.h5ad");
  await fails(transferReport(run, out, { clusterBy: "leiden" }), "column", /"leiden"/);
  const other = Object.assign(Object.create(run), { training: { ...run.training, run: "other" } });
  await fails(
    transferReport(other, out),
    "other-preparation",
    /was labelled by the run .*, not by .*\(other\)/,
  );
  const never = join(scratch, "never.csv");
  await fails(
    annotate(run, path, { out: never, report: "r.html" }),
    "option",
    /needs the labelled file, \.h5ad or/,
  );
  await fails(annotate(run, path, { out, report: "r.txt" }), "option", /r\.txt; expected a page's name/);
});
