import type { Metadata } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";

/** How many times its size a chunk may unpack to: deflate's most is 1,032, and whole files come nowhere near it. */
const MOST_UNPACKED = 1100;
/** Bytes that a dataset may claim in any file: what was never written is not stored. */
const ALWAYS = 2 ** 24;
/** Bytes of a text of any length in the file: its length and its place (HDF5 format, "global heap ID"). */
const TEXT_PLACE = 16;

/**
 * Compares what is to be read whole with the file that is to hold it, before room is made for it. (The library as we
 * have it doesn't say how much of a dataset is stored.) What is read by parts needs no such limit: its parts have one.
 *
 * @param where opens the message
 * @param packed whether filters may make it smaller in the file
 */
export function requireLikelySize(where: string, type: Metadata, packed: boolean, fileSize: number): void {
  const claimed = type.total_size * bytesOf(type);
  if (claimed <= Math.max(ALWAYS, packed ? MOST_UNPACKED * fileSize : fileSize)) return;
  throw tooLarge(where, `${type.shape?.join(" × ") ?? ""} elements, ${claimed} bytes`, fileSize);
}

/** The same for chunks of a packed dataset, which are unpacked whole. */
export function requireLikelyChunks(where: string, type: Metadata, fileSize: number): void {
  const chunk = (type.chunks ?? []).reduce((product, length) => product * length, type.size);
  if (chunk > Math.max(4 * ALWAYS, 64 * fileSize))
    throw tooLarge(where, `chunks of ${chunk} bytes`, fileSize);
}

function tooLarge(where: string, what: string, fileSize: number): CellkernelError {
  return new CellkernelError(
    "format",
    `${where} claims ${what}, too many for a file of ${fileSize} bytes; it is damaged.`,
    { member: where },
  );
}

/** Bytes that an element takes at least, here or in the file. */
function bytesOf(type: Metadata): number {
  const TEXT = 3;
  if (type.type === TEXT) return Math.max(TEXT_PLACE, type.size);
  if (type.compound_type)
    return Math.max(
      type.size,
      type.compound_type.members.reduce((sum, member) => sum + bytesOf(member), 0),
    );
  if (type.array_type)
    return Math.max(
      type.size,
      (type.array_type.shape ?? []).reduce((product, n) => product * n, bytesOf(type.array_type)),
    );
  return type.size;
}
