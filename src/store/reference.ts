import { CellkernelError } from "../support/error.js";
import { type NamedArray, readArrays, writeArrays } from "./arrays.js";

/** What a run keeps of its training cells, by which new cells are compared with them. All of it is small. */
export interface RunReference {
  /** Int32 [classes]: labelled cells of each that the run was made of. */
  counts?: Int32Array;
  /** How far a cell's embedding is from the classes' (see `classPlaces`). */
  unlike?: {
    /** Float32 [embsize × embsize] */
    whitening: Float32Array;
    /** Float32 [classes with training cells × embsize] */
    means: Float32Array;
    /** The distance from which on a cell is unlike them, and by how many validation cells that was found. */
    threshold: number;
    cells: number;
  };
  /** Simple methods that learnt from the same cells (see `learnOpinion`). */
  opinion?: {
    /** Float32 [genes], [genes × components]: mean bins, and the axes of their largest variance. */
    means: Float32Array;
    axes: Float32Array;
    /** Float32 [classes × (components + 1)] of logistic regression on these axes, the intercepts last. */
    weights: Float32Array;
    /** Float32 [cells × components], Int32 [cells]: where training cells lie on them, and their classes. */
    cells: Float32Array;
    labels: Int32Array;
  };
}

const OPINION = ["means", "axes", "weights", "cells", "labels"] as const;

/** Writes what is there, each array by name. */
export function writeReference(path: string, { counts, unlike, opinion }: RunReference): void {
  const arrays = new Map<string, NamedArray>();
  if (counts) arrays.set("counts", counts);
  if (unlike) {
    arrays.set("unlike.whitening", unlike.whitening).set("unlike.means", unlike.means);
    arrays.set("unlike.threshold", Float64Array.of(unlike.threshold, unlike.cells));
  }
  if (opinion) for (const name of OPINION) arrays.set(`opinion.${name}`, opinion[name]);
  writeArrays(path, arrays);
}

/**
 * Reads what `writeReference` wrote.
 * @throws where an array is missing or of another length than the run's
 */
export function readReference(
  path: string,
  { embsize, genes, classes }: { embsize: number; genes: number; classes: number },
  remedy: string,
): RunReference {
  const arrays = readArrays(path);
  const array = <T extends NamedArray>(
    name: string,
    type: new (length: number) => T,
    right: (length: number) => boolean,
  ): T => {
    const found = arrays.get(name);
    if (found instanceof type && right(found.length)) return found;
    throw new CellkernelError("format", `${path}: "${name}" is not as it was written: ${remedy}`, {
      path,
      field: name,
    });
  };
  const reference: RunReference = {};
  if (arrays.has("counts")) reference.counts = array("counts", Int32Array, (length) => length === classes);
  if (arrays.has("unlike.whitening")) {
    const [threshold, cells] = array("unlike.threshold", Float64Array, (length) => length === 2);
    reference.unlike = {
      whitening: array("unlike.whitening", Float32Array, (length) => length === embsize ** 2),
      means: array("unlike.means", Float32Array, (length) => length > 0 && length % embsize === 0),
      ...{ threshold, cells },
    };
  }
  if (arrays.has("opinion.means")) {
    const axes = array("opinion.axes", Float32Array, (length) => length > 0 && length % genes === 0);
    const components = axes.length / genes;
    const labels = array("opinion.labels", Int32Array, (length) => length > 0);
    reference.opinion = {
      means: array("opinion.means", Float32Array, (length) => length === genes),
      axes,
      weights: array("opinion.weights", Float32Array, (length) => length === classes * (components + 1)),
      cells: array("opinion.cells", Float32Array, (length) => length === labels.length * components),
      labels,
    };
  }
  return reference;
}
