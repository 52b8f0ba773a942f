import type { OpinionData } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import { decimals } from "./words.js";

/** Figures of simple methods beside the model's, a method a row. */
export function opinionTable({ about, columns, rows }: OpinionData): HTMLElement {
  const box = element("div", "class-figures cellkernel-opinion");
  const table = element("table", "classes-table");
  table.setAttribute("aria-label", about);
  const heads = element("tr", "classes-heads");
  for (const name of columns) {
    const head = element("th", "classes-head", name);
    head.scope = "col";
    heads.append(head);
  }
  const top = element("thead", "classes-top");
  top.append(heads);
  const body = element("tbody", "classes-body");
  for (const [method, ...figures] of rows) {
    const row = element("tr", "classes-row");
    const name = element("th", "classes-cell", String(method));
    name.scope = "row";
    // What is not defined is null in JSON, and no nought.
    const values = figures.map((figure) => (typeof figure === "number" ? figure : null));
    row.append(name, ...values.map((value) => element("td", "classes-cell", decimals(value))));
    body.append(row);
  }
  table.append(top, body);
  box.append(element("p", "hint", about), table);
  return box;
}
