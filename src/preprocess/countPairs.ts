import type { StateArrays } from "./state.js";

/** Most different (gene, large count) pairs that are kept. */
const MOST_PAIRS = 2 ** 23;

/** Counts of (place, value) pairs: open addressing, linear probing, at most half full. */
export class CountPairs {
  /** True once too many were added; none are kept then. */
  full = false;
  private used = 0;
  private place = new Int32Array(2 ** 16).fill(-1);
  private value = new Float64Array(2 ** 16);
  private times = new Uint32Array(2 ** 16);

  add(place: number, value: number, times: number): void {
    if (this.full) return;
    this.insert(place, value, times);
    if (this.used * 2 > this.place.length) this.grow();
  }

  forEach(visit: (place: number, value: number, times: number) => void): void {
    for (let slot = 0; slot < this.place.length; slot++)
      if (this.place[slot] >= 0) visit(this.place[slot], this.value[slot], this.times[slot]);
  }

  state(): StateArrays {
    const { used } = this;
    const [place, value, times] = [new Int32Array(used), new Float64Array(used), new Uint32Array(used)];
    let at = 0;
    this.forEach((...pair) => {
      [place[at], value[at], times[at]] = pair;
      at++;
    });
    return { full: Uint8Array.of(this.full ? 1 : 0), place, value, times };
  }

  /** @param placeOf our place of each of theirs */
  merge({ full, place, value, times }: StateArrays, placeOf: (place: number) => number): void {
    if (full[0] === 1) this.giveUp();
    for (let i = 0; i < place.length; i++) this.add(placeOf(place[i]), value[i], times[i]);
  }

  private insert(place: number, value: number, times: number): void {
    const mask = this.place.length - 1;
    let hash = Math.imul(place, 0x9e3779b1) ^ Math.imul(value | 0, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (this.place[slot] >= 0 && (this.place[slot] !== place || this.value[slot] !== value))
      slot = (slot + 1) & mask;
    if (this.place[slot] < 0) {
      this.place[slot] = place;
      this.value[slot] = value;
      this.used++;
    }
    this.times[slot] += times;
  }

  private grow(): void {
    const { place, value, times } = this;
    if (place.length >= 2 * MOST_PAIRS) {
      this.giveUp();
      return;
    }
    this.makeRoom(2 * place.length);
    for (let slot = 0; slot < place.length; slot++)
      if (place[slot] >= 0) this.insert(place[slot], value[slot], times[slot]);
  }

  private giveUp(): void {
    this.full = true;
    this.makeRoom(0);
  }

  private makeRoom(room: number): void {
    this.used = 0;
    this.place = new Int32Array(room).fill(-1);
    this.value = new Float64Array(room);
    this.times = new Uint32Array(room);
  }
}
