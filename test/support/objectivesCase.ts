import { writeFileSync } from "node:fs";
import { type FinetuneOptions, openModel } from "../../src/index.js";
import { planRun } from "../../src/protocol/finetune.js";
import { geneRows } from "../../src/protocol/geneRows.js";
import { trainingPlan } from "../../src/protocol/trainPlanned.js";
import type { Prepared } from "../../src/store/prepared.js";
import type { TokenBatch } from "../../src/train/engine.js";
import { TokenSource } from "../../src/train/source.js";
import { preparedCells } from "./prepared.js";

export const FIXTURE = "test/fixtures/objectives";

/** Cells of two batches for the fixture's model. */
export async function objectivesCells(): Promise<Prepared> {
  const ready = preparedCells(await openModel(`${FIXTURE}/model`), 24);
  const codes = Int32Array.from(ready.cellNames, (_, cell) => cell % 2);
  return { ...ready, batches: { column: "donor", names: ["a", "b"], codes } };
}

const cells = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);

/** All objectives at once; a step takes all cells that are learnt from, and only `maxSeqLen` of their genes. */
export const ALL_OBJECTIVES: FinetuneOptions = {
  ...{ mlm: true, mvc: true, ecs: true, cce: true, dab: true, dabWeight: 0.5, maskRatio: 0.4 },
  ...{ split: { train: cells(0, 12), validation: cells(12, 18), test: cells(18, 20) } },
  ...{ dropout: 0, batchSize: 12, maxSeqLen: 22, epochs: 1, seed: 4, threads: 1, device: "cpu" },
};

/** The first step's batch and the validation's, by the ids of the vocabulary, as the fixture has them. */
export async function objectivesBatches() {
  const ready = await objectivesCells();
  const plan = trainingPlan(await planRun(ready, ALL_OBJECTIVES), ready);
  const source = new TokenSource(
    plan,
    { args: plan.args, genes: plan.tokens.genes.length + 2, classes: 3 },
    "cpu",
  );
  const rows = geneRows(ready.vocabulary, plan.tokens.genes);
  const batchOf = (chosen: Int32Array, epoch: number) => {
    const [{ batch, masked, labels, batchLabels }] = source.micro(chosen, epoch) as TokenBatch[];
    const byCell = (data: ArrayLike<number>) =>
      Array.from(chosen, (_, b) =>
        Array.from({ length: batch.length }, (_, n) => data[b * batch.length + n]),
      );
    return {
      genes: byCell(batch.genes.map((row) => rows[row])),
      values: byCell(batch.values),
      target: byCell(masked!.target),
      mask: byCell(masked!.mask),
      labels: Array.from(labels),
      batches: Array.from(batchLabels!),
    };
  };
  return { train: batchOf(plan.train, 1), validation: batchOf(plan.validation, 0) };
}

// As a program: writes the batches that the fixture's numbers are made of.
if (process.argv[1] === new URL(import.meta.url).pathname)
  writeFileSync(`${FIXTURE}/batches.json`, `${JSON.stringify(await objectivesBatches())}\n`);
