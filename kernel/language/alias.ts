/**
 * A name of an earlier cell comes into the present one as an import, which TypeScript shows as
 * `(alias) f(x: number): number` and a second line; this is what the user declared: `function f(x …`.
 */
export function withoutAlias(display: string): string {
  if (!display.startsWith("(alias) ")) return display;
  const text = display.slice("(alias) ".length).replace(/\nimport .+$/, "");
  // A call shows the bare signature.
  return /^[\p{ID_Continue}$]+[(<]/u.test(text) ? `function ${text}` : text;
}
