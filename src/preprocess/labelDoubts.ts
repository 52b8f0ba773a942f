/** What programs write for a missing label once it is a text: `astype(str)`, R, spreadsheets. */
const MISSING = /^\s*(nan|na|n\/a|<na>|none|null|nil|-|\.|\?|#n\/a)?\s*$/i;

/**
 * Notes about labels that are hardly meant as they are: texts that stand for a missing one, and labels that differ by
 * case, blanks, hyphens or underscores only. Nothing is changed.
 *
 * @param values the label of each cell, undefined where it is missing
 * @param what "label" or "batch"
 */
export function labelDoubts(column: string, values: readonly (string | undefined)[], what: string): string[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  const quoted = (names: readonly string[]) =>
    names.map((name) => `${JSON.stringify(name)} (${counts.get(name)} cells)`).join(", ");
  const notes: string[] = [];
  const empty = [...counts.keys()].filter((name) => MISSING.test(name));
  if (empty.length > 0)
    notes.push(
      `WARNING: obs column "${column}" holds ${quoted(empty)}, which probably stands for a missing ${what} and was taken for a ${what} like any other: make it missing in the file.`,
    );
  const alike = new Map<string, string[]>();
  for (const name of counts.keys()) {
    const key = name
      .normalize("NFKC")
      .replace(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, "")
      // Between letters: "CD16-" is not "CD16".
      .replace(/(?<=\p{L})[-\u2010-\u2013](?=\p{L})/gu, " ")
      .replace(/[\s_]+/g, " ")
      .trim()
      .toLowerCase();
    alike.set(key, [...(alike.get(key) ?? []), name]);
  }
  const variants = [...alike.values()].filter((names) => names.length > 1).map((names) => names.sort());
  if (variants.length > 0)
    notes.push(
      `WARNING: ${what === "batch" ? "batches" : "labels"} of obs column "${column}" differ by case, blanks, hyphens or underscores only and were kept apart: ${variants.map(quoted).join("; ")}. If they are one, give them one name in the file.`,
    );
  return notes;
}
