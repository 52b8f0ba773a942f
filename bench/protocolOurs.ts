/** The whole run of `protocol`, in a process of its own: a line a stage when it begins, then the figures. */
import { annotate, evaluate, finetune, openModel, preprocess, readH5ad } from "../src/index.js";
import type { ProtocolWork } from "./protocol.js";

const { file, fresh, out, cellType, preparation, training }: ProtocolWork = JSON.parse(process.argv[2]);
const began = (stage: string) => console.log(JSON.stringify({ stage, cpu: process.cpuUsage() }));

began("load");
const cells = await readH5ad(file);
const model = await openModel("notebooks/models/small");
began("preprocess");
const ready = await preprocess(cells, { ...preparation, cellType, model });
began("finetune");
const run = await finetune(ready, { ...training, saveDir: `${out}/run`, overwrite: true });
began("evaluate");
const report = await evaluate(run);
await report.write(`${out}/results`);
began("annotate");
const annotation = await annotate(run, fresh, { out: `${out}/labelled.h5ad` });
began("end");
cells.close();

const truth = await readH5ad(fresh);
const types = truth.obs.array(cellType) as string[];
const right = types.filter((type, cell) => type === annotation.classes[annotation.codes[cell]]).length;
truth.close();
console.log(
  JSON.stringify({
    tokens: ready.tokens.gene.length,
    genes: ready.tokens.genes.length,
    ...{ trained: run.parts.cells.split.train.length, newCells: types.length },
    newCellsAccuracy: right / types.length,
    secondOpinion: report.parts.secondOpinion,
  }),
);
