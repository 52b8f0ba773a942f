import { AnnData } from "../../anndata/anndata.js";
import { type Column, TypedColumn } from "../../anndata/columns.js";
import type { Element, LazyMapping, Stored } from "../../anndata/element.js";
import { withColumns } from "../../anndata/table.js";
import type { SelectedCells } from "./exploration.js";

/** Where files say how their labels came about. */
const UNS = "cellkernel";

/**
 * The cells with a column of `obs` for each label, true for its cells, and with what is known of how it came about in
 * `uns["cellkernel"]["labels"]`.
 *
 * @param madeBy what the model's results come from
 */
export function labelledCells(
  cells: AnnData,
  labels: ReadonlyMap<string, SelectedCells>,
  madeBy: Record<string, string> = {},
): AnnData {
  const made = new Date().toISOString();
  const columns = [...labels].map(([name, { rows }]): [string, Column] => {
    const flags = new Uint8Array(cells.nObs);
    for (const row of rows) flags[row] = 1;
    return [name, new TypedColumn("bool", flags)];
  });
  const provenance = Object.fromEntries(
    [...labels].map(([name, { rows, what }]) => [
      name,
      {
        by: "selection in a map of cells",
        cells: rows.length,
        selected: what,
        file: cells.path,
        made,
        ...madeBy,
      },
    ]),
  );
  return new AnnData({
    ...cells,
    isFile: false,
    obs: withColumns(cells.obs, new Map(columns)),
    uns: withLabels(cells.uns, provenance),
  });
}

function withLabels(uns: LazyMapping, labels: { [name: string]: Element }): LazyMapping {
  const joined = <T extends Stored>(known: T | undefined): T => {
    const own = typeof known === "object" && known !== null ? (known as { [name: string]: Stored }) : {};
    const before = typeof own.labels === "object" ? (own.labels as object) : {};
    return { ...own, labels: { ...before, ...labels } } as Stored as T;
  };
  return {
    keys: () => [...new Set([...uns.keys(), UNS])],
    has: (key) => key === UNS || uns.has(key),
    get: (key) => (key === UNS ? joined(uns.get(UNS)) : uns.get(key)),
    stored: (key) => {
      const known = uns.stored ? uns.stored(key) : uns.get(key);
      return key === UNS ? joined(known) : known;
    },
  };
}
