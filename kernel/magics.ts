import type { LanguageClient } from "./language/client.js";

/** What a cell's first line asks for, beginning with `%`. */
export type Magic = "time" | "who" | "reset";

const KNOWN = new Set<string>(["time", "who", "reset"] satisfies Magic[]);

/**
 * Splits a cell into its magic and its code. The magic becomes blanks, so that what is left keeps
 * its lines and columns.
 *
 * @throws when the magic is unknown
 */
export function splitMagic(code: string): { magic?: Magic; code: string } {
  const match = /^\s*%{1,2}([A-Za-z]\w*)/.exec(code);
  if (!match) return { code };
  const [whole, name] = match;
  if (!KNOWN.has(name)) {
    const known = [...KNOWN].map((each) => `%${each}`).join(", ");
    throw new Error(`Unknown magic %${name}; there are ${known}`);
  }
  return { magic: name as Magic, code: whole.replace(/[^\n]/g, " ") + code.slice(whole.length) };
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
