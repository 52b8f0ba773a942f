import { join } from "node:path";
import {
  annotate,
  evaluate,
  finetune,
  loadRun,
  openModel,
  preprocess,
  readH5ad,
  simulate,
} from "../../src/index.js";

// Started as a process of its own, in a folder to write to: the protocol from file to labels.
const [model] = process.argv.slice(2);
const out = (name: string) => join(process.cwd(), name);
await simulate(out("cells.h5ad"), { cells: 120, genes: 450, seed: 1 });
const cells = await readH5ad(out("cells.h5ad"));
const ready = await preprocess(cells, { cellType: "cell_type", model: await openModel(model), nHvg: 100 });
await finetune(ready, { epochs: 1, saveDir: out("run") });
const report = await evaluate(await loadRun(out("run")), { cells: ready });
await report.write(out("report"));
await annotate(await loadRun(out("run")), out("cells.h5ad"), { out: out("labelled.h5ad") });
cells.close();
