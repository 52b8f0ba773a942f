/**
 * Seeded random numbers: xoshiro128** of Blackman and Vigna (2018), its state filled from the seeds by
 * the finaliser of MurmurHash3. The same seeds give the same numbers on every machine.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seeds one or more integers; each combination is a stream of its own, for instance (seed, cell). */
  constructor(...seeds: number[]) {
    let hash = 0x9e3779b9;
    const word = () => {
      hash = (hash + 0x6d2b79f5) | 0;
      let h = hash;
      h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
      h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
      return h ^ (h >>> 16);
    };
    for (const seed of seeds) hash = word() ^ (seed | 0) ^ Math.floor(seed / 2 ** 32);
    this.a = word();
    this.b = word();
    this.c = word();
    this.d = word() | 1;
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** Uniform between 0 and 1, neither included. */
  uniform(): number {
    return (this.bits() + 0.5) / 2 ** 32;
  }

  /** Uniform integer, 0 … n − 1. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Puts the elements in random order, in place. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }
}
