import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import {
  loadPrepared,
  loadRun,
  openModel,
  preprocess,
  readCells,
  readH5ad,
  simulate,
} from "../../src/index.js";
import { trainingsOf } from "../../src/protocol/trainings.js";
import { copyWorkflow } from "../../src/protocol/workflow.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import "../support/withoutProjection.js";

const SNAKEMAKE = resolve(".venv-cluster/bin/snakemake");

/** A folder with the workflow, and with what its config.yaml names. */
function projectOf(context: TestContext, config?: object): string {
  const project = temporaryFolder(context);
  copyWorkflow(project);
  for (const folder of ["run", "scGPT_human", "prepared"]) mkdirSync(join(project, folder));
  for (const file of ["cells.h5ad", "train.h5ad"]) writeFileSync(join(project, file), "");
  if (config) writeFileSync(join(project, "config.yaml"), JSON.stringify(config));
  return project;
}

function snakemake(project: string, ...args: string[]): { status: number | null; text: string } {
  const env = { ...process.env, HOME: project, XDG_CACHE_HOME: project };
  const { status, stdout, stderr } = spawnSync(SNAKEMAKE, args, { cwd: project, env, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

test("Snakemake finds nothing to say against the rules but that they have no environment of conda", (context) => {
  const { text } = snakemake(projectOf(context), "--lint");
  const said = [...text.matchAll(/^ {4}\* (.*)$/gm)].map(([, what]) => what);
  assert.ok(said.length > 0, text);
  assert.deepEqual([...new Set(said)], ["Specify a conda environment or container for each rule.:"]);
});

test("config.yaml as it comes is what it says: jobs of a shard, a training, a merge, by both profiles", (context) => {
  const project = projectOf(context);
  for (const profile of ["local", "slurm"]) {
    const { status, text } = snakemake(project, "-n", "--workflow-profile", `workflow/profiles/${profile}`);
    assert.equal(status, 0, text);
    // Two settings, each with five folds of two seeds.
    for (const [rule, jobs] of Object.entries({ plan: 1, part: 8, merge: 1, train_plan: 2, train_part: 20 }))
      assert.match(text, new RegExp(`^${rule} +${jobs}$`, "m"));
  }
  const missing = snakemake(project, "-n", "map");
  assert.equal(missing.status, 1);
  assert.match(missing.text, /config\.yaml has no section map, which says what the target map is to do/);
  const again = () => copyWorkflow(project);
  assert.throws(again, /config\.yaml is there already: choose another folder/);
});

test("trainings have the folders that finetune gives them", async (context) => {
  const ready = preparedCells(await tinyModel());
  for (const series of [{ folds: 2, seeds: [0, 7] }, { seeds: [3, 4] }, { folds: 2, seeds: [5] }]) {
    const train = { prepared: "prepared", settings: { one: "" }, ...series };
    const project = projectOf(context, { cellkernel: "cellkernel", out: "results", threads: 1, train });
    const { text } = snakemake(project, "-n", "train");
    const folders = [...text.matchAll(/^ {4}output: results\/train\/one\/(.+)\/run\.json$/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(
      folders.sort(),
      trainingsOf(ready, series)
        .map(({ part }) => part.folder)
        .sort(),
      text,
    );
  }
});

test("on this machine: cells prepared in rounds, folds and settings to one table and picture, and models that label", async (context) => {
  const project = projectOf(context);
  const at = (...names: string[]) => join(project, ...names);
  await simulate(at("train.h5ad"), { cells: 200, genes: 200, types: 3, seed: 1 });
  const model = resolve("notebooks/models/small");
  const preparation = { model, files: ["train.h5ad"], shards: 2, options: "--cell-type cell_type --hvg 100" };
  const options = "--epochs 1 --freeze head --device cpu";
  const settings = { slow: "--lr 1e-5", fast: "--lr 1e-2" };
  const train = { prepared: "results/prepared", folds: 2, options, settings };
  const cellkernel = `${process.execPath} ${resolve("dist/src/cli/main.js")}`;
  const label = { model: "results/train/fast", files: ["train.h5ad"], shards: 2, form: "zarr" };
  const config = { cellkernel, out: "results", threads: 1, preprocess: preparation, train, annotate: label };
  writeFileSync(at("config.yaml"), JSON.stringify(config));
  const { status, text } = snakemake(project, "--workflow-profile", "workflow/profiles/local");
  assert.equal(status, 0, text);
  const cells = await readH5ad(at("train.h5ad"));
  const whole = await preprocess(cells, { cellType: "cell_type", nHvg: 100, model: await openModel(model) });
  cells.close();
  assert.deepEqual(loadPrepared(at("results/prepared")).tokens, whole.tokens);
  const lines = readFileSync(at("results/train.csv"), "utf8").trimEnd().split("\n").slice(1);
  assert.deepEqual(
    lines.map((line) => line.split(",").slice(0, 2).join()),
    ["fast,fold 1", "fast,fold 2", "slow,fold 1", "slow,fold 2"],
  );
  assert.ok(existsSync(at("results/train.svg")));
  const run = await loadRun(at("results/train/fast"));
  assert.equal(run.parts.series?.parts.length, 2);
  const labelled = await readCells(at("results/annotate.zarr"));
  assert.equal(labelled.nObs, 200);
  assert.ok(labelled.obs.column("predicted_label"));
  labelled.close();
  const again = snakemake(project, "--workflow-profile", "workflow/profiles/local");
  assert.match(again.text, /Nothing to be done/);
});
