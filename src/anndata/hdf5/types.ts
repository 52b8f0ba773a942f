import type { Metadata } from "h5wasm/node";

/** The part of h5wasm's metadata that says what the elements are. */
export type ElementType = Pick<
  Metadata,
  "type" | "size" | "signed" | "vlen" | "littleEndian" | "cset" | "compound_type"
>;

/** UTF-8 text of any length. */
export const TEXT_TYPE: ElementType = {
  type: 3,
  size: 4,
  signed: false,
  vlen: true,
  littleEndian: true,
  cset: 1,
};
