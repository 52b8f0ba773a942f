import type { Random } from "../../src/support/random.js";
import { any } from "./target.js";

/** Numbers at the ends of what counts and lengths can hold. */
const EXTREME = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** A copy with one to six things changed: bits, bytes, numbers of 1 to 8 bytes, runs left out, repeated or moved, an end cut off. */
export function mutated(bytes: Uint8Array, random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let changes = 1 + random.below(6); changes > 0 && changed.length > 0; changes--)
    changed = any(random, CHANGES)(changed, random);
  return changed;
}

const CHANGES: ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  (bytes, random) => {
    const width = any(random, [1, 2, 4, 8]);
    const number = Buffer.alloc(8, any(random, [0, 0, 0xff]));
    number.writeUInt32LE(any(random, EXTREME));
    number.copy(bytes, random.below(bytes.length), 0, width);
    return bytes;
  },
  (bytes, random) => {
    const [start, end] = run(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  (bytes, random) => {
    const [start, end] = run(bytes, random);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  (bytes, random) => {
    const [start, end] = run(bytes, random);
    bytes.copy(bytes, random.below(bytes.length), start, end);
    return bytes;
  },
  (bytes, random) => (random.below(4) > 0 ? bytes : bytes.subarray(0, random.below(bytes.length))),
];

function run(bytes: Buffer, random: Random): [start: number, end: number] {
  const start = random.below(bytes.length);
  return [start, Math.min(bytes.length, start + 1 + random.below(any(random, [4, 32, 256])))];
}
