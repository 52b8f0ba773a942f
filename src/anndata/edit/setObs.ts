import { type ColumnTable, fromCSV } from "arquero";

import { readText } from "../../support/readText.js";
import { AnnData } from "../anndata.js";
import { type JoinOptions, joinByCell } from "../join.js";
import { withColumns } from "../table.js";

/**
 * A view with columns of `obs` added, or replaced where the name is taken, from a table or a CSV or
 * TSV file. Rows are joined by cell name: `key` names the column that holds it, the first by default.
 * Every cell needs a row and every row a cell, unless the join is `partial`.
 *
 * @throws where a cell has no row, a row no cell (unless `partial`), or names repeat
 * @example
 * const known = setObs(sample, "donors.csv", { key: "cell", partial: true });
 * known.obs.columnNames(); // → ["batch", "donor"]
 */
export function setObs(adata: AnnData, source: ColumnTable | string, options: JoinOptions = {}): AnnData {
  const where = typeof source === "string" ? source : "the table";
  const table = typeof source === "string" ? readTable(source, options.key) : source;
  const columns = joinByCell(adata.obsNames, table, options, where);
  return new AnnData({ ...adata, isFile: false, obs: withColumns(adata.obs, columns) });
}

/** Bytes of a table: the longest text that JavaScript can hold. */
const MOST_BYTES = 2 ** 29 - 25;

/** The key column stays text: "0012" and "2020-01-01" may be names. */
function readTable(path: string, key: string | undefined): ColumnTable {
  const text = readText(path, MOST_BYTES).replace(/^\ufeff/, "");
  const header = text.slice(0, text.search(/\r?\n|$/));
  const delimiter = header.includes("\t") ? "\t" : header.includes(";") && !header.includes(",") ? ";" : ",";
  const [first] = fromCSV(`${header}\n`, { delimiter, autoType: false }).columnNames();
  return fromCSV(text, { delimiter, parse: { [key ?? first]: (name) => name } });
}
