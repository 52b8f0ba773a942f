/**
 * A name of an earlier cell comes into the present one as an import, which TypeScript shows as
 * `(alias) f(x: number): number` and a second line; this is what the user declared: `function f(x …`.
 */
export function withoutAlias(display: string): string {
  if (!display.startsWith("(alias) ")) return display;
  const text = display.slice("(alias) ".length).replace(/\nimport [\w$]+$/, "");
  return /^(class|const|let|var|enum|interface|type|namespace|module) /.test(text)
    ? text
    : `function ${text}`;
}
