import { evaluate, loadRun, openModel, preprocess, readH5ad } from "../../src/index.js";

/** A process of its own that labels cells with a saved model: `predictAgain.js MODEL DATA` prints predictions.csv. */
const [folder, data] = process.argv.slice(2);
const run = await loadRun(folder);
const cells = await preprocess(await readH5ad(data), {
  cellType: "bulk_labels",
  model: await openModel(folder),
  nHvg: run.genes.length,
});
process.stdout.write((await evaluate(run, { cells })).predictions());
