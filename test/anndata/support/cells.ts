import { table } from "arquero";

import { AnnData, type AnnDataParts } from "../../../src/anndata/anndata.js";
import { EMPTY_MAPPING } from "../../../src/anndata/element.js";
import { matrixOf } from "./matrix.js";

/** A small AnnData in memory, with cells c0, c1, … and genes g0, g1, … . */
export function cellsOf(rows: number[][], parts: Partial<AnnDataParts> = {}): AnnData {
  const X = matrixOf(rows);
  return new AnnData({
    path: "cells.h5ad",
    isFile: false,
    obs: table({}),
    var: table({}),
    obsNames: rows.map((_, i) => `c${i}`),
    varNames: Array.from({ length: X.shape[1] }, (_, i) => `g${i}`),
    X,
    layers: new Map(),
    obsm: EMPTY_MAPPING,
    varm: EMPTY_MAPPING,
    obsp: EMPTY_MAPPING,
    varp: EMPTY_MAPPING,
    uns: EMPTY_MAPPING,
    close: () => {},
    ...parts,
  });
}
