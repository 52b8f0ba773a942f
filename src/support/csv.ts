/** What a spreadsheet takes for a formula, which may run programs and send data away; a number is none. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * One line of comma-separated values, quoted where needed (RFC 4180), without its end. A text that a spreadsheet would
 * take for a formula gets an apostrophe before it, which spreadsheets don't show.
 */
export function csvLine(values: readonly string[]): string {
  return values.map(field).join(",");
}

function field(value: string): string {
  const formula = FORMULA.test(value) && !NUMBER.test(value);
  const text = formula ? `'${value}` : value;
  return formula || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
