import type { MimeBundle } from "../src/host/host.js";

const SIGNATURES: [type: string, bytes: number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

/** The bytes of a picture. */
export function imageBundle(value: object): MimeBundle | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const found = SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => value[i] === byte));
  if (!found) return undefined;
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  return { [found[0]]: base64, "text/plain": `${found[0]}, ${value.length} bytes` };
}
