import { closeSync, openSync, readSync } from "node:fs";
import { CellkernelError } from "../../support/error.js";

/** Larger files are not looked through: it would take longer than to read what is wanted of them. */
const MOST_BYTES = 2 ** 26;
/** Bytes of an object's head in a global heap. */
const OBJECT_HEAD = 16;

/**
 * Refuses a file in which one of HDF5's heaps has no end: the library (1.14 and 2.0, h5py's too) follows a list of free
 * blocks that leads back into itself, and an object of no length in a collection of texts, for ever.
 *
 * Layout: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, III.D "Local Heaps", III.E "Global Heap";
 * lengths and offsets of 8 bytes, as every writer of .h5ad files has them.
 */
export function requireEndingHeaps(path: string, size: number): void {
  if (size > MOST_BYTES) return;
  const file = openSync(path, "r");
  const bytes = Buffer.alloc(size);
  try {
    for (let at = 0, got = 1; at < size && got > 0; at += got) got = readSync(file, bytes, at, size - at, at);
  } finally {
    closeSync(file);
  }
  for (const [signature, ends] of [
    [Buffer.from("HEAP\0\0\0\0", "latin1"), freeBlocksEnd],
    [Buffer.from("GCOL\x01\0\0\0", "latin1"), objectsEnd],
  ] as const)
    for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1))
      if (!ends(bytes, at))
        throw new CellkernelError("format", `${path} is damaged: its heap at byte ${at} has no end.`, {
          path,
        });
}

/** Free blocks of a local heap: each begins with the offset of the next; 1 is none. */
function freeBlocksEnd(bytes: Buffer, at: number): boolean {
  if (at + 32 > bytes.length) return true;
  const start = Number(bytes.readBigUInt64LE(at + 24));
  const seen = new Set<number>();
  for (let offset = Number(bytes.readBigUInt64LE(at + 16)); offset !== 1; ) {
    const block = start + offset;
    if (!(block + 16 <= bytes.length)) return true;
    if (seen.has(offset)) return false;
    seen.add(offset);
    offset = Number(bytes.readBigUInt64LE(block));
  }
  return true;
}

/** Objects of a global heap follow each other; the one of index 0 is the free space, whose length counts its head. */
function objectsEnd(bytes: Buffer, at: number): boolean {
  if (at + 16 > bytes.length) return true;
  const end = Math.min(bytes.length, at + Number(bytes.readBigUInt64LE(at + 8)));
  for (let object = at + 16; object + OBJECT_HEAD <= end; ) {
    const length = bytes.readBigUInt64LE(object + 8);
    const isFree = bytes.readUInt16LE(object) === 0;
    const step = isFree ? length : BigInt(OBJECT_HEAD) + ((length + 7n) & ~7n);
    // The library as we have it reckons in 32 bits, where a length may come to none.
    if (step === 0n || step > BigInt(end - object)) return false;
    object += Number(step);
  }
  return true;
}
