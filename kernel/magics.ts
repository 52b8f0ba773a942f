import type { LanguageClient } from "./language/client.js";

/** What a cell's first line asks for, beginning with `%`, and the options that it takes. */
const MAGICS = {
  /** The rest of the line is code. */
  time: undefined,
  who: [] as string[],
  // As in IPython, where it keeps the question away that we do not ask.
  reset: ["-f"],
};

export type Magic = keyof typeof MAGICS;

export const MAGIC_NAMES = Object.keys(MAGICS) as Magic[];

/**
 * Splits a cell into its magic and its code. The magic becomes blanks, so that what is left keeps
 * its lines and columns.
 *
 * @throws when the magic is unknown, or followed by what it does not take
 */
export function splitMagic(code: string): { magic?: Magic; code: string } {
  const match = /^\s*%{1,2}(\w*)(.*)/.exec(code);
  if (!match) return { code };
  const [line, name, rest] = match;
  if (!Object.hasOwn(MAGICS, name)) {
    throw new Error(`Unknown magic %${name}; there are ${MAGIC_NAMES.map((each) => `%${each}`).join(", ")}`);
  }
  const magic = name as Magic;
  const options = MAGICS[magic];
  const argument = rest.trim();
  if (options && argument && !options.includes(argument)) {
    const takes = options.length > 0 ? `nothing but ${options.join(", ")}` : "nothing";
    throw new Error(`%${name} takes ${takes}, not '${argument}'`);
  }
  const taken = options ? line : line.slice(0, line.length - rest.length);
  return { magic, code: taken.replace(/[^\n]/g, " ") + code.slice(taken.length) };
}

/** `%who`: the names of the session with their types. */
export async function listNames(language: LanguageClient): Promise<string> {
  const names = await language.who();
  if (names.length === 0) return "No names yet.";
  const width = Math.max(...names.map(([name]) => name.length));
  return names.map(([name, type]) => `${name.padEnd(width)}  ${type}`).join("\n");
}

/** `%time`: how long the rest of the cell took. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
