import type { ChosenMatrix, MatrixName } from "../anndata/chooseMatrix.js";

/** Layers go by their name. */
export function matrixName(name: string | undefined): MatrixName | undefined {
  return name === undefined || name === "X" || name === "raw" ? name : { layer: name };
}

/** "X", "raw" or the layer's name. */
export function labelOf({ name }: Pick<ChosenMatrix, "name">): string {
  return typeof name === "string" ? name : name.layer;
}
