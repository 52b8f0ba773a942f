import { table } from "arquero";
import { AnnData } from "../../src/anndata/anndata.js";
import type { RowMatrix } from "../../src/anndata/matrix.js";

/** Cells in memory, for tests. */
export function memoryCells(
  X: RowMatrix,
  parts: {
    obs?: Record<string, unknown[]>;
    var?: Record<string, unknown[]>;
    varNames?: string[];
    layers?: Record<string, RowMatrix>;
    raw?: RowMatrix;
  } = {},
): AnnData {
  const names = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
  const nothing = new Map<string, never>() as unknown as AnnData["obsm"];
  const varNames = parts.varNames ?? names("G", X.shape[1]);
  const variables = table(parts.var ?? {});
  return new AnnData({
    path: "cells.h5ad",
    obs: table(parts.obs ?? {}),
    var: variables,
    obsNames: names("cell", X.shape[0]),
    varNames,
    X,
    raw: parts.raw && { X: parts.raw, var: variables, varNames, varm: nothing },
    layers: new Map(Object.entries(parts.layers ?? {})),
    obsm: nothing,
    varm: nothing,
    obsp: nothing,
    varp: nothing,
    uns: nothing,
    close: () => {},
  });
}
