import { python } from "../../support/python.js";

/** For each pair of files the keys that differ as anndata reads them; empty lists when all are equal. */
export function differences(pairs: readonly (readonly [string, string])[]): string[][] {
  return JSON.parse(python("test/anndata/support/compare.py", JSON.stringify(pairs)));
}
