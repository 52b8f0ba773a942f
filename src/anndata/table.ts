import { ColumnTable } from "arquero";

import type { Column } from "./columns.js";
import { toColumn } from "./infer.js";

/** A table's columns in its row order, as typed columns. `where` opens messages. */
export function columnsOf(source: ColumnTable, where: string): Map<string, Column> {
  const settled = source.isFiltered() || source.isOrdered() ? source.reify() : source;
  return new Map(
    settled.columnNames().map((name) => {
      const values = settled.column(name) as unknown as unknown[];
      return [name, toColumn(values, `${where}, column ${name}`)];
    }),
  );
}

/** A table of the given columns, whatever their names: `__proto__` is one like any other. */
export function tableOf(columns: Iterable<[string, Column]>): ColumnTable {
  const all = new Map(columns);
  return new ColumnTable(Object.fromEntries(all) as never, [...all.keys()]);
}

/** The table with columns added, or replaced where the name is taken. */
export function withColumns(base: ColumnTable, columns: Map<string, Column>): ColumnTable {
  return tableOf([...columnsOf(base, "the table"), ...columns]);
}
