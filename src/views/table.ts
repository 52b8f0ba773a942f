import { shown } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { escapeText } from "../support/markup.js";
import type { TableInput } from "./types.js";

/**
 * A table as HTML and as aligned text.
 *
 * @example
 * tableView({ columns: ["type", "cells"], rows: [["B", 95], ["NK", 31]] });
 */
export function tableView(input: TableInput): MimeBundle {
  return shown({ "text/html": tableHtml(input), "text/plain": tableText(input) });
}

/** The table as HTML that takes its looks from the page (JupyterLab's themes style plain tables). */
export function tableHtml(input: TableInput): string {
  const { title, columns, rows } = input;
  const kinds = kindsOf(input);
  const cell = (tag: string, text: string, c: number) =>
    `<${tag} style="text-align: ${kinds[c].numeric ? "right" : "left"}">${escapeText(text)}</${tag}>`;
  const head = columns.map((name, c) => cell("th", name, c)).join("");
  const body = rows.map(
    (row) => `<tr>${row.map((value, c) => cell("td", kinds[c].show(value), c)).join("")}</tr>`,
  );
  const caption = title ? `<p><strong>${escapeText(title)}</strong></p>\n` : "";
  const rest = remainder(input).map((line) => `\n<p>${line}</p>`);
  return `${caption}<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody>\n</table>${rest}`;
}

/** The table in fixed-width text. */
export function tableText(input: TableInput): string {
  const { title, columns, rows } = input;
  const kinds = kindsOf(input);
  const texts = [columns, ...rows.map((row) => row.map((value, c) => kinds[c].show(value)))];
  const widths = columns.map((_, c) => Math.max(...texts.map((row) => row[c].length)));
  const lines = texts.map((row) =>
    row
      .map((text, c) => (kinds[c].numeric ? text.padStart(widths[c]) : text.padEnd(widths[c])))
      .join("  ")
      .trimEnd(),
  );
  return [...(title ? [title] : []), ...lines, ...remainder(input)].join("\n");
}

type Value = TableInput["rows"][number][number];

/** How each column is shown: figures that belong together need the same number of decimals. */
function kindsOf({
  columns,
  rows,
  decimals,
}: TableInput): { numeric: boolean; show: (value: Value) => string }[] {
  return columns.map((_, c) => {
    const numbers = rows.map((row) => row[c]).filter((value) => typeof value === "number");
    const digits = decimals?.[c] ?? null;
    const number = (value: number) =>
      digits !== null
        ? value.toFixed(digits)
        : String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
    const show = (value: Value) =>
      value === null ? "" : typeof value === "number" ? number(value) : String(value);
    return { numeric: numbers.length > 0, show };
  });
}

function remainder({ rows, total }: TableInput): string[] {
  return total && total > rows.length ? [`${rows.length} of ${total.toLocaleString("en")} rows`] : [];
}
