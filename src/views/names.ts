import { printable } from "../support/printable.js";

/** The longest name that is shown whole, in characters: the longest of the Cell Ontology's are about as long. */
const LONGEST = 120;

/** Most categories that a picture shows one by one: more can be neither read nor drawn in bounded space. */
export const MOST_CATEGORIES = 200;

/** Text of the data as views show it, of bounded length. */
export function shownName(text: string, longest = LONGEST): string {
  if (text.length <= longest) return printable(text);
  // The cut may fall into a pair.
  return `${printable(text.slice(0, longest).replace(/[\ud800-\udbff]$/, ""))}…`;
}

/** Names of categories as views show them: those that would look the same are numbered, since they are not. */
export function shownNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const times = new Map<string, number>();
  return names.map((name) => {
    const short = shownName(name);
    let shown = short;
    for (let n = times.get(short) ?? 1; taken.has(shown); shown = `${short} (${n})`) times.set(short, ++n);
    taken.add(shown);
    return shown;
  });
}
