import { AnnData } from "../anndata.js";
import type { Column } from "../columns.js";
import { EMPTY_MAPPING } from "../element.js";
import type { RowMatrix } from "../matrix.js";
import { tableOf } from "../table.js";

/** An AnnData of a matrix and names, as the plain formats have it. */
export function assemble(parts: {
  path: string;
  X: RowMatrix;
  obsNames: string[];
  varNames: string[];
  var?: Map<string, Column>;
  layers?: Map<string, RowMatrix>;
  remarks?: readonly string[];
  close?: () => void;
}): AnnData {
  const { path, X, obsNames, varNames, remarks } = parts;
  return new AnnData({
    ...{ path, X, obsNames, varNames, remarks },
    obs: tableOf([]),
    var: tableOf(parts.var ?? []),
    layers: parts.layers ?? new Map(),
    obsm: EMPTY_MAPPING,
    varm: EMPTY_MAPPING,
    obsp: EMPTY_MAPPING,
    varp: EMPTY_MAPPING,
    uns: EMPTY_MAPPING,
    close: parts.close ?? (() => {}),
  });
}
