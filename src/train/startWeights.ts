import { totalmem } from "node:os";
import { describeCoverage, takeWeights } from "../checkpoint/coverage.js";
import { GENE_TABLE } from "../checkpoint/geneTable.js";
import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import { parameterShapes } from "../model/parameters.js";
import { CellkernelError } from "../support/error.js";
import { Random } from "../support/random.js";
import { initialWeights } from "./initialise.js";

/** A model may have this many times the elements of its checkpoint, … */
const MOST_GROWTH = 4;
/** … and these in any case: a small model may be given a large vocabulary. */
const LEAST_GROWN = 2 ** 24;
/** Bytes an element while training: weight, gradient and two averages. */
const TRAINED_BYTES = 16;

/** Stream of the random start among those of a seed. */
const STREAM = 0x57a7;

/** What training starts from: an architecture, a vocabulary and, unless it starts at random, a checkpoint. */
export interface StartModel {
  args: ModelArgs;
  vocabulary: { size: number };
  weightsPath?: string;
  readWeights(): Weights | undefined;
}

/**
 * The weights that fine-tuning starts from, with the whole gene table: the checkpoint's where name and shape
 * agree, random ones elsewhere. Tokens that were added to the vocabulary get random rows after the checkpoint's.
 * @returns the weights, and what was taken from where in lines for the reader
 */
export function startWeights(
  model: StartModel,
  size: { classes: number; batches?: number },
  seed: number,
): { weights: Weights; notes: string[] } {
  const checkpoint = model.readWeights();
  const table = checkpoint?.get(GENE_TABLE);
  const genes = Math.max(model.vocabulary.size, table?.shape[0] ?? 0);
  const shapes = parameterShapes(model.args, { ...size, genes });
  requireLikelySize(model, shapes, checkpoint);
  const random = new Random(seed, STREAM);
  const start = initialWeights(shapes, () => random.uniform());
  if (!checkpoint) return { weights: start, notes: ["the model starts at random: it was not pretrained"] };

  const notes: string[] = [];
  if (table && table.shape[0] < genes && table.shape[1] === model.args.embsize) {
    const grown = start.get(GENE_TABLE)!.data.slice();
    grown.set(table.data);
    checkpoint.set(GENE_TABLE, { shape: [genes, table.shape[1]], data: grown });
    notes.push(
      `${genes - table.shape[0]} tokens of the vocabulary are not in the checkpoint's gene table and start at random`,
    );
  }
  const { weights: taken, coverage } = takeWeights(shapes, checkpoint);
  if (taken.size === 0)
    throw new CellkernelError(
      "format",
      `${model.weightsPath} holds no tensor of this model (its keys are ${coverage.unused.slice(0, 3).join(", ")}, …): ` +
        "is args.json that of the checkpoint?",
      { path: model.weightsPath },
    );
  const weights: Weights = new Map([...start].map(([name, weight]) => [name, taken.get(name) ?? weight]));
  return { weights, notes: [...describeCoverage(coverage), ...notes] };
}

/** @throws before anything is made for it, where args.json and vocab.json claim a model that cannot be the checkpoint's */
function requireLikelySize(
  { args, weightsPath }: StartModel,
  shapes: ReadonlyMap<string, readonly number[]>,
  checkpoint: Weights | undefined,
): void {
  let elements = 0;
  for (const shape of shapes.values()) elements += shape.reduce((product, n) => product * n, 1);
  let stored = 0;
  for (const { data } of checkpoint?.values() ?? []) stored += data.length;
  const claim = `args.json and vocab.json claim a model of ${elements} weights (embsize ${args.embsize}, nlayers ${args.nlayers})`;
  if (checkpoint && elements > Math.max(MOST_GROWTH * stored, LEAST_GROWN))
    throw new CellkernelError(
      "format",
      `${claim}, but ${weightsPath} holds ${stored}: are they those of the checkpoint?`,
      { path: weightsPath },
    );
  if (!checkpoint && elements * TRAINED_BYTES > totalmem())
    throw new CellkernelError(
      "format",
      `${claim}, whose training takes ${gigabytes(elements * TRAINED_BYTES)} GB; this machine has ${gigabytes(totalmem())} GB`,
    );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
