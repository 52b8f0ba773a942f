/**
 * A name of an earlier cell comes into the present one as an import, which TypeScript shows as
 * `(alias) f(x: number): number` and a second line; this is what the user declared: `function f(x …`.
 */
export function withoutAlias(shown: string): string {
  const display = withoutCells(shown);
  if (!display.startsWith("(alias) ")) return display;
  const text = display.slice("(alias) ".length).replace(/\nimport .+$/, "");
  // A call shows the bare signature.
  return /^[\p{ID_Continue}$]+[(<]/u.test(text) ? `function ${text}` : text;
}

/** TypeScript tells two types of one name apart by where they stand, which for cells is our business. */
export function withoutCells(text: string): string {
  return text.replace(/\b(?:typeof )?import\("[^"]*\/__cell\d*"\)\./g, (found) =>
    found.startsWith("typeof") ? "typeof " : "",
  );
}
