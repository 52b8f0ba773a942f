import { createHash } from "node:crypto";
import type { TokenStore } from "../tokenize/tokens.js";

/**
 * Identifies prepared cells by what was read of them: how many the file has, which rows were kept, and each one's
 * genes and values. Names have no part in it: concatenation repeats them, and files are renamed.
 *
 * @param rows Int32 [kept cells]: row of each in the file
 * @param keys Int32 [kept cells × 2]: of `cellKey`
 */
export function contentOf(cells: number, { genes }: TokenStore, rows: Int32Array, keys: Int32Array): string {
  const hash = createHash("sha256").update(JSON.stringify([cells, genes]));
  for (const array of [rows, keys])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest("hex");
}
