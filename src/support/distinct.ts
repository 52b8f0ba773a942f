/** Entries of a set: V8's own limit is 2²⁴. */
const MOST_ENTRIES = 2 ** 23;

/**
 * Whether no text is there twice, of any number of texts. They are dealt to as many sets as it takes, for one holds no
 * more than 2²⁴.
 * @param most entries of a set, about
 */
export function areDistinct(texts: readonly string[], most = MOST_ENTRIES): boolean {
  const sets = Array.from({ length: Math.max(1, Math.ceil(texts.length / most)) }, () => new Set<string>());
  for (const text of texts) {
    const set = sets.length === 1 ? sets[0] : sets[hashOf(text) % sets.length];
    const { size } = set;
    if (set.add(text).size === size) return false;
  }
  return true;
}

/** FNV-1a (Fowler, Noll, Vo) of the text's code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
