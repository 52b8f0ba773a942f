// From a file of cells to a file with labels, as a plain program: the steps of notebooks/protocol.ipynb.
//
//   node examples/protocol.ts [CELLS MODEL LABELS OUT]     (Node 22.18 or newer runs TypeScript as it is)
//
// Without arguments: the demo of this repository.
import { annotate, evaluate, finetune, openModel, preprocess, readH5ad } from "cellkernel";

const [
  file = "notebooks/data/pbmc68k_reduced.h5ad",
  folder = "notebooks/models/small",
  cellType = "bulk_labels",
  out = "output/example",
] = process.argv.slice(2);

const cells = await readH5ad(file);
const model = await openModel(folder);
const ready = await preprocess(cells, { cellType, model, nHvg: 600 });
for (const note of ready.notes) console.log(`note: ${note}`);

// As many epochs as a model needs that starts from random weights; a pretrained one takes the protocol's 3.
const run = await finetune(ready, { epochs: 16, lr: 1e-3, batchSize: 16, maxSeqLen: 128 });

const report = await evaluate(run);
const { accuracy, weighted_f1 } = report.results();
console.log(`test cells: accuracy ${accuracy.toFixed(3)}, weighted F1 ${weighted_f1.toFixed(3)}`);

await report.write(out);
await run.save(`${out}/model`);
await annotate(run, file, { out: `${out}/labelled.h5ad` });
