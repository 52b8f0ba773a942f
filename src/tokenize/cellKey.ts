/** Words of a cell's key. */
const WORDS = 2;

const keysOf = new WeakMap<readonly string[], Int32Array>();

/** A number for each gene's name, the same in every file and for every vocabulary. Int32 [genes] */
export function geneKeys(genes: readonly string[]): Int32Array {
  let keys = keysOf.get(genes);
  if (!keys) {
    keys = Int32Array.from(genes, textKey);
    keysOf.set(genes, keys);
  }
  return keys;
}

/**
 * 64 bits for a cell, by which what is drawn at random for it is drawn: made of the names of its genes and of their
 * values alone. The same cell has the same key at any row of any file and beside any others.
 *
 * @param keys of `geneKeys`
 * @param gene gene of each token, in the first `n` places from `at`
 * @param value of each token
 * @param out Int32 [2], filled
 */
export function cellKey(
  keys: Int32Array,
  gene: ArrayLike<number>,
  value: ArrayLike<number>,
  at: { gene: number; value: number },
  n: number,
  out: Int32Array = new Int32Array(WORDS),
): Int32Array {
  let a = 0x3c6ef372;
  let b = 0x510e527f;
  for (let i = 0; i < n; i++) {
    number[0] = value[at.value + i];
    const word = Math.imul(keys[gene[at.gene + i]], 0x9e3779b1) ^ Math.imul(bits[0], 0x85ebca77);
    a = Math.imul((a << 13) | (a >>> 19), 5) + word;
    b = Math.imul(b ^ word, 0x27d4eb2f);
    b ^= b >>> 15;
  }
  out[0] = a ^ n;
  out[1] = b;
  return out;
}

/** The bits of a number as float32: a file may hold the same value in either precision. */
const number = new Float32Array(1);
const bits = new Int32Array(number.buffer);

/** FNV-1a (Fowler, Noll, Vo) of the text's code units. */
function textKey(text: string): number {
  let key = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) key = Math.imul(key ^ text.charCodeAt(i), 0x01000193);
  return key;
}
