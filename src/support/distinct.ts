/** Entries of a set: V8's own limit is 2²⁴. */
const MOST_ENTRIES = 2 ** 23;

/**
 * The first value that is there a second time, of any number of values; undefined where none is. They are dealt to as many
 * sets as it takes, for one holds no more than 2²⁴.
 * @param most entries of a set, about
 */
export function firstRepeated<T>(values: readonly T[], most = MOST_ENTRIES): T | undefined {
  const sets = Array.from({ length: Math.max(1, Math.ceil(values.length / most)) }, () => new Set<T>());
  for (const value of values) {
    const set = sets.length === 1 ? sets[0] : sets[hashOf(String(value)) % sets.length];
    const { size } = set;
    if (set.add(value).size === size) return value;
  }
  return undefined;
}

/** FNV-1a (Fowler, Noll, Vo) of the text's code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
