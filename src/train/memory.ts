import { freemem } from "node:os";
import type { ModelArgs } from "../model/args.js";
import { type Lora, trainingShapes } from "../model/lora.js";
import type { Objective } from "../model/objectives.js";
import type { ModelSize } from "../model/parameters.js";
import { BLOCK_QUERIES } from "../model/transformer.js";
import { CellkernelError } from "../support/error.js";
import { isFrozen } from "./frozen.js";
import type { Freeze } from "./plan.js";

// Coefficients of a least-squares fit to seven measured peaks of the 12 × 512 model on the CPU (1 × 600 to 1 × 5,001
// tokens, 6 and 12 layers); every one of them is met within 3 %. `npm run bench -- memory` measures them again.

/** Node, onnxruntime and its arena, before the first tensor. */
const OVERHEAD = 290e6;
/** Copies of the weights: as given, as trained, gradient, two moments, and the optimiser's scratch. */
const COPIES = 7.3;
/** The same of weights that stay as they are, beside an overhead that was fitted with all of them trained. */
const FROZEN_COPIES = 0.5;
/** Vectors of the model's width that a token leaves in each layer for the derivative. */
const VECTORS = 10;
/** The same where the layer's own weights are frozen, beside adapters. */
const VECTORS_FROZEN = 9;
/** Matrices of queries by keys that one head needs while a block of its queries is worked on. */
const HEAD_MATRICES = 3;
/** What is not asked of the memory that there is. */
const RESERVE = 0.9;

/** What of the model learns. */
export interface Learning {
  freeze: Freeze;
  lora?: Lora;
}

/**
 * The expected peak of a training process, in bytes, on the CPU.
 * @param objectives beside the cell type's: for MLM the last layer answers for all tokens, CCE takes each cell twice
 */
export function forecastMemory(
  args: ModelArgs,
  size: ModelSize,
  cells: number,
  length: number,
  objectives: readonly Objective[] = [],
  { freeze, lora }: Learning = { freeze: "nothing" },
): number {
  let copies = 0;
  for (const [name, shape] of trainingShapes(args, size, lora)) {
    const frozen = isFrozen(freeze, name, args.nlayers);
    copies += (frozen ? FROZEN_COPIES : COPIES) * shape.reduce((a, b) => a * b, 1);
  }
  // Layers below the first that learns leave nothing for the derivative.
  const learning = typeof freeze === "object" ? freeze.lastLayers : freeze === "backbone" ? 0 : args.nlayers;
  const whole = objectives.includes("MLM") ? learning : Math.max(1, learning - 1);
  const layers = objectives.includes("CCE") ? 2 * whole : whole;
  const vectors = freeze === "base" ? VECTORS_FROZEN : VECTORS;
  const kept = cells * length * ((vectors - 2) * args.embsize + 2 * args.d_hid) * layers;
  return OVERHEAD + 4 * (copies + kept + HEAD_MATRICES * length * Math.min(length, BLOCK_QUERIES));
}

/** What the system has free, bytes. */
export function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

export interface MemoryPlan {
  /** Cells that are worked on at once; a step adds up as many as it needs. */
  microBatch: number;
  /** Expected peak, bytes. */
  bytes: number;
  /** One sentence for the user. */
  why: string;
}

/**
 * How many of a step's cells fit into memory at once.
 * @param length tokens of the longest cell, `<cls>` included
 * @param objectives beside the cell type's
 * @param available bytes; what the system has free when absent
 * @param learning what of the model learns; all when absent
 * @throws where not even one cell fits: how long a cell may be
 */
export function planMemory(
  args: ModelArgs,
  size: ModelSize,
  batchSize: number,
  length: number,
  objectives: readonly Objective[] = [],
  available = availableMemory(),
  learning?: Learning,
): MemoryPlan {
  const budget = available * RESERVE;
  const needs = (cells: number) => forecastMemory(args, size, cells, length, objectives, learning);
  const needsOfOne = (tokens: number) => forecastMemory(args, size, 1, tokens, objectives, learning);
  if (needs(1) > budget)
    throw new CellkernelError("device", tooLittle(length, budget, needsOfOne), {
      option: "maxSeqLen",
      length,
    });
  let microBatch = batchSize;
  while (needs(microBatch) > budget) microBatch = Math.ceil(microBatch / 2);
  const bytes = needs(microBatch);
  const memory = `about ${gigabytes(bytes)} of ${gigabytes(available)} free`;
  const why =
    microBatch === batchSize
      ? `Each step takes its ${batchSize} cells at once: ${memory}.`
      : `Each step of ${batchSize} cells is added up from pieces of ${microBatch}, to fit into memory: ${memory}.`;
  return { microBatch, bytes, why };
}

function tooLittle(length: number, budget: number, needs: (length: number) => number): string {
  let fits = 0;
  for (let step = 2 ** Math.floor(Math.log2(length)); step >= 1; step /= 2)
    if (fits + step <= length && needs(fits + step) <= budget) fits += step;
  const remedy =
    fits > 1
      ? `Cells of up to ${fits} tokens would fit: set maxSeqLen to ${fits} or less, or use a machine with more memory.`
      : "The model's weights alone need more: use a smaller model, or a machine with more memory.";
  return (
    `One cell of ${length} tokens needs about ${gigabytes(needs(length))} to train this model; ` +
    `${gigabytes(budget)} can be used. ${remedy}`
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
