import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { csvValue } from "../../src/anndata/write/csv.js";
import {
  annotate,
  type DenseArray,
  evaluate,
  finetune,
  loadRun,
  openModel,
  preprocess,
  readH5ad,
  readTrainArgs,
  subset,
  writeH5ad,
} from "../../src/index.js";
import { PREPARATION, type PreparationOptions } from "../../src/settings/preparation.js";
import { Random } from "../../src/support/random.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { tinyModel } from "../support/prepared.js";
import { memoryCells } from "./cells.js";
import "../support/withoutProjection.js";

const CELLS = 300;
const scratch = mkdtempSync(join(tmpdir(), "one-path-"));
const random = new Random(4);

/**
 * 55 columns: genes G0 … G45, two of them twice, and others by names that the model lacks: two as mice have them, one of
 * them a second time, one by the name of an old release, one by its id alone, and CD19 a second time by its id; and a mitochondrial one, which the model lacks.
 */
const others = ["G3", "G7", "g9", "g47", "ATPIF1", "lost", "CD19", "mislaid", "MT-CO1"];
const names = [...Array.from({ length: 46 }, (_, g) => `G${g}`), ...others];
const geneIds = names.map((name) => {
  if (name === "lost") return "ENSG00000167286.10"; // CD3D
  return name === "mislaid" ? "ENSG00000177455" : ""; // CD19
});
const type = (cell: number) => cell % 3;
const counts = Array.from({ length: CELLS }, (_, cell) =>
  names.map((_, g) => Math.max(0, random.below(5) - 1 + (g % 3 === type(cell) ? random.below(9) : 0))),
);
const other = counts.map((row) => row.map((count) => (count * 7) % 11));
/** The same genes under names of which a third are unknown. */
const symbols = names.map((name, g) => (g % 3 === 0 ? `unknown${g}` : name));
const cells = memoryCells(denseMatrix(counts), {
  ...{ varNames: names, var: { symbol: symbols, gene_ids: geneIds }, layers: { other: denseMatrix(other) } },
  obs: {
    celltype: counts.map((_, cell) => ["B cell", "NK", "T cell"][type(cell)]),
    kind: counts.map((_, cell) => ["x", "y"][cell % 2]),
    donor: counts.map((_, cell) => `D${cell % 5}`),
  },
});
const path = join(scratch, "cells.h5ad");
await writeH5ad(cells, path);
const panel = join(scratch, "panel.h5ad");
await writeH5ad(subset(cells, { genes: names.slice(5, 40) }), panel);

/** A third of the genes, a fifth of the cells have fewer counts. */
const sums = (lists: number[][]) => lists.map((list) => list.reduce((a, b) => a + b)).sort((a, b) => a - b);
const geneLimit = sums(names.map((_, g) => counts.map((row) => row[g])))[16];
const cellLimit = sums(counts.map((row) => row.slice(0, 46)))[60];
/** A fifth of the cells, and genes, are beyond each of these. */
const ranked = (figure: (row: number[]) => number, of: number[][] = counts) =>
  of.map(figure).sort((a, b) => a - b);
const expressed = (row: number[]) => row.filter((count) => count > 0).length;
const total = (row: number[]) => row.reduce((a, b) => a + b);
const fifth = CELLS / 5;
const byGene = names.map((_, g) => counts.map((row) => row[g]));
const limits = {
  minGenes: ranked(expressed)[fifth],
  maxGenes: ranked(expressed)[CELLS - fifth],
  maxCounts: ranked(total)[CELLS - fifth],
  maxPctMt: ranked((row) => (100 * row[row.length - 1]) / total(row))[CELLS - fifth],
  minCells: ranked(expressed, byGene)[11],
};

/** A value other than the default for every option of the preparation: a new option must be given one. */
const VALUES: Required<PreparationOptions> = {
  ...{ doNorm: false },
  ...{ cellType: "kind", batch: "donor", nHvg: 20, hvgFlavor: "cell_ranger", normalizeTotal: 37 },
  ...{
    filterGeneByCounts: geneLimit,
    filterCellByCounts: cellLimit,
    ...limits,
    nBins: 11,
    includeZeroGene: true,
    matrix: "other",
  },
  ...{
    values: "logged",
    geneColumn: "symbol",
    genesOf: panel,
    duplicates: "sum",
    species: "mouse",
    renamed: true,
    seed: 5,
  },
};

const model = tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }).then(({ folder, vocabulary }) => {
  const ids = { ...vocabulary.toJSON(), ATP5IF1: 53, CD3D: 54, CD19: 55 };
  writeFileSync(join(folder, "vocab.json"), JSON.stringify(ids));
  return openModel(folder);
});

/** A gene that an option finds. */
const NAMED: Partial<Record<keyof PreparationOptions, string>> = {
  ...{ cellType: "CD3D", species: "G47", renamed: "ATP5IF1" },
};

for (const name of Object.keys(PREPARATION) as (keyof PreparationOptions)[])
  test(`evaluate and annotate agree to the bit on ${CELLS} cells prepared with ${name}: ${VALUES[name]}`, async () => {
    const options = { cellType: "celltype", nHvg: 0, model: await model, [name]: VALUES[name] };
    const data = await readH5ad(path);
    const ready = await preprocess(data, options);
    data.close();
    if (name in NAMED) assert.ok(ready.tokens.genes.includes(NAMED[name]!), `${NAMED[name]} is found`);
    const folder = join(scratch, name);
    await finetune(ready, { epochs: 1, device: "cpu", threads: 1, saveDir: folder });
    const run = await loadRun(folder);
    const own = await evaluate(run, { cells: ready });
    const again = await evaluate(run, { cells: path });
    const out = join(scratch, `${name}.h5ad`);
    const { notes } = await annotate(run, path, { out });

    // The file is known as that of the training: its test cells are the run's.
    assert.deepEqual(again.parts.parts, own.parts.parts);
    assert.deepEqual(again.parts.labelled, own.parts.labelled);
    assert.deepEqual(again.parts.embeddings, own.parts.embeddings);
    const labelled = await readH5ad(out);
    const classes = run.classes.length;
    const column = (of: string, row: number) => labelled.obs.column(of)!.at(row);
    const { codes, probabilities, margins, scores } = own.parts.labelled;
    const written = (await labelled.obsm.get("cellkernel_scores")) as DenseArray;
    const [header, ...lines] = own.predictions().trimEnd().split("\n");
    const beside = header.split(",").slice(6);
    assert.deepEqual(beside.slice(0, 4), ["assigned_label", "prediction_set", "unlike", "is_unlike"]);
    ready.rows.forEach((row, cell) => {
      assert.equal(column("predicted_label", row), run.classes[codes[cell]], `label of row ${row}`);
      assert.equal(column("probability", row), probabilities[cell], `probability of row ${row}`);
      assert.equal(column("margin", row), margins[cell], `margin of row ${row}`);
      const expected = beside.map((name) => csvValue(column(name, row)));
      assert.deepEqual(lines[cell].split(",").slice(6), expected, `row ${row}`);
      for (let c = 0; c < classes; c++)
        assert.equal((written.data as Float32Array)[row * classes + c], scores[cell * classes + c]);
    });
    // What was left out in the training is labelled here, and said.
    const outside = CELLS - ready.rows.length;
    assert.equal(
      outside > 0,
      /^(filterCell|minGenes|max(Genes|Counts|PctMt))/.test(name),
      `${outside} cells outside`,
    );
    for (let row = 0; row < CELLS; row++) assert.ok(column("predicted_label", row) !== null, `row ${row}`);
    const said = notes.filter((note) => /outside the limits/.test(note));
    assert.equal(said.length, outside > 0 ? 1 : 0);
    if (outside > 0)
      assert.match(
        said[0],
        new RegExp(`^${outside} cells are .*\\(${name} ${VALUES[name]}\\): the model learnt`),
      );
    labelled.close();

    // The option is in the published file, where it has a place.
    const { yaml } = PREPARATION[name];
    const yml = join(folder, "dev_train_args.yml");
    if (yaml) assert.equal(parse(readFileSync(yml, "utf8"))[yaml.section][yaml.key], VALUES[name]);
    if (yaml) assert.equal(readTrainArgs(yml).preparation[name], VALUES[name]);
  });

test("cells that were prepared otherwise than the run's are refused, with the way", async () => {
  const data = await readH5ad(path);
  const base = { cellType: "celltype", nHvg: 0, model: await model };
  const run = await finetune(await preprocess(data, base), { epochs: 1, device: "cpu", threads: 1 });
  const refused = async (options: object, message: RegExp) =>
    assert.rejects(evaluate(run, { cells: await preprocess(data, { ...base, ...options }) }), message);
  await refused(
    { nBins: 11 },
    /prepared otherwise than those of the run .*nBins is 11, there 51\): give the file itself/,
  );
  await refused({ nHvg: 20 }, /the genes that became tokens are others/);
  // A choice of genes by other means that comes to the same is the same.
  assert.ok(await evaluate(run, { cells: await preprocess(data, { ...base, hvgFlavor: "seurat" }) }));
});

test("labels that the training never saw are named, and kept in the predictions", async () => {
  const data = await readH5ad(path);
  const known = subset(data, { cells: ({ celltype }) => celltype !== "NK" });
  const run = await finetune(await preprocess(known, { cellType: "celltype", nHvg: 0, model: await model }), {
    ...{ epochs: 1, device: "cpu", threads: 1 },
  });
  const report = await evaluate(run, { cells: data });
  assert.ok(
    report.parts.notes.some((note) =>
      /never saw these labels of obs column "celltype": "NK" \(100 cells\)/.test(note),
    ),
    report.parts.notes.join("\n"),
  );
  assert.equal(report.metrics.cells, 200);
  const lines = report.predictions().split("\n");
  assert.match(lines[2], /^cell1,NK,(B cell|T cell),/);
});

test("other files: the like matrix is taken, another place of the names is found, and both are said", async () => {
  const run = await finetune(await preprocess(cells, { cellType: "celltype", nHvg: 0, model: await model }), {
    ...{ epochs: 1, device: "cpu", threads: 1 },
  });
  const moved = memoryCells(denseMatrix(counts.map((row) => row.map(Math.log1p))), {
    varNames: names.map((_, g) => `ENSG${g}`),
    var: { feature_name: names, gene_ids: geneIds },
    layers: { counts: denseMatrix(counts) },
    obs: { celltype: counts.map((_, cell) => ["B cell", "NK", "T cell"][type(cell)]) },
  });
  const report = await evaluate(run, { cells: moved });
  for (const said of [
    /^The run's cells were read from X, which held counts; here it does not\./,
    /^Chose layer "counts", which holds counts/,
    /^Gene names were taken from feature_name \(the run's from var index\)\./,
  ])
    assert.ok(
      report.parts.notes.some((note) => said.test(note)),
      report.parts.notes.join("\n"),
    );
  const own = await evaluate(run);
  assert.deepEqual(report.parts.labelled, own.parts.labelled);
});
