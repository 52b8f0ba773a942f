import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  annotate,
  CellkernelError,
  evaluate,
  finetune,
  preprocess,
  readH5ad,
  writeH5ad,
} from "../../src/index.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { memoryCells } from "./cells.js";
import "../support/withoutProjection.js";

const scratch = mkdtempSync(join(tmpdir(), "few-genes-"));
const training = { epochs: 1, device: "cpu", threads: 1 } as const;
/** A run of 40 genes, G0 … G39. */
const run = tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }).then((model) =>
  finetune(preparedCells(model), training),
);

/** A file of 20 genes: `known` of them the run's. */
async function file(known: number, foreign = (i: number) => `Foreign${i}`): Promise<string> {
  const varNames = Array.from({ length: 20 }, (_, i) => (i < known ? `G${i}` : foreign(i)));
  const path = join(scratch, `${known}-${foreign(1)}.h5ad`);
  await writeH5ad(memoryCells(denseMatrix([varNames.map((_, i) => 1 + (i % 7))]), { varNames }), path);
  return path;
}

test("less than 20 % of the run's genes: refused, with both shares, five names of each, reason, remedy and override", async () => {
  const path = await file(7); // 7 of 40
  const out = join(scratch, "never.h5ad");
  await assert.rejects(annotate(await run, path, { out }), (error: CellkernelError) => {
    assert.ok(error instanceof CellkernelError);
    assert.deepEqual([error.code, error.at], ["few-genes", { path, found: 7, of: 40 }]);
    for (const said of [
      "has 7 of the 40 genes that the run simulated was trained on (18 %); they are 35 % of the file's 20 genes.",
      'The run has "G7", "G8", "G9", "G10", "G11"; the file has "Foreign7", "Foreign8", "Foreign9", "Foreign10", "Foreign11".',
      `cellkernel preprocess TRAINING.h5ad --genes-of ${path}`,
      "fewGenes: true (--few-genes), which is recorded",
    ])
      assert.ok(error.message.includes(said), `${said}\n${error.message}`);
    return true;
  });
  assert.ok(!existsSync(out));
  await assert.rejects(evaluate(await run, { cells: path }), /has 7 of the 40 genes/);
});

test("mouse names: the reason is named", async () => {
  // Genes of the model as mice have them: found when case is ignored.
  const path = await file(2, (i) => `g${i}`);
  await assert.rejects(
    annotate(await run, path, { out: join(scratch, "x.h5ad") }),
    /found when case is ignored: perhaps the cells are of another species .* species: "mouse" \(--species mouse\)/,
  );
});

test('species: "mouse" labels cells of mice by upper-cased symbol; it is said, and the file says so', async () => {
  const path = await file(2, (i) => `g${i}`);
  const out = join(scratch, "mouse.h5ad");
  const { notes } = await annotate(await run, path, { out, species: "mouse" });
  for (const said of [
    /^WARNING: only 20 of the 40 genes/,
    /^18 genes were found by their upper-cased symbol \(species: "mouse"\), for instance "g2" for G2\.$/,
  ])
    assert.ok(
      notes.some((note) => said.test(note)),
      notes.join("\n"),
    );
  const labelled = await readH5ad(out);
  const record = labelled.uns.get("cellkernel") as Record<string, unknown>;
  assert.equal(record.species, "mouse");
  assert.equal(Number(record.genes_found), 20);
  labelled.close();
  // Not for its genes is it refused.
  await assert.rejects(evaluate(await run, { cells: path, species: "mouse" }), /no obs column "celltype"/);
});

test("the override labels all the same; the file says so", async () => {
  const out = join(scratch, "accepted.h5ad");
  const { notes, codes } = await annotate(await run, await file(7), { out, fewGenes: true });
  assert.ok(codes[0] >= 0);
  assert.match(
    notes[0],
    /^WARNING: only 7 of the 40 genes .* \(18 %\): labels are likely to be wrong.* asked for all the same \(fewGenes\)/,
  );
  const labelled = await readH5ad(out);
  const record = labelled.uns.get("cellkernel") as Record<string, unknown>;
  assert.equal(record.few_genes_accepted, true);
  assert.deepEqual([Number(record.genes_found), Number(record.genes_of_run)], [7, 40]);
  labelled.close();
});

test("below 60 % a loud note, from 60 % on none", async () => {
  const said = async (known: number) =>
    (await annotate(await run, await file(known), { out: join(scratch, `${known}.h5ad`), fewGenes: false }))
      .notes;
  assert.match(
    (await said(8))[0],
    /^WARNING: only 8 of the 40 genes .* \(20 %\): labels may be poor, however sure they look\.$/,
  );
  const all = Array.from({ length: 24 }, (_, i) => `G${i}`);
  const path = join(scratch, "24.h5ad");
  await writeH5ad(memoryCells(denseMatrix([all.map(() => 3)]), { varNames: all }), path);
  assert.deepEqual((await annotate(await run, path, { out: join(scratch, "24-out.h5ad") })).notes, [
    "Took X, as in the training; it holds counts.",
    "24 of the 40 genes that the run was trained on are in this file (60 %).",
  ]);
});

test("preprocess with genesOf takes the genes that the new file has too: its cells are then labelled", async () => {
  const panel = await file(12);
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  const varNames = Array.from({ length: 40 }, (_, g) => `G${g}`);
  const cells = memoryCells(
    denseMatrix(Array.from({ length: 60 }, (_, cell) => varNames.map((_, g) => (g + cell) % 5))),
    { varNames, obs: { celltype: Array.from({ length: 60 }, (_, cell) => ["A", "B"][cell % 2]) } },
  );
  const ready = await preprocess(cells, { cellType: "celltype", nHvg: 0, model, genesOf: panel });
  assert.deepEqual(ready.tokens.genes, varNames.slice(0, 12));
  assert.ok(ready.notes.some((note) => note.startsWith("Of the 40 genes in the vocabulary, 12 are in")));
  const own = await finetune(ready, training);
  const { notes } = await annotate(own, panel, { out: join(scratch, "panel-out.h5ad") });
  assert.ok(!notes.some((note) => note.includes("WARNING")), notes.join());
  await assert.rejects(
    preprocess(cells, { nHvg: 0, model, genesOf: await file(0, (i) => `G${i + 43}x`) }),
    /None of the 20 genes/,
  );
});
