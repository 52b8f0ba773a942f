import type { TranslationBundle } from "@jupyterlab/translation";

/** What a protocol is about. */
export interface Choice {
  /** The file of the cells, from the notebook's folder. */
  file: string;
  /** Column of `obs` that holds their types. */
  column: string;
}

/** One step of the protocol: a heading, what to look at, and a cell. */
export interface Step {
  /** Name in commands. */
  id: string;
  title: string;
  about: string;
  code(choice: Choice): string;
  /** Left out of a new notebook. */
  apart?: true;
}

const text = (value: string) => JSON.stringify(value);

/** A file beside the notebook, named after that of the cells: "blood.h5ad" has "blood-labelled.h5ad". */
function beside(file: string, what: string): string {
  return text(`${stemOf(file)}-${what}`);
}

/** A file's name without folder and ending. */
export function stemOf(file: string): string {
  return file.replace(/^.*\//, "").replace(/\.h5ad$/i, "");
}

/** The steps of the protocol, in order; each goes on with the values of those before it. */
export function stepsOf(trans: TranslationBundle): Step[] {
  return [
    {
      id: "load",
      title: trans.__("Load the cells"),
      about: trans.__("How many cells there are, and whether the file holds counts or logarithms."),
      code: ({ file }) => `import { readH5ad } from "cellkernel";

const cells = await readH5ad(${text(file)});
cells`,
    },
    {
      id: "labels",
      title: trans.__("Look at the labels"),
      about: trans.__("How uneven the types are: what has few cells is learnt badly."),
      code: ({ column }) => `import { desc } from "arquero";

cells.obs.groupby(${text(column)}).count().orderby(desc("count"))`,
    },
    {
      id: "model",
      title: trans.__("Choose the model"),
      about: trans.__(
        "The model that comes along is small and starts from random weights. For a pretrained one, give the path of its folder in place of `small`.",
      ),
      code: () => `import { openModel } from "cellkernel";

const model = await openModel("small");
model`,
    },
    {
      id: "preprocess",
      title: trans.__("Prepare the cells"),
      about: trans.__(
        "How many genes the model knows, and the notes: every choice that was made for you is written there. Where the cells come from several donors or batches, name that column, too: `batch`.",
      ),
      code: ({ column }) => `import { preprocess } from "cellkernel";

const ready = await preprocess(cells, { cellType: ${text(column)}, model });
ready`,
    },
    {
      id: "quality",
      title: trans.__("Quality of the cells"),
      about: trans.__("Whether there is a tail at either end that ought to be cut: `minGenes`, `maxGenes`."),
      code: () => `import { plotQuality } from "cellkernel";

plotQuality(ready)`,
    },
    {
      id: "finetune",
      title: trans.__("Fine-tune"),
      about: trans.__(
        "Both losses should fall. From random weights many epochs are needed; a pretrained model takes 3, at the learning rate that holds where none is given.",
      ),
      code: () => `import { finetune } from "cellkernel";

const run = await finetune(ready, { epochs: 16, lr: 1e-3, batchSize: 16, maxSeqLen: 512 });`,
    },
    {
      id: "evaluate",
      title: trans.__("How good is it?"),
      about: trans.__(
        "Figures of the test cells, which no step of the training saw. Macro F1 counts every type alike, weighted F1 every cell.",
      ),
      code: () => `import { evaluate } from "cellkernel";

const report = await evaluate(run);
report`,
    },
    {
      id: "confusion",
      title: trans.__("Which types are mixed up?"),
      about: trans.__("Rows are the true types, columns the predicted ones."),
      code: () => "report.confusion",
    },
    {
      id: "embedding",
      title: trans.__("The cells on a map"),
      about: trans.__(
        "Whether each colour holds together, and where the true types (left) and the predicted ones (right) differ.",
      ),
      code: () => "report.embedding",
    },
    {
      id: "explain",
      title: trans.__("Why these labels?"),
      about: trans.__("For each type the genes that speak most for it: do you know them as its markers?"),
      code: ({ file }) => `import { explain } from "cellkernel";

const why = await explain(run, ${text(file)});
why`,
    },
    {
      id: "annotate",
      title: trans.__("Label cells"),
      about: trans.__(
        "The labels go into a copy of the file that scanpy reads. Here of the same cells; give the file of new ones in its place.",
      ),
      code: ({ file }) => `import { annotate } from "cellkernel";

await annotate(run, ${text(file)}, { out: ${beside(file, "labelled.h5ad")} })`,
    },
    {
      id: "save",
      title: trans.__("Keep the results"),
      about: trans.__("The report as tables and pictures, and the model, which `loadRun` opens again."),
      code: ({ file }) => `await report.write(${beside(file, "results")});
await run.save(${beside(file, "model")});`,
    },
    {
      id: "map",
      title: trans.__("Label without training"),
      about: trans.__("New cells get the label of the labelled cells that are most like them."),
      code: ({ file, column }) => `import { buildIndex, mapCells } from "cellkernel";

const index = await buildIndex(run, ${text(file)}, { labelColumn: ${text(column)} });
await mapCells(index, "new_cells.h5ad", { out: ${beside(file, "mapped.h5ad")} })`,
      apart: true,
    },
  ];
}

/** What the cells of a notebook say already: where the steps that are inserted go on from. */
export function choiceIn(sources: readonly string[]): Choice {
  const found = (pattern: RegExp) =>
    sources.map((source) => pattern.exec(source)?.[1]).find((value) => value !== undefined);
  return {
    file: found(/\breadH5ad\(\s*"([^"\\]+)"/) ?? "cells.h5ad",
    column: found(/\bcellType:\s*"([^"\\]+)"/) ?? "cell_type",
  };
}
