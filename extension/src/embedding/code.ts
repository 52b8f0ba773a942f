/** Longer lists of rows are written as stretches. */
const LISTED = 200;
const WIDTH = 100;

/** TypeScript that names some rows: `const selected = Uint32Array.from([3, 17]);` */
export function rowsAsCode(rows: Uint32Array, what: string): string {
  const comment =
    `// ${[`${rows.length.toLocaleString("en")} cells`, what].filter(Boolean).join(": ")}`.replaceAll(
      /\s+/g,
      " ",
    );
  if (rows.length <= LISTED)
    return `${comment}\nconst selected = Uint32Array.from([${wrapped(Array.from(rows, String))}]);`;
  const stretches = stretchesOf(rows).map(([from, to]) => `[${from}, ${to}]`);
  return [
    comment,
    `const stretches = [${wrapped(stretches)}]; // from, to`,
    "const selected = Uint32Array.from(",
    "  stretches.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)),",
    ");",
  ].join("\n");
}

/** The first and last of each stretch of rows that follow one another. */
function stretchesOf(rows: Uint32Array): [number, number][] {
  const found: [number, number][] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last && last[1] === row - 1) last[1] = row;
    else found.push([row, row]);
  }
  return found;
}

function wrapped(parts: readonly string[]): string {
  const whole = parts.join(", ");
  if (whole.length < WIDTH - 40) return whole;
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 < WIDTH)
      lines[lines.length - 1] = `${last} ${part},`;
    else lines.push(`  ${part},`);
  }
  return `\n${lines.join("\n")}\n`;
}
